"""Code of the workspace that resembles what is being written, ready when a completion needs it.

Two kinds: places that the index finds similar, and the other files of the same folder, which are
alike more often than those that a file imports (docs/notes-completion.md). Looked for once for
each stretch of lines, not for each keystroke; what takes too long serves the next request instead.
Knows no LSP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from trivium_models.errors import ModelError
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.candidates import Source
from trivium_server.domain.completion.refusals import is_secret
from trivium_server.domain.text import LineIndex

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
_SIBLINGS = 12
_LARGEST = 100_000
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
        """Code like that at the cursor, best first, none when it takes longer than `patience`."""
        key = (spot.document.uri, spot.line // _STRETCH)
        if self._search is None or key != self._key:
            self.close()
            self._key = key
            self._search = asyncio.create_task(self._gather(spot))
        search = self._search
        await asyncio.wait([search], timeout=patience)
        if not search.done() or search.cancelled():
            return ()
        if error := search.exception():
            _log.warning("Similar code could not be looked for: %s", error)
            return ()
        return search.result()

    def close(self) -> None:
        """Stop looking."""
        if self._search:
            self._search.cancel()
        self._key = self._search = None

    async def _gather(self, spot: Spot) -> tuple[Source, ...]:
        path = Path(spot.document.path) if spot.document.path else None
        similar = await self._similar(spot, path)
        beside = await asyncio.to_thread(_siblings, path) if path else []
        return (*similar, *beside)

    async def _similar(self, spot: Spot, path: Path | None) -> list[Source]:
        text = "\n".join([*reversed(spot.lines_above(_ASKED)), spot.typed])
        here = (path, max(spot.line - _ASKED, 0), spot.line + 1) if path else None
        if self._find is None or not text.strip():
            return []
        try:
            answer = await self._find(text, limit=_LIMIT, exclude=here)
        except ModelError as error:
            _log.info("No similar code: %s", error)
            return []
        return await asyncio.to_thread(_read_hits, [hit for hit in answer.hits if hit.path != path])


def _read_hits(hits: list[Hit]) -> list[Source]:
    """The lines of search hits and those behind them, as they are on the disk."""
    found = []
    for hit in hits:
        lines = LineIndex(_read(hit.path))
        numbers = range(hit.start_line, min(hit.end_line + 1 + _MARGIN, lines.count))
        found.append(Source("\n".join(map(lines.line, numbers)), hit.name, hit.start_line))
    return found


def _siblings(path: Path) -> list[Source]:
    """The files of the same kind in the same folder, those of a similar name first."""
    kind = path.suffix or path.name
    try:
        beside = [each.name for each in path.parent.iterdir() if each.name.endswith(kind)]
    except OSError:
        return []
    names = [name for name in sorted(beside) if name != path.name and not is_secret(name)]
    names.sort(key=lambda name: _shared_letters(name, path.name), reverse=True)
    return [Source(_read(path.parent / name), name) for name in names[:_SIBLINGS]]


def _shared_letters(one: str, other: str) -> int:
    """How long the common beginning of two names is."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _read(path: Path) -> str:
    """A file's text, empty when it cannot be read or is no source of an ordinary size."""
    try:
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_text("utf-8", "replace")
    except OSError as error:
        _log.debug("%s", error)
    return ""
