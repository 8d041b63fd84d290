"""The tour's editor: a pygls client that starts the real server and applies what it is told.

It knows the protocol and nothing of the server's inside.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from trivium_server import __version__


class TourClient(LanguageClient):
    """A small editor: no files of its own, progress passed to a listener."""

    def __init__(self) -> None:
        super().__init__("trivium-tour", __version__)
        self.on_progress: Callable[[str], None] = lambda _: None
        self.index_complete = asyncio.Event()
        self.messages: list[str] = []
        _register(self)

    async def custom(self, method: str, params: dict[str, Any]) -> Any:  # noqa: ANN401
        """Send one of Trivium's own requests; the result as plain attributes."""
        return await self.protocol.send_request_async(method, params)


def _register(client: TourClient) -> None:
    @client.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
    def create(_: types.WorkDoneProgressCreateParams) -> None:
        return None

    @client.feature(types.PROGRESS)
    def progress(params: types.ProgressParams) -> None:
        value = params.value
        kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", "")
        text = value.get("message") if isinstance(value, dict) else getattr(value, "message", "")
        if text and kind in ("report", "end"):
            client.on_progress(text)

    @client.feature("trivium/statusChanged")
    def status(params: Any) -> None:  # noqa: ANN401  (plain attributes)
        states = [folder.state for folder in params.index]
        if states and all(state in ("ready", "error", "off") for state in states):
            client.index_complete.set()

    @client.feature(types.WORKSPACE_CONFIGURATION)
    def configuration(params: types.ConfigurationParams) -> list[None]:
        return [None] * len(params.items)

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(_: types.RegistrationParams) -> None:
        return None

    @client.feature(types.WINDOW_LOG_MESSAGE)
    def log(params: types.LogMessageParams) -> None:
        client.messages.append(params.message)

    @client.feature(types.WINDOW_SHOW_MESSAGE)
    def show(params: types.ShowMessageParams) -> None:
        client.messages.append(params.message)


@asynccontextmanager
async def connect() -> AsyncIterator[TourClient]:
    """A client with a server of its own, ended in order."""
    client = TourClient()
    await client.start_io(
        sys.executable, "-m", "trivium_server", "serve", "--stdio", env=dict(os.environ)
    )
    try:
        yield client
    finally:
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()


def capabilities() -> types.ClientCapabilities:
    """What the tour's editor can do."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(
            position_encodings=[types.PositionEncodingKind.Utf32]
        ),
        window=types.WindowClientCapabilities(work_done_progress=True),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        ),
        text_document=types.TextDocumentClientCapabilities(
            inline_completion=types.InlineCompletionClientCapabilities(),
        ),
    )


def apply(text: str, edit: types.WorkspaceEdit) -> str:
    """The text after an edit of one document, as an editor with UTF-32 positions applies it."""
    changes = edit.document_changes or []
    edits = [each for change in changes for each in getattr(change, "edits", [])]
    lines = text.splitlines(keepends=True)
    for each in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character))[::-1]:
        start = sum(map(len, lines[: each.range.start.line])) + each.range.start.character
        end = sum(map(len, lines[: each.range.end.line])) + each.range.end.character
        text = text[:start] + each.new_text + text[end:]
    return text


def folder_uri(root: Path) -> types.WorkspaceFolder:
    """A workspace folder as the client names it."""
    return types.WorkspaceFolder(root.as_uri(), root.name)
