"""What is going on: `trivium/status`, its change notification, and progress bars for the index."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from trivium_models.types import EngineStatus
from trivium_server import __version__
from trivium_server.lsp import progress, protocol
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session

if TYPE_CHECKING:
    from trivium_server.services.workspace import FolderStatus

_QUIET = 0.2
"""Seconds between two notifications: a status bar needs no more."""


def register(server: Server, session: Session) -> None:
    """Register the request and the listeners that feed client and progress bar."""
    bar = _IndexBar(server)
    pending: list[asyncio.TimerHandle] = []
    logged: set[str] = set()
    """What the client's log says already."""
    told: protocol.Status | None = None

    def now() -> protocol.Status:
        app = session.running()
        engine = app.engine.status() if app else EngineStatus("off")
        index = (
            [_index(folder) for folder in app.workspace.status()]
            if app
            else [_not_yet(folder) for folder in session.folders]
        )
        reason = app.unsuggested if app else ""
        return protocol.Status(
            _engine(engine),
            index,
            protocol.CompletionState(reason),
            __version__,
        )

    def tell() -> None:
        """Tell what is new: an engine that worked for a moment is as it was before."""
        nonlocal told
        pending.clear()
        found = now()
        if found == told:
            return
        told = found
        server.protocol.notify(protocol.STATUS_CHANGED, found)
        bar.follow(found.index)
        for message in {folder.message for folder in found.index} - logged - {""}:
            logged.add(message)
            server.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))

    def changed() -> None:
        """Gather a burst of changes into one notification; the last one is never lost."""
        if not pending:
            pending.append(asyncio.get_running_loop().call_later(_QUIET, tell))

    async def stop() -> None:
        for timer in pending:
            timer.cancel()
        session.listeners.clear()

    session.listeners.append(changed)
    server.on_close.insert(0, stop)

    @server.answers_custom(protocol.STATUS, dict)
    async def status(_: object) -> protocol.Status:
        return now()


class _IndexBar:
    """One progress bar for all folders, shown while any of them is being indexed."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._report: progress.Report | None = None
        self._creating = False
        self._latest: list[protocol.IndexState] = []

    def follow(self, index: list[protocol.IndexState]) -> None:
        self._latest = index
        busy = any(folder.state in ("starting", "busy") for folder in index)
        if busy and self._report is None and not self._creating:
            self._creating = True
            self._server.run(self._begin())
        elif self._report is not None:
            self._move(busy)

    async def _begin(self) -> None:
        self._report = await progress.create(self._server)
        self._creating = False
        self._report.begin("Indexing")
        self.follow(self._latest)

    def _move(self, busy: bool) -> None:
        from trivium_server.services import tally

        assert self._report is not None
        message, percentage = tally.progress(self._latest)
        if busy:
            self._report.report(message, percentage)
        else:
            wrong = next((folder.message for folder in self._latest if folder.message), "")
            left_out = sum(sum(folder.left_out.values()) for folder in self._latest)
            self._report.end(wrong or (f"{message}, {left_out} left out" if left_out else message))
            self._report = None


def _engine(status: EngineStatus) -> protocol.EngineState:
    models = [
        protocol.ModelState(
            model.id, model.art.value, model.state, model.message, model.context, model.truncated
        )
        for model in status.models
    ]
    return protocol.EngineState(
        status.state, models, status.pid, status.resident_bytes, status.message
    )


def _not_yet(folder: Path) -> protocol.IndexState:
    """A folder before the application runs: it will be indexed, nothing is known of it."""
    return protocol.IndexState(str(folder), "starting", 0, 0, 0, 0)


def _index(folder: FolderStatus) -> protocol.IndexState:
    return protocol.IndexState(
        str(folder.folder),
        folder.state,
        folder.files,
        folder.total_files,
        folder.chunks,
        folder.bytes,
        folder.message,
        folder.read_files,
        folder.looking,
        dict(folder.left_out),
    )
