"""What the editor tells of its documents and of files on disk, passed on to the index.

The snapshots themselves are kept by `documents`, before these handlers run.
"""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from trivium_server.lsp import documents
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session


def register(server: Server, session: Session) -> None:
    """Register the notifications about documents and files."""

    def overlay(uri: str) -> None:
        """Let the index and other features see a document as it is on the screen, or no longer."""
        app, path = session.running(), documents.path_of(uri)
        if app is not None and path is not None:
            document = server.documents.get(uri)
            app.workspace.overlay(path, document.text if document else None)
        for listener in session.on_edit:
            listener(uri)

    async def on_disk(paths: list[Path]) -> None:
        app = session.running()
        if app is not None and paths:
            await app.workspace.files_changed(paths)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        overlay(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        overlay(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        overlay(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=False))
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        path = documents.path_of(params.text_document.uri)
        await on_disk([path] if path else [])

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    async def watched(params: types.DidChangeWatchedFilesParams) -> None:
        found = (documents.path_of(change.uri) for change in params.changes)
        await on_disk([path for path in found if path is not None])
