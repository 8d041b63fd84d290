"""Keeps the index of one workspace folder up to date, in the background.

Names and words first, for the whole folder; vectors behind, what is useful first. Files are read
and cut in slices on a worker thread, texts are embedded by the engine at its lowest priority
(`embedding`), and the event loop does nothing but pass things on. Whatever goes wrong becomes a
state with a sentence; what is committed stays, and the next change tries again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path

from trivium_models.client import EngineClient
from trivium_models.errors import ModelError
from trivium_server.domain import database, updating
from trivium_server.domain.files import Entry, Rules, Unreadable, Walk
from trivium_server.domain.index import Index
from trivium_server.domain.vector_set import VectorSet
from trivium_server.domain.vectors import VectorFile
from trivium_server.services import places
from trivium_server.services.answers import FolderStatus
from trivium_server.services.changes import Changes
from trivium_server.services.damage import Damage
from trivium_server.services.embedders import Embedders
from trivium_server.services.embedding import Batch
from trivium_server.services.places import Place
from trivium_server.services.tally import Tally
from trivium_server.services.worker import Worker

_log = logging.getLogger("trivium.index")

_SLICE = 0.1
"""Seconds of work in one transaction; how long others wait for the worker at most."""
_GIVE_WAY = 0.05
"""Seconds that a file waits at most while somebody searches."""
_AFTER_ANSWER = 0.2
"""Seconds behind an answer at which an index looks for what other servers wrote."""
_MOST_VECTOR_BYTES = 2_000_000_000
"""Size of the shared vector file from which vectors unused for longest are dropped."""


class FolderIndexer:
    """The index of one folder and the task that follows the folder's changes."""

    def __init__(
        self,
        root: Path,
        place: Place,
        rules: Rules,
        engine: EngineClient,
        encoder: str,
        successor: str,
        worker: Worker,
        quiet: threading.Event,
        let_go: Callable[[], Awaitable[None]],
        on_change: Callable[[], None],
    ) -> None:
        """Nothing is opened before `start`; work waits a little while it is not `quiet`.

        `let_go` closes the files elsewhere in the session, so that they can be put aside.
        """
        self.root = root
        self.file = place.index
        self.scanned = False
        self._rules = rules
        self._place = place
        self._worker = worker
        self._embedders = Embedders(
            place.index, place.vectors, encoder, successor, engine, worker, self._urgency
        )
        self._quiet = quiet
        self._let_go = let_go
        self.damage = Damage(root, place, worker)
        self._tidied = False
        self._on_change = on_change
        self._walk = Walk(root, rules)
        self._changes = Changes()
        self._paused = False
        self._error = ""
        self._tally = Tally()
        self._useful: dict[str, int] = {}
        self._told: tuple[FolderStatus, bool] | None = None
        self._looked = time.monotonic()
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._waking: asyncio.TimerHandle | None = None
        self._batch = Batch()
        """Interrupted when something changes in the folder, or a pause begins."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to index."""
        self._task = asyncio.create_task(self._run(), name=f"index {self.root}")

    async def stop(self) -> None:
        """Stop at the next slice and close the file; what is committed stays."""
        if self._waking:
            self._waking.cancel()
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._embedders.close()
        if self.damage.waiting:
            with contextlib.suppress(OSError):  # Then the next session finds it out again.
                await self._worker.run(database.set_aside, self.file)

    @property
    def index(self) -> Index | None:
        """The index whose vectors answer, once it is open."""
        return self._embedders.answering

    def status(self) -> FolderStatus:
        """What is known now, without waiting."""
        tally = self._tally
        return FolderStatus(
            self.root,
            self._state(),
            # While a successor is prepared, its vectors count: they are what there is to wait for.
            tally.by_meaning(self._embedders.lacking),
            tally.total,
            tally.chunks,
            tally.bytes,
            self._error or self._embedders.held_back or self._lacking or self._place.note,
            tally.stored,
            tally.looked_over is not None,
            tally.left_out,
        )

    @property
    def complete(self) -> bool:
        """Whether everything is indexed, by meaning too."""
        return self.scanned and not (self.index and self.index.lacking) and not self._error

    def vectors_of(self, encoder: str) -> VectorSet:
        """The vectors of one model, empty when there are none. From any thread."""
        return self._embedders.vectors_of(encoder)

    def prepare(self, successor: str) -> None:
        """Make the vectors of another model as well, which is to take over; empty: of none."""
        self._embedders.successor = successor
        self._embedders.held_back = ""
        self.wake()

    @property
    def prepared(self) -> bool:
        """Whether the successor lacks nothing that this folder has."""
        if self._error and not self._tally.chunks:
            return True  # A folder that cannot be read has nothing to wait for.
        return self.scanned and self._embedders.prepared

    def take_over(self) -> None:
        """Go on with the successor alone; its vectors answer already."""
        self._embedders.encoder, self._embedders.successor = self._embedders.successor, ""
        self._tidied = False
        self.wake()

    async def settled(self) -> None:
        """Until there is nothing to do, or nothing can be done."""
        await self._settled.wait()

    def changed(self, paths: Iterable[str]) -> None:
        """Relative paths of files or folders that were created, changed or deleted."""
        self._changes.add(paths)
        if self._changes.everything:
            self._walk = Walk(self.root, self._rules)
        self._batch.interrupt()
        self.wake()

    def look_again(self) -> None:
        """Compare the whole folder with the index."""
        self._changes.add_everything()
        self._batch.interrupt()
        self.wake()

    def look_again_soon(self) -> None:
        """The same. From any thread."""
        if self._task:
            self._task.get_loop().call_soon_threadsafe(self.look_again)

    def admits(self, path: str, size: int) -> bool:
        """Whether the rules would take a file of this relative path and of so many bytes."""
        return size <= self._walk.rules.max_bytes and self._walk.admits(path)

    def vector_file(self, encoder: str) -> VectorFile:
        """A connection to the vectors of a model, which all folders share."""
        return self._embedders.vector_file(encoder)

    def useful(self, path: str, rank: int) -> None:
        """What lies in this file should have its vectors soon: 0 open, 1 a query touched it."""
        if self._useful.get(path, 2) > rank:
            self._useful[path] = rank
            self._embedders.reorder()

    def seen(self, interval: float) -> None:
        """A search looked here: follow other servers, and files that nobody told of."""
        if self._looked + interval < time.monotonic():
            self._looked = time.monotonic()
            self.look_again()

    def pause(self) -> None:
        """Stop after the current batch; changes are gathered."""
        self._paused = True
        self._batch.interrupt()
        self._settled.set()
        self._tell()

    def begin_anew(self, generation: int) -> None:
        """A search met damage in the file of that generation. From any thread."""
        if self._task:
            self._task.get_loop().call_soon_threadsafe(self._damage_met, generation)

    def resume(self) -> None:
        """Go on."""
        self._paused = False
        self.wake()

    def wake(self) -> None:
        """There may be something to do."""
        self._settled.clear()
        self._wake.set()

    def wake_soon(self) -> None:
        """Follow other servers, once whoever has just asked has the answer."""
        if self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(_AFTER_ANSWER, self._woken)

    def _woken(self) -> None:
        self._waking = None
        self.wake()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            before = self._error
            try:
                await self._attempt()
            except Exception as error:  # Nobody waits for this task, but everybody for its state.
                _log.exception("Indexing stopped.")
                self._error = f"Indexing {self.root} stopped at an error of Trivium: {error!r}."
            if self._error and self._error != before:
                _log.warning("%s", self._error)
            if not self._wake.is_set():
                self._settled.set()
            self._tell()
            await self._wake.wait()

    async def _attempt(self) -> None:
        """Catch up; what cannot be helped becomes a sentence."""
        try:
            if not self._paused:
                await self._catch_up()
                self._error = ""
        except Unreadable as error:
            self._error = str(error)
        except ModelError as error:
            self._error = str(error)
            self._embedders.plan_anew()
        except sqlite3.Error as error:
            if database.is_damage(error):
                self._note_damage()
                return
            await self._recover()
            if not isinstance(error, sqlite3.OperationalError):
                raise
            self._error = self._not_kept(error)
        except OSError as error:
            self._error = self._not_kept(error)

    async def _catch_up(self) -> None:
        """Words of everything that changed, then vectors; again until there is nothing left."""
        if self.damage.waiting:
            await self._begin_anew()
        unopened = self.index is None
        embedder = await self._embedders.open()
        index = embedder.index
        if unopened:
            await self._count(index)
        await self._worker.run(index.follow)
        try:
            while not self._held_up:
                self._batch.follow()
                if self._changes:
                    await self._follow_files(index)
                elif await self._batch.step(embedder):
                    self._tell()
                elif not await self._worker.run(index.grow_graph):
                    await self._tidy(index)
                    if not await self._embedders.prepare():
                        return
                    self._tell()
        finally:
            if await self._batch.leave():
                self._embedders.plan_anew()

    async def _tidy(self, index: Index) -> None:
        """Once in a session, when everything else is done."""
        if not self._tidied:
            self._tidied = True
            await self._worker.run(index.tidy, _MOST_VECTOR_BYTES)
            with contextlib.suppress(OSError):  # Another user's, or in use on Windows: later then.
                await self._worker.run(places.forget_unused, self._place)

    async def _follow_files(self, index: Index) -> None:
        """Names and words; what fails halfway has the whole folder looked over the next time."""
        paths = self._changes.take()
        try:
            if paths is None:
                await self._scan(index)
            else:
                await self._follow_changes(index, paths)
        except Exception:
            self._changes.add_everything()
            raise

    async def _scan(self, index: Index) -> None:
        """Compare the folder with the index; put what is new, latest first, remove what is gone."""
        self._walk = Walk(self.root, self._rules)
        self._tally.begin(self._walk)
        loop = asyncio.get_running_loop()
        tell = partial(loop.call_soon_threadsafe, self._tell)
        try:
            new, gone = await self._worker.run(updating.compare, index, self._walk, tell)
        finally:
            self._tally.found(self._walk)
        if why := self._walk.skipped.get("."):
            self._tally.done()
            raise Unreadable(f"The folder {self.root} cannot be opened: {why}.")
        if await self._apply(index, new, gone):
            self._tally.done()
            await self._count(index)
            self.scanned = True
            self._embedders.plan_anew()

    async def _follow_changes(self, index: Index, paths: set[str]) -> None:
        new, gone = await self._worker.run(updating.compare_some, index, self._walk, paths)
        if new is None:
            self._changes.add_everything()
            return
        await self._apply(index, new, gone)

    async def _apply(self, index: Index, new: list[Entry], gone: list[str]) -> bool:
        """Work both lists off; False when a pause came between, then all is looked over again."""
        while new or gone:
            if self._held_up:
                self._changes.add_everything()
                return False
            await self._worker.run(
                updating.apply, index, self._walk, new, gone, _SLICE, self._give_way
            )
            await self._count(index)
            self._tell()
        return True

    @property
    def _held_up(self) -> bool:
        return self._paused or self.damage.waiting

    def _give_way(self) -> None:
        """Let a search go first: both need the interpreter, and somebody waits for that one."""
        self._quiet.wait(_GIVE_WAY)

    def _urgency(self, path: str, modified: int) -> float:
        return self._useful.get(path, 2) * 1e12 - modified / 1e9

    def _not_kept(self, error: Exception) -> str:
        why = (isinstance(error, OSError) and error.strerror) or error
        return (
            f"The index cannot be kept in {self.file.parent}: {why}. "
            "If that folder is full or read-only, name another one in TRIVIUM_CACHE."
        )

    async def _recover(self) -> None:
        """After a transaction that failed: memory follows what the file holds."""
        try:
            await self._embedders.reset()
        except sqlite3.Error:
            self._embedders.forget()

    def _damage_met(self, generation: int) -> None:
        if generation == self.damage.generation and not self.damage.waiting:
            self._note_damage()
            self._batch.interrupt()
            self.wake()
            self._tell()

    def _note_damage(self) -> None:
        """Begin anew, at once or, when that did not help so often, at the next change."""
        self.scanned = False
        if why := self.damage.note():
            self._error = why
        else:
            self._wake.set()

    @property
    def _lacking(self) -> str:
        return "" if self.scanned else self.damage.lacking

    async def _begin_anew(self) -> None:
        """Put the damaged file aside. Raises `OSError` where another process holds it."""
        await self._embedders.close()
        await self._let_go()
        await self.damage.put_aside()
        self._changes.add_everything()
        self.scanned, self._tidied = False, False

    async def _count(self, index: Index) -> None:
        await self._worker.run(self._tally.count, index.store, self._walk)

    def _tell(self) -> None:
        told = (self.status(), self.prepared)
        if told != self._told:
            self._told = told
            self._on_change()

    def _state(self) -> str:
        if self._error or self._embedders.held_back:
            return "error"
        if self._paused:
            return "paused"
        if self.index is None:
            return "starting"
        working = self._changes or self._embedders.successor
        return "ready" if self.complete and not working else "busy"
