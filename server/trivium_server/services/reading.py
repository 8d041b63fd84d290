"""The reading side of a workspace: looks things up on one thread of its own.

Each folder's index is read through connections that only this thread uses, so that a search never
waits for indexing; and while somebody asks, indexing gives way. Knows neither the engine nor LSP.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from trivium_server.domain import database, search
from trivium_server.domain.query import Query
from trivium_server.domain.search import Place, Source
from trivium_server.domain.showing import Shown
from trivium_server.services import answers
from trivium_server.services.answers import Hit
from trivium_server.services.questions import Meaning
from trivium_server.services.search import FolderView

if TYPE_CHECKING:
    from trivium_server.domain.atlas import Atlas

_log = logging.getLogger("trivium.index")
_T = TypeVar("_T")


class Reader:
    """Searches all folders. Use it from one event loop."""

    def __init__(self, folders: Mapping[Path, FolderView]) -> None:
        """The folders are looked at anew with each question."""
        self.quiet = threading.Event()
        """Set while nobody asks."""
        self.quiet.set()
        self._folders = folders
        self._asking = 0
        self._unreadable: set[Path] = set()
        """Folders of which the log says it already."""
        self._thread = ThreadPoolExecutor(1, "trivium-search")

    async def look_ahead(self, asked: Query, encoder: str) -> None:
        """Look words up while the vector of the question is still being made."""
        await self._ask(lambda sources: search.look_ahead(sources, asked), encoder)

    async def search(
        self, asked: Query, meaning: Meaning | None, encoder: str, limit: int
    ) -> list[Hit]:
        """The best places for a question; `encoder` is used where it has no meaning yet."""

        def find(sources: list[Source]) -> list[Hit]:
            found = search.search(sources, asked, meaning.vector if meaning else None, limit)
            return self._hits(found, asked.text)

        return await self._ask(find, meaning.encoder if meaning else encoder)

    async def unmet(self, asked: Query, encoder: str) -> list[str]:
        """The filters of a question that nothing passes."""
        return await self._ask(lambda sources: search.unmet(sources, asked), encoder)

    async def similar(
        self,
        text: str,
        meaning: Meaning | None,
        encoder: str,
        limit: int,
        exclude: tuple[Path, int, int] | None,
    ) -> list[Hit]:
        """The places most like a text; by its words where it has no meaning yet."""

        def find(sources: list[Source]) -> list[Hit]:
            if meaning is not None:
                found = search.similar(sources, meaning.vector, limit, exclude)
            else:
                found = search.search(sources, Query(text), None, limit + 1)
                found = [place for place in found if not place.overlaps(exclude)][:limit]
            return self._hits(found, text)

        return await self._ask(find, meaning.encoder if meaning else encoder)

    async def symbols(self, asked: Query, encoder: str, limit: int) -> list[Hit]:
        """Definitions whose names fit; the score says how well."""

        def find(sources: list[Source]) -> list[Hit]:
            found = search.symbols(sources, asked, limit)
            return self._hits(found, asked.text)

        return await self._ask(find, encoder)

    async def definitions(self, hits: Iterable[Hit], encoder: str) -> list[Hit]:
        """Hits that are part of a definition, with all of its lines."""
        return await self._ask(lambda sources: [_whole(hit, sources) for hit in hits], encoder)

    async def atlas(self, encoder: str) -> dict[Path, Atlas]:
        """The map of each folder by meaning, without unsaved buffers."""
        from trivium_server.domain import atlas  # The first search shall not wait for it.

        def draw(sources: list[Source]) -> dict[Path, Atlas]:
            found = {}
            for source in sources:
                if source.store.file is not None:
                    files = {id_: path for id_, path, _ in source.store.places()}
                    found[source.folder] = atlas.draw(source.vectors.sums(files))
            return found

        return await self.run(self._find, draw, encoder)

    async def lacking(self, folder: FolderView, count: int, encoder: str) -> dict[int, str]:
        """Texts of a folder's unsaved buffers that have no vector yet, by key."""

        def look() -> dict[int, str]:
            with self._guarded(folder):
                return folder.lacking(count, encoder)
            return {}

        return await self.run(look)

    async def run(self, function: Callable[..., _T], *arguments: object) -> _T:
        """Something else that must happen on this thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *arguments)

    def close(self) -> None:
        """Take no more questions."""
        self._thread.shutdown(wait=False)

    async def _ask(self, look: Callable[[list[Source]], _T], encoder: str) -> _T:
        """Run a search; indexing gives way meanwhile."""
        self._asking += 1
        self.quiet.clear()
        try:
            return await self.run(self._find, look, encoder)
        finally:
            self._asking -= 1
            if not self._asking:
                self.quiet.set()

    def _hits(self, places: list[Place], question: str) -> list[Hit]:
        """Those places whose files are still there."""
        shown = Shown(question)
        return [
            answers.hit(place, shown)
            for place in places
            if (folder := self._folders.get(place.folder)) and folder.has(place.chunk.path)
        ]

    def _find(self, look: Callable[[list[Source]], _T], encoder: str) -> _T:
        """What can be read now answers, with one model's vectors; other folders answer later."""
        readable: dict[FolderView, list[Source]] = {}
        for folder in list(self._folders.values()):
            with self._guarded(folder):
                readable[folder] = folder.sources(encoder)
        try:
            found = look(list(chain(*readable.values())))
        except sqlite3.Error:
            return look(self._sound(readable, look))
        self._unreadable.difference_update(folder.root for folder in readable)
        return found

    def _sound(
        self, readable: dict[FolderView, list[Source]], look: Callable[[list[Source]], object]
    ) -> list[Source]:
        """What of it fails by itself is left out: nobody else knows which folder it was."""
        found = []
        for folder, sources in readable.items():
            with self._guarded(folder):
                look(sources)
                found += sources
        return found

    @contextlib.contextmanager
    def _guarded(self, folder: FolderView) -> Iterator[None]:
        """A folder that cannot be read costs no answer; one that is damaged is made anew."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and database.is_damage(error):
                folder.begin_anew()
            elif folder.root not in self._unreadable:
                self._unreadable.add(folder.root)
                _log.warning("The index of %s cannot be read: %s.", folder.root, error)


def _whole(hit: Hit, sources: list[Source]) -> Hit:
    lines = (hit.start_line, hit.end_line)
    for source in sources:
        if source.folder == hit.folder and hit.name not in source.hidden:
            found = source.store.symbols.extent(hit.name, hit.symbol, hit.container, lines)
            if found:
                return replace(hit, start_line=found[0], end_line=found[1])
    return hit
