"""How bytes reach a server: standard input and output, TCP, WebSocket (the last two loopback only).

One server object serves one connection. TCP and WebSocket accept one connection after another, or
several at once, until the process is told to end; pygls' own loops end with the first.
It knows framing (LSP 3.17, "Base Protocol") and nothing of methods.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

log = logging.getLogger(__name__)

_LENGTH = re.compile(rb"content-length:\s*(\d{1,15})\s*\r\n", re.IGNORECASE)
_HTTP = re.compile(rb"[A-Z]+ [^\r\n]* HTTP/")
"""How a browser begins, which any web page can point at a port of this machine."""
_LOCAL_ORIGIN = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?")


class Rpc(Protocol):
    """The part of a protocol that a transport uses."""

    def receive(self, body: bytes) -> None:
        """Handle one message."""

    def set_writer(self, writer: Any, include_headers: bool = True) -> None:  # noqa: ANN401
        """Say where answers go."""


class Connection(Protocol):
    """One server object, alive as long as its connection."""

    @property
    def protocol(self) -> Rpc:
        """Where messages go."""

    async def finished(self) -> int:
        """Wait for `exit`; the process's exit status."""

    async def close(self) -> None:
        """Give everything back; may be called twice."""


Build = Callable[[], Connection]


async def serve_stdio(build: Build) -> int:
    """Serve one client on standard input and output; returns the exit status.

    Whatever else writes to standard output from here on goes to standard error instead.
    """
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    server = build()
    writer = _FileWriter(out)
    server.protocol.set_writer(writer)
    reader = asyncio.StreamReader()
    _feed(0, reader, asyncio.get_running_loop())
    return await _run(server, reader, writer.broken)


async def serve_tcp(build: Build, host: str, port: int) -> None:
    """Serve every client that connects to a loopback address, until cancelled."""
    sessions: dict[asyncio.Task[Any], asyncio.StreamWriter] = {}

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = build()
        server.protocol.set_writer(writer)
        task = asyncio.current_task()
        assert task is not None
        sessions[task] = writer
        try:
            await _run(server, reader)
        finally:
            writer.close()
            del sessions[task]

    listener = await asyncio.start_server(connected, host, port)
    _announce("tcp", listener.sockets[0].getsockname())
    try:
        await _cancelled()
    finally:
        listener.close()
        for writer in sessions.values():
            writer.close()
        await asyncio.gather(*sessions)  # Each ends where its stream does.


async def serve_ws(build: Build, host: str, port: int) -> None:
    """Serve every client that opens a WebSocket on a loopback address, until cancelled.

    Web pages from elsewhere are refused by their `Origin`: a browser would let them connect.
    """
    from websockets.asyncio.server import serve
    from websockets.typing import Origin

    origins: list[Origin | re.Pattern[str] | None] = [None, _LOCAL_ORIGIN]
    async with serve(_ws_session(build), host, port, origins=origins, max_size=None) as listener:
        _announce("ws", next(iter(listener.sockets)).getsockname())
        await _cancelled()


async def _cancelled() -> None:
    """Wait for ever. A listener's own way of doing that ends when all its clients have gone."""
    await asyncio.Future()


def _ws_session(build: Build) -> Callable[[ServerConnection], Any]:
    async def session(socket: ServerConnection) -> None:
        server = build()
        writer = _SocketWriter(socket)
        server.protocol.set_writer(writer, include_headers=False)
        finished = asyncio.ensure_future(server.finished())
        finished.add_done_callback(lambda _: writer.close())
        try:
            async for message in socket:
                server.protocol.receive(
                    message.encode() if isinstance(message, str) else bytes(message)
                )
        finally:
            finished.cancel()
            await server.close()

    return session


async def _run(server: Connection, reader: asyncio.StreamReader, *ends: Awaitable[None]) -> int:
    """Feed a server from a stream until `exit`, the end of the stream or another end."""
    finished = asyncio.ensure_future(server.finished())
    reading = asyncio.ensure_future(_read(server.protocol, reader))
    waited = (finished, reading, *map(asyncio.ensure_future, ends))
    try:
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        return finished.result() if finished.done() else 1
    finally:
        finished.cancel()
        reading.cancel()
        await server.close()


async def _read(protocol: Rpc, reader: asyncio.StreamReader) -> None:
    try:
        while True:
            header = await reader.readuntil(b"\r\n\r\n")
            if _HTTP.match(header):
                log.error("A web page or a browser tried to connect; it is refused.")
                return
            length = _LENGTH.search(header)
            protocol.receive(await reader.readexactly(int(length[1])) if length else header)
            # A burst of messages must not keep answers and cancellations from their turn.
            await asyncio.sleep(0)
    except asyncio.LimitOverrunError:
        log.error("What arrives has no header of the Base Protocol; the session ends.")
    except (asyncio.IncompleteReadError, ConnectionError):
        return


def _feed(fd: int, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> None:
    """Read a file descriptor in a thread of its own: works for pipes and files everywhere."""

    def pump() -> None:
        try:
            while data := os.read(fd, 1 << 16):
                loop.call_soon_threadsafe(reader.feed_data, data)
            loop.call_soon_threadsafe(reader.feed_eof)
        except (OSError, RuntimeError):
            # The descriptor or the loop was closed: the session is over.
            return

    threading.Thread(target=pump, name="stdin", daemon=True).start()


def _announce(scheme: str, address: tuple[Any, ...]) -> None:
    print(f"Listening on {scheme}://{address[0]}:{address[1]}", file=sys.stderr, flush=True)


class _FileWriter:
    def __init__(self, file: Any) -> None:  # noqa: ANN401  (any binary file)
        self._file = file
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once nobody reads any more, which the other pipe need not tell."""

    def write(self, data: bytes) -> None:
        try:
            self._file.write(data)
            self._file.flush()
        except (BrokenPipeError, ValueError):
            if not self.broken.done():
                self.broken.set_result(None)

    def close(self) -> None:
        self._file.close()


class _SocketWriter:
    """Sends in order: a queue, since a WebSocket's `send` is a coroutine and `write` is not."""

    def __init__(self, socket: ServerConnection) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._send(socket))

    def write(self, data: bytes) -> None:
        self._queue.put_nowait(data.decode())

    def close(self) -> None:
        self._queue.put_nowait(None)

    async def _send(self, socket: ServerConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        try:
            while (data := await self._queue.get()) is not None:
                await socket.send(data)
            await socket.close()
        except ConnectionClosed:
            return
