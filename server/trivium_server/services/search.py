"""One workspace folder as searches see it: the index on the disk and the unsaved buffers over it.

Everything but `overlay` runs on the reader thread, with connections of its own, so that a search
never waits for indexing. Buffers live in an index in memory and hide their files on the disk; they
are taken in when somebody searches or typing rests, not at every keystroke.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

from trivium_server.domain import store
from trivium_server.domain.arrays import Floats
from trivium_server.domain.checkout import Checkout
from trivium_server.domain.files import Entry
from trivium_server.domain.index import Index
from trivium_server.domain.search import Source
from trivium_server.domain.store import Store
from trivium_server.domain.text import encodable
from trivium_server.domain.vectors import VectorFile
from trivium_server.services.indexing import FolderIndexer

_log = logging.getLogger("trivium.index")


class FolderView:
    """What can be searched of one folder."""

    def __init__(self, indexer: FolderIndexer) -> None:
        """Nothing is opened before the first search."""
        self.root = indexer.root
        self.indexer = indexer
        self._checkout = Checkout(indexer.root)
        self._store: Store | None = None
        self._generation = -1
        self._buffers: Index | None = None
        self._noted: dict[str, str | None] = {}
        self._texts: dict[str, str] = {}
        """The buffers as they are, for the index of them to be made anew."""

    def overlay(self, path: Path, text: str | None) -> None:
        """Note a buffer's text, None when it was closed. On the event loop; cheap."""
        name = relative(self.root, path)
        if name and name != ".":
            self._noted[name] = text
            if text is None:
                self._texts.pop(name, None)
            else:
                self._texts[name] = text
                self.indexer.useful(name, 0)

    def has(self, name: str) -> bool:
        """Whether a file still exists, or is open; if not, the folder is looked over again.

        Some editors tell of no change outside of them. On any thread: a disk may be slow.
        """
        there = name in self._texts or os.path.lexists(self.root / name)
        if not there:
            self.indexer.look_again_soon()
        return there

    def sources(self, encoder: str) -> list[Source]:
        """The buffers and the folder below them, with the vectors of one model.

        Raises `sqlite3.Error` if the folder's index cannot be read.
        """
        if self._checkout.changed():
            self.indexer.look_again_soon()
        disk = self._disk()
        self._take_buffers(disk, encoder)
        vectors = self.indexer.vectors_of(encoder)
        if self._buffers is None:
            return [Source(self.root, disk, vectors)]
        hidden = frozenset(self._buffers.store.files())
        return [
            Source(self.root, self._buffers.store, self._buffers.vectors),
            Source(self.root, disk, vectors, hidden),
        ]

    def lacking(self, count: int, encoder: str) -> dict[int, str]:
        """Texts of buffers that have no vector yet, by key; none before the folder is read once."""
        if not self.indexer.scanned:
            return {}
        self._take_buffers(self._disk(), encoder)
        return self._buffers.next_texts(count) if self._buffers else {}

    def give(self, keys: list[int], matrix: Floats, encoder: str) -> None:
        """Vectors of buffers' texts, unless another model has taken over meanwhile."""
        if self._buffers and self._buffers.encoder == encoder:
            self._buffers.give(keys, matrix)

    def complete(self) -> bool:
        """Whether every buffer has its vectors."""
        return self._buffers is None or not self._buffers.lacking

    def let_go(self) -> None:
        """Close what was opened; the next search opens it again."""
        self._drop_buffers()
        if self._store:
            self._store.close()
        self._store = None

    def begin_anew(self) -> None:
        """The file is damaged: let go of it, and have the indexer make it anew."""
        self.let_go()
        self.indexer.begin_anew(self._generation)

    def _disk(self) -> Store:
        """The store, opened again when the indexer had to begin anew."""
        if self._store is None or self._generation != self.indexer.damage.generation:
            if self._store:
                self._store.close()
            self._generation = self.indexer.damage.generation
            self._store = Store(self.indexer.file)
        return self._store

    def _take_buffers(self, disk: Store, encoder: str) -> None:
        """Index the buffers that were noted; what cannot be taken in now stays noted."""
        if self._buffers is not None and self._buffers.encoder != encoder:
            self._drop_buffers()
        noted, self._noted = self._noted, {}
        try:
            self._take(noted, disk, encoder)
        except Exception:
            self._drop_buffers()
            raise

    def _take(self, noted: dict[str, str | None], disk: Store, encoder: str) -> None:
        """Index these buffers; one that equals its file on the disk hides nothing."""
        changed = {path: text for path, text in noted.items() if self._differs(disk, path, text)}
        if self._buffers is None:
            if not any(text is not None for text in changed.values()):
                return
            self._buffers = Index(None, self._vector_file(encoder), encoder)
        self._buffers.store.borrow_rarity(disk)
        with self._buffers.store.batch():
            for path in noted:
                text = changed.get(path)
                if text is None:
                    self._buffers.remove(path)
                else:
                    self._buffers.put(Entry(path, len(text), 0), text)
            for path, held in self._buffers.store.files().items():
                saved = disk.known(path)
                if saved is not None and saved.hash == held.hash:
                    self._buffers.remove(path)

    def _drop_buffers(self) -> None:
        """Have them taken in anew, all of them."""
        if self._buffers is not None:
            self._buffers.close()
        self._buffers = None
        # The event loop may note a newer text meanwhile, which must stay.
        for path, text in list(self._texts.items()):
            self._noted.setdefault(path, text)

    def _differs(self, disk: Store, path: str, text: str | None) -> bool:
        if text is None or not self.indexer.admits(path, len(text)):
            return False
        known = disk.known(path)
        if known is None:
            return True
        return known.hash != store.content_hash(encodable(text))

    def _vector_file(self, encoder: str) -> VectorFile:
        try:
            return self.indexer.vector_file(encoder)
        except (sqlite3.Error, OSError) as error:
            _log.warning("Vectors of unsaved text are not kept: %s.", error)
            return VectorFile(None, "buffers")


def relative(root: Path, path: Path) -> str | None:
    """A path as the index names it, or None when it is not in the folder."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return None
