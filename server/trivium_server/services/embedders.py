"""A folder's embedding models: the one whose vectors answer, and the one that is to take over.

Each has an index of its own view on the same file and an `Embedder` that fills it. Knows neither
files nor what changed in them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trivium_models import identity
from trivium_models.client import EngineClient
from trivium_models.errors import ModelError
from trivium_server.domain.index import Index
from trivium_server.domain.vector_set import VectorSet
from trivium_server.domain.vectors import VectorFile
from trivium_server.services.embedding import Embedder
from trivium_server.services.worker import Worker


class Embedders:
    """Those of one folder. Nothing is open before `open`."""

    def __init__(
        self,
        file: Path,
        vectors: Path,
        encoder: str,
        successor: str,
        engine: EngineClient,
        worker: Worker,
        urgency: Callable[[str, int], float],
    ) -> None:
        self.encoder = encoder
        self.successor = successor
        """Empty while none is to take over."""
        self.held_back = ""
        """What keeps the successor from its vectors; searches lack nothing."""
        self._file = file
        self._vectors = vectors
        self._engine = engine
        self._worker = worker
        self._urgency = urgency
        self._open: tuple[Embedder, ...] = ()
        """The answering one, then the successor's; replaced, never changed."""

    @property
    def answering(self) -> Index | None:
        """The index whose vectors answer, once it is open."""
        return self._open[0].index if self._open else None

    @property
    def lacking(self) -> int:
        """How many contents wait for a vector; the successor's while there is one."""
        return self._open[-1].index.lacking if self._open else 0

    @property
    def prepared(self) -> bool:
        """Whether the successor has all of its vectors."""
        coming = self._coming()
        return coming is not None and not coming.index.lacking

    def vectors_of(self, encoder: str) -> VectorSet:
        """The vectors of one model, empty when there are none. From any thread."""
        for each in self._open:
            if each.index.encoder == encoder:
                return each.index.vectors
        return VectorSet()

    def vector_file(self, encoder: str) -> VectorFile:
        """A connection to the vectors of a model, which all folders share."""
        return VectorFile(self._vectors, identity.of_encoder(encoder))

    async def open(self) -> Embedder:
        """Have open what answers searches, and close what does so no more."""
        kept = [each for each in self._open if each.index.encoder == self.encoder]
        if not kept:
            kept = [await self._embedder(self.encoder)]
        coming = self._coming()
        old, self._open = self._open, (*kept, *([coming] if coming else []))
        for each in old:
            if each not in self._open:
                await self._worker.run(each.index.close)
        return kept[0]

    async def prepare(self) -> bool:
        """Give one batch of vectors from the successor; False when there is nothing left to do."""
        if not self.successor:
            return False
        coming = self._coming()
        if coming is None:
            coming = await self._embedder(self.successor)
            self._open = (self._open[0], coming)
        await self._worker.run(coming.index.follow)
        try:
            more = await coming.step() or await self._worker.run(coming.index.grow_graph)
        except ModelError as error:
            coming.plan_anew()
            if coming.index.encoder == self.successor:  # else another was chosen meanwhile
                self.held_back = str(error)
            return False
        self.held_back = ""
        return bool(more)

    def reorder(self) -> None:
        """What is useful has changed."""
        for each in self._open:
            each.reorder()

    def plan_anew(self) -> None:
        """Plan before the next batch."""
        for each in self._open:
            each.plan_anew()

    async def reset(self) -> None:
        """Have memory follow what the files hold. Raises `sqlite3.Error`."""
        for each in self._open:
            await self._worker.run(each.index.reset)

    def forget(self) -> None:
        """Open everything anew the next time."""
        self._open = ()

    async def close(self) -> None:
        """Close the files; what is committed stays."""
        embedders, self._open = self._open, ()
        for each in embedders:
            await self._worker.run(each.index.close)

    async def _embedder(self, encoder: str) -> Embedder:
        index = await self._worker.run(
            lambda: Index(self._file, self.vector_file(encoder), encoder)
        )
        return Embedder(index, self._engine, self._urgency, self._worker.run)

    def _coming(self) -> Embedder | None:
        """The successor's, once it is open."""
        return next((each for each in self._open if each.index.encoder == self.successor), None)
