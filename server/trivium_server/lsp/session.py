"""A session: the server object joined to the application, which starts on the first need.

`initialize` must be answered at once, so nothing heavy is imported before it: the application
(numpy, SQLite, the engine's client) is built after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_models.types import Art
from trivium_server.domain.text import Document
from trivium_server.lsp import quick_start
from trivium_server.lsp.server import Server
from trivium_server.settings import Settings

if TYPE_CHECKING:
    from trivium_server.app import App

log = logging.getLogger(__name__)

_SETTINGS_WITHIN = 2.0
"""Seconds in which a client answers what its settings are; some never do."""


class Session:
    """The application behind a server, and who wants to hear of its changes."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.folders: list[Path] = []
        """Workspace folders as the client named them, nested ones included."""
        self.listeners: list[Callable[[], None]] = []
        """Called on the loop when the engine or an index changed its state."""
        self.on_edit: list[Callable[[str], None]] = []
        """Called with a document's URI when it was opened, changed or closed."""
        self._starting: asyncio.Task[App] | None = None
        self._settings_known = asyncio.Event()
        server.on_close.append(self._close)

    async def app(self) -> App:
        """The application, started now if it was not."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        return await asyncio.shield(self._starting)

    def running(self) -> App | None:
        """The application if it has started; never starts it."""
        return _started(self._starting) if self._starting else None

    async def configure(self, settings: Settings) -> None:
        """Follow new settings."""
        self.server.settings = settings
        if self._starting is not None and self._settings_known.is_set():
            await (await self.app()).configure(settings)

    def settings_known(self) -> None:
        """The client has said what its settings are, or has none: requests need not wait."""
        self._settings_known.set()

    def cursor_rests(self, document: Document, offset: int) -> None:
        """Have a decoder that is loaded read ahead; none is started for a mere cursor move."""
        app = self.running()
        if app is None:
            return
        if app.engine.has_ready(Art.DECODER) and self.server.settings.completion.enabled:
            self.server.run(app.completion.warm(document, offset))

    def changed(self, *_: object) -> None:
        """Tell the listeners."""
        for listener in self.listeners:
            listener()

    async def _start(self) -> App:
        with quick_start.uncollected():
            from trivium_server.app import App

        # An editor may ask right behind `initialized`, before it was asked for its settings.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._settings_known.wait(), _SETTINGS_WITHIN)
        self._settings_known.set()
        app = App(self.server.settings, self.changed, self.changed)
        for document in self.server.documents:
            if document.path:
                app.workspace.overlay(Path(document.path), document.text)
        for folder in self.folders:
            try:
                await app.workspace.add_folder(folder)
            except Exception:  # The other folders and everything else can be used.
                log.exception("The workspace folder %s is left out.", folder)
        return app

    async def _close(self) -> None:
        task, self._starting = self._starting, None
        self._settings_known.set()
        if task is None:
            return
        await asyncio.wait([task])
        if app := _started(task):
            await app.close()


def _started(task: asyncio.Task[App]) -> App | None:
    """What a task has started; None if it has not yet, or never will."""
    failed = not task.done() or task.cancelled() or task.exception()
    return None if failed else task.result()
