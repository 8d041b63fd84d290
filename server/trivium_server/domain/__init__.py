"""The domain: text, files, chunks, index, search, completion and rewriting.

Pure and synchronous. It knows nothing of LSP, asyncio, threads or torch; what a model must add is
passed in or returned as a request for the caller to carry out.
"""
