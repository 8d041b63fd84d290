"""Three kinds of transformer in one supervised process, useful without an editor.

This package knows nothing of LSP or of Trivium's server.
Import what you need from its modules: `client` (asyncio), `catalog` and `weights` (which models
exist and where they come from), `types` and `errors` (what travels between them).
Importing any of them never imports torch; only the engine process does.
"""

__version__ = "0.1.0"
