"""Embeddings, kept and searched.

`VectorFile` is one SQLite file per user that maps content keys to vectors for each model: a branch
switch, a rename, a worktree or a second clone finds them there. `VectorSet` holds the vectors of
one workspace folder in memory, as int8, and finds the nearest: it scans all of them, or walks a
graph (usearch HNSW) once there are very many. Both are derived: content and model make them again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from trivium_server.domain import database

Ids = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]

_SCHEMA = "CREATE TABLE models(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, size INTEGER)"
_DAY = 86400
_RESCORED = 4
"""The scan brings up this many times the asked number; these are scored again in float32."""


class VectorFile:
    """Vectors of one model by content key, in a file that all workspaces share.

    Writing a vector again is harmless, so servers need not agree on who embeds what.
    """

    def __init__(self, file: Path | None, model: str) -> None:
        """Open or create; None keeps it in memory. A damaged file is set aside."""
        self._db = database.open_(file, _SCHEMA, "1")
        self._file = file
        with database.transaction(self._db):
            self._db.execute("INSERT OR IGNORE INTO models(name) VALUES(?)", (model,))
            found = self._db.execute("SELECT id FROM models WHERE name=?", (model,)).fetchone()
            self._table = f"vectors_{found[0]}"
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
        # Ascending keys read the file forward.
        select = f"SELECT code FROM {self._table} WHERE key=?"
        found = ((key, self._db.execute(select, (key,)).fetchone()) for key in sorted(set(keys)))
        return {key: row[0] for key, row in found if row}

    def use(self, keys: Iterable[int]) -> None:
        """Note that these vectors are still wanted; at most once a day for each."""
        today = int(time.time()) // _DAY
        with database.transaction(self._db):
            self._db.executemany(
                f"UPDATE {self._table} SET used=? WHERE key=? AND used<?",
                ((today, key, today) for key in keys),
            )

    def evict(self, most: int) -> int:
        """Delete vectors unused for longest until at most so many bytes are used; how many went."""
        gone = 0
        while most < self.bytes():
            oldest = self._db.execute(f"SELECT min(used) FROM {self._table}").fetchone()[0]
            if oldest is None or int(time.time()) // _DAY <= oldest:
                break
            gone += self._db.execute(f"DELETE FROM {self._table} WHERE used=?", (oldest,)).rowcount
        return gone

    def bytes(self) -> int:
        """Bytes in use; free pages inside the file, which are used next, not counted."""
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class VectorSet:
    """Vectors in memory under ids; the nearest to a query by cosine.

    One thread changes it while another searches: the state is replaced, never altered in place,
    except for rows behind the count.
    """

    def __init__(self) -> None:
        """An empty set; the first vectors decide how wide it is."""
        self._state = _State(np.empty(0, np.int64), np.empty((0, 0), np.int8), 0)

    def __len__(self) -> int:
        return self._state.count

    def __contains__(self, id_: int) -> bool:
        return bool((self.ids == id_).any())

    @property
    def ids(self) -> Ids:
        """The ids that have a vector, in no order."""
        return self._state.view()[0]

    def add(self, ids: Sequence[int] | Ids, codes: Codes) -> None:
        """Add vectors under new ids. Those of another width, of another model, are dropped."""
        if len(ids) == 0:
            return
        state = self._state
        if state.codes.shape[1] != codes.shape[1]:
            state = _State(np.empty(0, np.int64), np.empty((0, codes.shape[1]), np.int8), 0)
        end = state.count + len(ids)
        if len(state.codes) < end:
            state = state.grown(end + state.count // 4)
        state.ids[state.count : end] = ids
        state.codes[state.count : end] = codes
        self._state = _State(state.ids, state.codes, end)

    def remove(self, ids: Iterable[int]) -> None:
        """Take vectors out; unknown ids are ignored."""
        known, codes = self._state.view()
        kept = ~np.isin(known, list(ids))
        if not kept.all():
            self._state = _State(known[kept], codes[kept], int(kept.sum()))

    def nearest(
        self, query: Floats, limit: int, among: Ids | None = None
    ) -> list[tuple[int, float]]:
        """Ids and cosines of the nearest vectors, nearest first; `among` narrows to these ids."""
        ids, codes = self._state.view()
        if among is not None:
            rows = np.flatnonzero(np.isin(ids, among))
            ids, codes = ids[rows], codes[rows]
        if len(ids) == 0 or codes.shape[1] != len(query):
            return []
        rows = _scan(codes, query, min(limit * _RESCORED, len(ids)))
        cosines = _cosines(codes[rows], query)
        best = np.argsort(-cosines, kind="stable")[:limit]
        return [(int(ids[rows[i]]), float(cosines[i])) for i in best]

    def cosines(self, query: Floats, ids: Iterable[int]) -> dict[int, float]:
        """The cosine of each of these ids that has a vector."""
        known, codes = self._state.view()
        rows = np.flatnonzero(np.isin(known, list(ids)))
        if len(rows) == 0 or codes.shape[1] != len(query):
            return {}
        found = _cosines(codes[rows], query)
        return dict(zip(known[rows].tolist(), found.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _State:
    """Arrays with room behind `count`."""

    ids: Ids
    codes: Codes
    count: int

    def view(self) -> tuple[Ids, Codes]:
        return self.ids[: self.count], self.codes[: self.count]

    def grown(self, capacity: int) -> _State:
        ids = np.empty(capacity, np.int64)
        codes = np.empty((capacity, self.codes.shape[1]), np.int8)
        ids[: self.count], codes[: self.count] = self.view()
        return _State(ids, codes, self.count)


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


def _scan(codes: Codes, query: Floats, limit: int) -> Ids:
    """The rows nearest to a query, by comparing it with every one of them."""
    from usearch.index import MetricKind, search

    found = search(codes, encode(query), limit, MetricKind.Cos, exact=True)
    rows: Ids = found.keys.astype(np.int64)
    return rows


def _cosines(codes: Codes, query: Floats) -> Floats:
    wide = codes.astype(np.float32)
    norms = np.linalg.norm(wide, axis=1) * np.linalg.norm(query)
    cosines: Floats = (wide @ query) / np.maximum(norms, 1e-12)
    return cosines
