"""The domain joined to the engine and to time: asyncio lives here, LSP does not.

The command line and the language server both use these services; neither is known here.
"""
