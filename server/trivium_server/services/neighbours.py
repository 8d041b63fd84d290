"""Code of the workspace that resembles what is being written, ready when a completion needs it.

Asked for once for each stretch of lines, not for each keystroke; what takes too long serves the
next request instead. Knows no LSP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trivium_models.errors import ModelError
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.candidates import Source

if TYPE_CHECKING:
    from trivium_server.services.workspace import Hit, SearchAnswer

_log = logging.getLogger("trivium.completion")

_STRETCH = 8
"""Lines of a file that share one question."""
_ASKED = 12
"""Lines before the cursor that are the question."""
_LIMIT = 8
_MARGIN = 12
"""Lines behind a similar place that may hold its continuation."""
_LARGEST = 400_000
"""Bytes of a file that is read for it."""


class FindSimilar(Protocol):
    """`Workspace.similar`."""

    def __call__(
        self, text: str, *, limit: int, exclude: tuple[Path, int, int] | None = None
    ) -> Awaitable[SearchAnswer]:
        """Places like a text, best first."""
        ...


class Neighbours:
    """Similar places, kept for the stretch of lines at the cursor."""

    def __init__(self, find_similar: FindSimilar | None) -> None:
        self._find = find_similar
        self._key: tuple[str, int] | None = None
        self._search: asyncio.Task[tuple[Source, ...]] | None = None

    async def near(self, spot: Spot, patience: float | None) -> tuple[Source, ...]:
        """Places like the one at the cursor, best first, none when they take longer than `patience`."""
        if self._find is None or not spot.near_above.strip():
            return ()
        key = (spot.document.uri, spot.line // _STRETCH)
        if key != self._key:
            self.close()
            self._key = key
            self._search = asyncio.create_task(self._similar(spot, self._find))
        assert self._search
        await asyncio.wait([self._search], timeout=patience)
        return self._search.result() if self._search.done() else ()

    def close(self) -> None:
        """Stop looking."""
        if self._search:
            self._search.cancel()
        self._key = self._search = None

    async def _similar(self, spot: Spot, find: FindSimilar) -> tuple[Source, ...]:
        text = "\n".join([*reversed(spot.lines_above(_ASKED)), spot.typed])
        path = Path(spot.document.path) if spot.document.path else None
        here = (path, max(spot.line - _ASKED, 0), spot.line + 1) if path else None
        try:
            answer = await find(text, limit=_LIMIT, exclude=here)
        except ModelError as error:
            _log.info("No similar code: %s", error)
            return ()
        elsewhere = [hit for hit in answer.hits if hit.path != path]
        return tuple(filter(None, await asyncio.to_thread(_read_all, elsewhere)))


def _read_all(hits: list[Hit]) -> list[Source | None]:
    return [_read(hit) for hit in hits]


def _read(hit: Hit) -> Source | None:
    """A hit's lines and those behind them, as they are on the disk."""
    try:
        if hit.path.stat().st_size > _LARGEST:
            return None
        lines = hit.path.read_text("utf-8", "replace").splitlines()
        name = hit.path.relative_to(hit.folder).as_posix()
    except (OSError, ValueError):
        return None
    text = "\n".join(lines[hit.start_line : hit.end_line + 1 + _MARGIN])
    return Source(text, name, hit.start_line)
