"""The short commands of `workspace/executeCommand`; nothing here waits for a model."""

from __future__ import annotations

from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session


def register(server: Server, session: Session) -> None:
    """Register the commands."""

    @server.command("trivium.index.pause")
    async def pause() -> None:
        (await session.app()).workspace.pause()
        session.changed()

    @server.command("trivium.index.resume")
    async def resume() -> None:
        (await session.app()).workspace.resume()
        session.changed()

    @server.command("trivium.index.rebuild")
    async def rebuild() -> None:
        server.run((await session.app()).workspace.rebuild())

    @server.command("trivium.engine.stop")
    async def stop() -> None:
        """Give the engine's memory back; the next request starts it again."""
        server.run((await session.app()).engine.rest())
