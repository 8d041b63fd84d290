"""The workspace: its folders, their indexes, and the search over all of them.

Files are indexed on one worker thread (`indexing`), searches run on one reader thread (`reading`),
models run in the engine; the event loop only passes things on. Search always answers:
by words and names at once, by meaning as far as vectors and the engine are there, and it says
whether that was everything. When another embedding model is chosen, the vectors of the old one
answer until those of the new one are complete (`succession`). Knows no LSP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_models.cache import cache_root
from trivium_models.client import EngineClient
from trivium_models.types import Role
from trivium_server.domain import database, query
from trivium_server.domain.files import Rules
from trivium_server.domain.symbols import NAMED
from trivium_server.domain.text import encodable
from trivium_server.services import succession
from trivium_server.services.answers import FolderStatus, Hit, SearchAnswer
from trivium_server.services.background import Background
from trivium_server.services.buffers import Buffers
from trivium_server.services.indexing import FolderIndexer
from trivium_server.services.places import Places
from trivium_server.services.questions import Meaning, Questions
from trivium_server.services.reading import Reader
from trivium_server.services.search import FolderView, relative
from trivium_server.services.worker import Worker
from trivium_server.settings import Settings

if TYPE_CHECKING:
    from trivium_server.domain.atlas import Atlas

__all__ = ["FolderStatus", "Hit", "SearchAnswer", "Workspace"]

_LOOK_AGAIN = 60.0
"""Seconds after which a search has the folder compared again, for clients that watch no files."""


_TELLING = 3
"""Bytes of a question from which it has a meaning: three letters, or a sign that is a word."""
_LONGEST = 20_000
"""Characters of a text whose like is looked for: more than an embedding model reads of it."""


class Workspace:
    """All folders of a session. Use it from one event loop."""

    def __init__(
        self,
        engine: EngineClient,
        settings: Callable[[], Settings],
        on_change: Callable[[], None] = lambda: None,
        cache: Path | None = None,
    ) -> None:
        """Nothing is opened before the first folder; `cache` is Trivium's own folder if None."""
        self._engine = engine
        self._questions = Questions(engine)
        self._settings = settings
        self._encoder = ""
        """The model whose vectors answer; empty before the first folder."""
        self._successor = ""
        """The one that is chosen and whose vectors are not complete yet."""
        self._on_change = on_change
        self._places = Places(cache or cache_root())
        self._worker = Worker()
        self._wanted: list[Path] = []
        """What the client has open; nothing of it is indexed while search is switched off."""
        self._folders: dict[Path, FolderView] = {}
        self._reader = Reader(self._folders)
        self._background = Background()
        self._buffers = Buffers(
            self._folders, self._reader, engine, lambda: self._encoder, self._background
        )
        self._paused = False

    async def add_folder(self, root: Path) -> None:
        """Index a folder and search in it from now on; returns at once."""
        if root not in self._wanted:
            self._wanted.append(root)
        if root in self._folders or not self._settings().search.enabled:
            return
        if not self._encoder:
            await self._begin(root)
        folder = self._folders[root] = self._open(root)
        self._buffers.show(folder)
        folder.indexer.start()
        self._background.spawn(self._questions.warm())
        self._on_change()

    async def remove_folder(self, root: Path) -> None:
        """Forget a folder; its index stays on the disk for the next time."""
        if root in self._wanted:
            self._wanted.remove(root)
        folder = self._folders.pop(root, None)
        if folder:
            await self._close(folder)
            self._on_change()

    def overlay(self, path: Path, text: str | None) -> None:
        """An unsaved buffer as it is on the screen; None when it was closed. Cheap."""
        self._buffers.note(path, text)

    async def files_changed(self, paths: Iterable[Path]) -> None:
        """Files or folders were created, changed or deleted on the disk."""
        paths = list(paths)
        for root, folder in self._folders.items():
            inside = {name for path in paths if (name := relative(root, path)) not in (None, ".")}
            if inside:
                folder.indexer.changed(name for name in inside if name)
            if any(root.is_relative_to(path) for path in paths):
                folder.indexer.look_again()

    def pause(self) -> None:
        """Stop indexing; searches go on."""
        self._paused = True
        for folder in self._folders.values():
            folder.indexer.pause()

    def resume(self) -> None:
        """Go on indexing."""
        self._paused = False
        for folder in self._folders.values():
            folder.indexer.resume()

    async def rebuild(self) -> None:
        """Make every index anew; vectors of unchanged content are kept."""
        for root in list(self._folders):
            folder = self._folders.pop(root)
            await self._close(folder)
            await self._worker.run(database.delete, folder.indexer.file)
            await self.add_folder(root)

    async def refresh(self) -> None:
        """Follow changed settings."""
        for root in list(self._wanted):
            old = self._folders.pop(root, None)
            if root in self._wanted:  # the client may have closed it meanwhile
                await self.add_folder(root)
            if old:
                await self._close(old)
        self._on_change()

    def encoders(self) -> tuple[str, str]:
        """The embedding model that answers, and the one that is to take over, if there is one."""
        return self._encoder or self._settings().models.encoder, self._successor

    async def change_encoder(self) -> None:
        """Follow the chosen embedding model: at once if nothing has vectors, else when it can."""
        wanted = self._settings().models.encoder
        if not any(folder.indexer.vectors_of(self._encoder) for folder in self._folders.values()):
            self._encoder, self._successor = wanted, ""
            await self._engine.choose_encoder(wanted)
            await self.refresh()
            return
        self._successor = wanted if wanted != self._encoder else ""
        await self._engine.choose_encoder(self._encoder, self._successor)
        for folder in self._folders.values():
            folder.indexer.prepare(self._successor)

    async def ready(self) -> None:
        """Until everything is indexed, or cannot be (see `status`), and the encoder is loaded."""
        for folder in list(self._folders.values()):
            await folder.indexer.settled()
        if self._successor and self._taken_over():
            await self.ready()
            return
        if self._folders:
            await self._questions.warm()

    def status(self) -> list[FolderStatus]:
        """Each folder's state, without waiting."""
        return [folder.indexer.status() for folder in self._folders.values()]

    async def search(self, text: str, *, limit: int, path: str | None = None) -> SearchAnswer:
        """The places that answer a question best; `path` narrows to a folder or a file."""
        asked = query.parse(text)
        if path:
            asked = replace(asked, filters=(*asked.filters, ("path", self._inside(path), True)))
        meaning = None
        if asked.text:
            looking = self._reader.look_ahead(asked, self._encoder)
            meaning, _ = await asyncio.gather(self._meaning(asked.text, Role.QUERY), looking)
        hits = await self._reader.search(asked, meaning, self._encoder, limit)
        answer = self._answer(hits, meaning is not None or not asked.text)
        if hits or not asked.filters:
            return answer
        return replace(answer, unmet=tuple(await self._reader.unmet(asked, self._encoder)))

    async def similar(
        self, text: str, *, limit: int, exclude: tuple[Path, int, int] | None = None
    ) -> SearchAnswer:
        """The places most like a piece of code; `exclude` is where it stands: file and lines."""
        text = encodable(text[:_LONGEST])
        if not text.strip():
            return self._answer([], True)
        meaning = await self._meaning(text, Role.PASSAGE)
        hits = await self._reader.similar(text, meaning, self._encoder, limit, exclude)
        return self._answer(hits, meaning is not None)

    async def symbols(self, text: str, *, limit: int) -> SearchAnswer:
        """Definitions with a name as typed, then places that fit in meaning, then like names."""
        asked = query.parse(text)
        by_name = self._answer(await self._reader.symbols(asked, self._encoder, limit), True)
        named = [hit for hit in by_name.hits if hit.score >= NAMED]
        if len(named) == limit or len(asked.text.encode()) < _TELLING:
            return by_name
        meant = await self.search(text, limit=limit)
        places = await self._reader.definitions(meant.hits, self._encoder)
        distinct: dict[tuple[Path, int, str], Hit] = {}
        for hit in (*named, *places, *by_name.hits):
            distinct.setdefault((hit.path, hit.start_line, hit.symbol), hit)
        return replace(meant, hits=tuple(distinct.values())[:limit])

    async def atlas(self) -> dict[Path, Atlas]:
        """The map of each folder by meaning, as far as vectors are there."""
        return await self._reader.atlas(self._encoder)

    async def close(self) -> None:
        """Stop; what was committed is kept, and each part closed whatever the others do."""
        async with AsyncExitStack() as closing:
            for part in (self._places, self._reader, self._worker):
                closing.callback(part.close)
            for root in list(self._folders):
                closing.push_async_callback(self._close, self._folders.pop(root))
            closing.push_async_callback(self._questions.close)
            closing.push_async_callback(self._background.close)
            closing.callback(self._buffers.close)

    async def _begin(self, root: Path) -> None:
        """Before the first folder: choose the model that answers."""
        await self._worker.run(self._places.probe)
        place, chosen = self._places.of(root), self._settings().models.encoder
        found = await self._worker.run(succession.begin, place.vectors, place.index, chosen)
        self._encoder, self._successor = found
        if self._successor:
            await self._engine.choose_encoder(*found)

    def _index_changed(self) -> None:
        self._taken_over()
        self._on_change()

    def _taken_over(self) -> bool:
        """Let the successor answer once every folder has its vectors; whether it was so."""
        indexers = [folder.indexer for folder in self._folders.values()]
        if not self._successor or not all(each.prepared for each in indexers):
            return False
        self._encoder, self._successor = self._successor, ""
        for each in indexers:
            each.take_over()
        self._background.spawn(self._engine.choose_encoder(self._encoder))
        self._buffers.embed()
        return True

    def _open(self, root: Path) -> FolderView:
        settings = self._settings()
        rules = Rules(
            tuple(settings.search.include),
            tuple(settings.search.exclude),
            settings.search.max_file_bytes,
        )
        indexer = FolderIndexer(
            root,
            self._places.of(root),
            rules,
            self._engine,
            self._encoder,
            self._successor,
            self._worker,
            self._reader.quiet,
            partial(self._let_go, root),
            self._index_changed,
        )
        if self._paused:
            indexer.pause()
        return FolderView(indexer)

    async def _let_go(self, root: Path) -> None:
        """Have the reader close a folder's files, which are about to be put aside."""
        if folder := self._folders.get(root):
            await self._reader.run(folder.let_go)

    async def _close(self, folder: FolderView) -> None:
        await folder.indexer.stop()
        await self._reader.run(folder.let_go)

    def _answer(self, hits: list[Hit], by_meaning: bool) -> SearchAnswer:
        states = self.status()
        for hit in hits:
            folder = self._folders.get(hit.folder)
            if folder:
                folder.indexer.useful(hit.name, 1)
        for folder in self._folders.values():
            folder.indexer.seen(_LOOK_AGAIN)
            if by_meaning:
                folder.indexer.wake_soon()
        complete = by_meaning and all(
            folder.indexer.complete and folder.complete() for folder in self._folders.values()
        )
        return SearchAnswer(
            tuple(hits),
            complete,
            sum(state.files for state in states),
            sum(state.total_files for state in states),
        )

    def _inside(self, path: str) -> str:
        """A path filter's value: relative to its folder where an absolute path is given."""
        place = Path(path)
        names = (relative(root, place) for root in self._folders)
        return next((f"/{name}".removesuffix(".") for name in names if name), path)

    async def _meaning(self, text: str, role: Role) -> Meaning | None:
        return await self._questions.meaning(text, role, self._encoder)
