"""The reading side of a workspace: looks things up on one thread of its own.

Each folder's index is read through connections that only this thread uses, so that a search never
waits for indexing; and while somebody asks, indexing gives way. Knows neither the engine nor LSP.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from trivium_server.domain import atlas, search
from trivium_server.domain.atlas import Atlas
from trivium_server.domain.query import Query
from trivium_server.domain.search import Source
from trivium_server.services import answers
from trivium_server.services.answers import Hit
from trivium_server.services.questions import Meaning
from trivium_server.services.search import FolderView

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
        await self._ask(lambda: search.look_ahead(self._sources(encoder), asked))

    async def search(
        self, asked: Query, meaning: Meaning | None, encoder: str, limit: int
    ) -> list[Hit]:
        """The best places for a question; `encoder` is used where it has no meaning yet."""

        def find() -> list[Hit]:
            sources = self._sources(meaning.encoder if meaning else encoder)
            found = search.search(sources, asked, meaning.vector if meaning else None, limit)
            return [answers.hit(place, asked.text) for place in found]

        return await self._ask(find)

    async def similar(
        self,
        text: str,
        meaning: Meaning | None,
        encoder: str,
        limit: int,
        exclude: tuple[Path, int, int] | None,
    ) -> list[Hit]:
        """The places most like a text; by its words where it has no meaning yet."""

        def find() -> list[Hit]:
            if meaning is not None:
                sources = self._sources(meaning.encoder)
                found = search.similar(sources, meaning.vector, limit, exclude)
            else:
                found = search.search(self._sources(encoder), Query(text), None, limit + 1)
                found = [place for place in found if not place.overlaps(exclude)][:limit]
            return [answers.hit(place, text) for place in found]

        return await self._ask(find)

    async def symbols(self, text: str, encoder: str, limit: int) -> list[Hit]:
        """Definitions whose names fit."""

        def find() -> list[Hit]:
            found = search.symbols(self._sources(encoder), text, limit)
            return [answers.hit(place, text) for place in found]

        return await self._ask(find)

    async def atlas(self, encoder: str) -> dict[Path, Atlas]:
        """The map of each folder by meaning, without unsaved buffers."""

        def draw() -> dict[Path, Atlas]:
            found = {}
            for source in self._sources(encoder):
                if source.store.file is not None:
                    files = {id_: path for id_, path, _ in source.store.places()}
                    found[source.folder] = atlas.draw(source.vectors.sums(files))
            return found

        return await self.run(draw)

    async def run(self, function: Callable[..., _T], *arguments: object) -> _T:
        """Something else that must happen on this thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, function, *arguments)

    def close(self) -> None:
        """Take no more questions."""
        self._thread.shutdown(wait=False)

    async def _ask(self, find: Callable[[], _T]) -> _T:
        """Run a search; indexing gives way meanwhile."""
        self._asking += 1
        self.quiet.clear()
        try:
            return await self.run(find)
        finally:
            self._asking -= 1
            if not self._asking:
                self.quiet.set()

    def _sources(self, encoder: str) -> list[Source]:
        """All that can be read now, with one model's vectors.

        A folder whose index is being made anew answers later.
        """
        found = []
        for folder in list(self._folders.values()):
            try:
                found += folder.sources(encoder)
                self._unreadable.discard(folder.root)
            except (sqlite3.Error, OSError) as error:
                if folder.root not in self._unreadable:
                    _log.warning("The index of %s cannot be read: %s.", folder.root, error)
                self._unreadable.add(folder.root)
        return found
