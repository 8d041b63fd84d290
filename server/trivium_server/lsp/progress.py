"""Work-done progress that may be absent: the caller reports, the client may or may not care."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from trivium_server.lsp.server import Server


class Report:
    """One progress bar; silent when the client has none."""

    def __init__(self, server: Server, token: int | str | None) -> None:
        self._server = server
        self._token = token

    def begin(self, title: str, *, percentage: bool = True) -> None:
        """Show the bar."""
        value = types.WorkDoneProgressBegin(title=title, percentage=0 if percentage else None)
        if self._token is not None:
            self._server.work_done_progress.begin(self._token, value)

    def report(self, message: str, percentage: int | None = None) -> None:
        """Move the bar."""
        value = types.WorkDoneProgressReport(message=message, percentage=percentage)
        if self._token is not None:
            self._server.work_done_progress.report(self._token, value)

    def end(self, message: str = "") -> None:
        """Take the bar away."""
        if self._token is not None:
            self._server.work_done_progress.end(
                self._token, types.WorkDoneProgressEnd(message=message)
            )
            # pygls never forgets a token by itself.
            self._server.work_done_progress.tokens.pop(self._token, None)


async def create(server: Server) -> Report:
    """A bar that the server starts, when the client can show one."""
    return Report(server, await new_token(server))


async def new_token(server: Server) -> str | None:
    """A token of the server's own, when the client can show a bar."""
    window = server.client_capabilities.window
    if window is None or not window.work_done_progress:
        return None
    token = str(uuid.uuid4())
    try:
        await server.work_done_progress.create_async(token)
    except (JsonRpcException, asyncio.InvalidStateError):
        return None
    return token


@asynccontextmanager
async def shown(server: Server, token: int | str | None, title: str) -> AsyncIterator[Report]:
    """A bar for the time of a block, on the token that came with a request."""
    report = Report(server, token)
    report.begin(title, percentage=False)
    try:
        yield report
    finally:
        report.end()


def partial(server: Server, token: int | str | None, value: object) -> None:
    """Send a part of a result ahead of the rest, when the request asked for parts."""
    if token is not None:
        server.protocol.notify(types.PROGRESS, types.ProgressParams(token=token, value=value))
