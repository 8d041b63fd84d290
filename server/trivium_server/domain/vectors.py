"""Embeddings on the disk: one file per user, from which every workspace takes what it can.

Vectors are kept as int8 under a hash of the content, for each model: a branch switch, a rename, a
worktree or a second clone finds them there. Derived: content and model make them again.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from trivium_server.domain import database
from trivium_server.domain.arrays import Codes, Floats

_SCHEMA = "CREATE TABLE models(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER)"
_COMPLETE = (
    "CREATE TABLE IF NOT EXISTS complete("
    '"index" TEXT PRIMARY KEY, encoder TEXT NOT NULL, identity TEXT NOT NULL)'
)
_DAY = 86400
_SLICE = 10_000
"""Rows written in one transaction where a whole file is made anew."""
_Row = tuple[int, int, bytes]
"""Key, day of the last use, code."""


class VectorFile:
    """Vectors of one model by content key, in a file that all workspaces share.

    Writing a vector again is harmless, so servers need not agree on who embeds what.
    """

    def __init__(self, file: Path | None, model: str) -> None:
        """Open or create; None keeps it in memory. A damaged file is set aside."""
        self._db = database.open_(file, _SCHEMA)
        self._identity = model
        with database.transaction(self._db):
            self._db.execute(_COMPLETE)
            self._db.execute("INSERT OR IGNORE INTO models(name) VALUES(?)", (model,))
            found = self._db.execute("SELECT id FROM models WHERE name=?", (model,)).fetchone()
            self.model = int(found[0])
            """A number that stands for the model in this file."""
            self._table = f"vectors_{self.model}"
            self._db.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table}("
                "key INTEGER PRIMARY KEY, used INTEGER NOT NULL, code BLOB NOT NULL)"
            )

    def put(self, keys: Sequence[int], codes: Codes) -> None:
        """Keep vectors, one row of codes for each key."""
        today = int(time.time()) // _DAY
        rows = [(key, today, code.tobytes()) for key, code in zip(keys, codes, strict=True)]
        with database.transaction(self._db):
            self._db.executemany(f"INSERT OR REPLACE INTO {self._table} VALUES(?,?,?)", rows)

    def get(self, keys: Iterable[int]) -> dict[int, bytes]:
        """The codes of those keys that have a vector."""
        # SQLite puts the keys in order and reads the file forward.
        select = (
            f"SELECT key, code FROM {self._table} WHERE key IN (SELECT value FROM json_each(?))"
        )
        return dict(self._db.execute(select, (json.dumps(list(keys)),)).fetchall())

    def use(self, keys: Iterable[int]) -> None:
        """Note that these vectors are still wanted; at most once a day for each."""
        today = int(time.time()) // _DAY
        with database.transaction(self._db):
            self._db.executemany(
                f"UPDATE {self._table} SET used=? WHERE key=? AND used<?",
                ((today, key, today) for key in keys),
            )

    def evict(self, most: int) -> int:
        """Delete vectors unused for longest until at most so many bytes are used; how many went.

        Those of all models, since the bytes are; none that was used today.
        """
        gone = 0
        days = self._days_before(int(time.time()) // _DAY) if most < self.bytes() else []
        for day, table in days:
            if self.bytes() <= most:
                break
            gone += self._db.execute(f"DELETE FROM {table} WHERE used=?", (day,)).rowcount
        return gone

    def take_over(self, rows: Iterator[_Row]) -> None:
        """Keep rows of another such file as they are there."""
        insert = f"INSERT OR REPLACE INTO {self._table} VALUES(?,?,?)"
        while some := list(islice(rows, _SLICE)):
            with database.transaction(self._db):
                self._db.executemany(insert, some)

    def note_complete(self, index: str, encoder: str) -> None:
        """Remember that everything in an index has its vector from an encoder, named as chosen."""
        row = (index, encoder, self._identity)
        self._db.execute("INSERT OR REPLACE INTO complete VALUES(?,?,?)", row)

    def last_complete(self, index: str) -> tuple[str, str] | None:
        """The encoder, and its identity, that an index was last complete with."""
        select = 'SELECT encoder, identity FROM complete WHERE "index"=?'
        found: tuple[str, str] | None = self._db.execute(select, (index,)).fetchone()
        return found

    def bytes(self) -> int:
        """Bytes in use; free pages inside the file, which are used next, not counted."""
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _days_before(self, today: int) -> list[tuple[int, str]]:
        """On which days vectors were last used, oldest first, with the tables they are in."""
        tables = [f"vectors_{id_}" for (id_,) in self._db.execute("SELECT id FROM models")]
        select = "SELECT DISTINCT used FROM {} WHERE used<?"
        return sorted(
            (day, table)
            for table in tables
            for (day,) in self._db.execute(select.format(table), (today,))
        )

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def salvage(file: Path) -> None:
    """Put a damaged file aside and make a sound one of what can still be read of it.

    Raises `OSError` where another process holds it.
    """
    aside = database.set_aside(file)
    with (
        contextlib.suppress(sqlite3.DatabaseError),
        contextlib.closing(database.open_to_read(aside)) as damaged,
    ):
        for id_, name in damaged.execute("SELECT id, name FROM models").fetchall():
            with contextlib.closing(VectorFile(file, name)) as sound:
                sound.take_over(_readable(damaged, f"vectors_{id_}"))


def _readable(db: sqlite3.Connection, table: str) -> Iterator[_Row]:
    """The rows before the first page that cannot be read, and those behind the last one."""
    length = None
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.DatabaseError):
            for row in db.execute(f"SELECT key, used, code FROM {table} ORDER BY key {order}"):
                length = length or len(row[2])
                if len(row[2]) == length:  # Nonsense may look like a row.
                    yield row
            return


def encode(vectors: Floats) -> Codes:
    """Vectors as int8: each is scaled so that its largest component becomes 127.

    The cosine to the original is above 0.9999 for MiniLM, and the length, which cosine does not
    need, is all that is given up.
    """
    largest = np.maximum(np.abs(vectors).max(axis=-1, keepdims=True), 1e-12)
    codes: Codes = np.rint(vectors * (127 / largest)).astype(np.int8)
    return codes


def decode(codes: Iterable[bytes]) -> Codes:
    """Rows of codes from their bytes."""
    rows = list(codes)
    return np.frombuffer(b"".join(rows), np.int8).reshape(len(rows), -1)
