"""BM25 over an FTS5 table, term by term: what a term adds to a row's score.

A sum over terms is all that BM25 is, and questions share words, most of all while one is typed. So
each term is scored once and remembered until somebody writes to the database. SQLite computes the
scores; this module only adds them up, and knows nothing of what the rows are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trivium_server.domain.arrays import Floats, Ids
from trivium_server.domain.database import numbers_in
from trivium_server.domain.marks import Marks
from trivium_server.domain.remembered import Remembered

_MOST_COUNTS = 10_000
"""Of words whose rows were counted: a megabyte or so."""
_MOST_ROWS = 1_000_000
"""Of all terms remembered: 12 MB."""

_FRACTION = 1_000_000_000
"""What a score is told in, as a whole number."""


@dataclass(frozen=True, slots=True)
class Part:
    """The rows that hold one term, ascending, and what it adds to the score of each."""

    rows: Ids
    scores: Floats


class TermScores:
    """The scores of one FTS5 table; terms are as its tokenizer leaves them."""

    def __init__(self, db: sqlite3.Connection, table: str, weights: Mapping[str, float]) -> None:
        """`weights` are those of the table's columns, in their order."""
        self._db = db
        self._table = table
        # SQLite computes no BM25 in an aggregate; LIMIT keeps it from making one of the two.
        self._select = (
            f"SELECT group_concat(row, ' '), group_concat(CAST(score * {_FRACTION} AS INT), ' ') "
            f"FROM (SELECT rowid AS row, -bm25({table}, {', '.join(map(str, weights.values()))}) "
            f"AS score FROM {table} WHERE {table} MATCH ? LIMIT -1)"
        )
        self._counts: Remembered[int] = Remembered(db, _MOST_COUNTS)
        self._parts: Remembered[Part] = Remembered(db, _MOST_ROWS, lambda part: len(part.rows))

    def holding(self, query: str) -> int:
        """How many rows match an FTS5 query."""
        return self._counts.get(query, lambda: self._count(query))

    def best(
        self, terms: Sequence[str], limit: int, among: Marks | None = None
    ) -> list[tuple[int, float]]:
        """The rows with the highest BM25 scores for any of the terms, best first.

        Scores are positive. `among` narrows to these rows.
        """
        rows, scores = self._sums([self._part(term) for term in dict.fromkeys(terms)])
        if among is not None:
            inside = among.at(rows)
            rows, scores = rows[inside], scores[inside]
        if limit < len(rows):
            kept = np.argpartition(-scores, limit)[:limit]
            rows, scores = rows[kept], scores[kept]
        order = np.lexsort((rows, -scores))
        return list(zip(rows[order].tolist(), scores[order].tolist(), strict=True))

    def _sums(self, parts: Sequence[Part]) -> tuple[Ids, Floats]:
        """Every row that one of the parts holds, and the sum of its scores."""
        if not parts:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, places = np.unique(np.concatenate([part.rows for part in parts]), return_inverse=True)
        sums = np.bincount(places, np.concatenate([part.scores for part in parts]), len(rows))
        return rows, sums.astype(np.float32)

    def _part(self, term: str) -> Part:
        return self._parts.get(term, lambda: self._scored(term))

    def _scored(self, term: str) -> Part:
        """In one row of texts: a step for each row would let indexing take its turn each time."""
        rows, scores = self._db.execute(self._select, (f'"{term}"',)).fetchone()
        found = (numbers_in(scores) / _FRACTION).astype(np.float32)
        return Part(numbers_in(rows), found)

    def _count(self, query: str) -> int:
        select = f"SELECT count(*) FROM {self._table} WHERE {self._table} MATCH ?"
        return int(self._db.execute(select, (query,)).fetchone()[0])
