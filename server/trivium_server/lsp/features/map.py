"""`trivium/map`: the workspace's files in two dimensions, in clusters that have names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from trivium_server.lsp import convert, protocol
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session

if TYPE_CHECKING:
    from trivium_server.domain.atlas import Atlas


def register(server: Server, session: Session) -> None:
    """Register the request."""

    @server.answers_custom(protocol.MAP, dict)
    async def draw(_: object) -> protocol.MapResult:
        app = await session.app()
        result = protocol.MapResult([], [])
        for folder, atlas in (await app.workspace.atlas()).items():
            _add(result, folder, atlas)
        return result


def _add(result: protocol.MapResult, folder: Path, atlas: Atlas) -> None:
    """Append a folder's map; its clusters are counted on from those before."""
    first = len(result.clusters)
    result.clusters.extend(atlas.clusters)
    result.points.extend(
        protocol.MapPoint(
            convert.uri_of(folder / point.path), point.path, point.x, point.y, first + point.cluster
        )
        for point in atlas.points
    )
