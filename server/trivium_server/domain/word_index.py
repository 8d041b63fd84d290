"""The words of chunks, for BM25: an FTS5 table over stems in weighted fields.

Identifiers are taken apart and stemmed before they come here (`words`), so SQLite's tokenizer only
splits at spaces. The table keeps no text: what is deleted has to be told again as it was put. It
keeps positions (`detail=full`), without which FTS5 scores every match of such a table as 0.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache

from trivium_server.domain import borrowed, database, words
from trivium_server.domain.arrays import Ids
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.marks import Marks
from trivium_server.domain.remembered import Remembered
from trivium_server.domain.term_scores import TermScores

SCHEMA = """
CREATE VIRTUAL TABLE words USING fts5(
    text, path, names, container, content='', tokenize='ascii');
"""
_FIELDS = {"text": 1.0, "path": 2.0, "names": 3.0, "container": 1.0}
"""With their weights, whose exact values are known to make no difference."""
_AFFORDABLE = 8000
"""Rows that BM25 may score for one query, at 2 µs each where they are not remembered."""


class WordIndex:
    """The table, in the database of a store; `terms` are stems, as `words.terms` makes them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """The table is there already."""
        self._db = db
        self._last: Remembered[list[tuple[int, float]]] = Remembered(db, 1)
        self._scores = TermScores(db, "words", _FIELDS)
        self.lender: WordIndex | None = None
        """Another index that knows better how rare words are."""

    def insert(self, chunks: Iterable[tuple[int, Chunk]]) -> None:
        """Put chunks in under their ids."""
        self._db.executemany(
            "INSERT INTO words(rowid, text, path, names, container) VALUES(?,?,?,?,?)",
            [(id_, *_fields(chunk)) for id_, chunk in chunks],
        )

    def delete(self, chunks: Iterable[tuple[int, Chunk]]) -> None:
        """Take chunks out, told as they were put in."""
        self._db.executemany(
            "INSERT INTO words(words, rowid, text, path, names, container) "
            "VALUES('delete',?,?,?,?,?)",
            [(id_, *_fields(chunk)) for id_, chunk in chunks],
        )

    def match(
        self, terms: Sequence[str], limit: int, among: Marks | None = None
    ) -> list[tuple[int, float]]:
        """Chunk ids with their BM25 scores for any of the terms, best first, scores positive.

        `among` narrows to these chunks. Scoring a row costs most of a query's time, so words that
        very many chunks hold are left out where rarer ones are there.
        """
        if self.lender is not None:
            return self._scored_by(self.lender, terms, limit, among)
        if among is not None:
            return self._scores.best(self._telling(terms), limit, among)
        return self._last.get(
            (*terms, limit), lambda: self._scores.best(self._telling(terms), limit)
        )

    def named(self, terms: Sequence[str], limit: int) -> list[int]:
        """Ids of the chunks that define a name made of all these terms."""
        if not terms:
            return []
        query = f"names : ({_all(terms)})"
        rows = self._db.execute("SELECT rowid FROM words(?) LIMIT ?", (query, limit))
        return [id_ for (id_,) in rows]

    def holding_all(self, terms: Sequence[str]) -> Ids:
        """Ids of the chunks that hold every one of the terms."""
        return database.numbers(self._db, "rowid", "words(?)", (_all(terms),))

    def _telling(self, terms: Sequence[str]) -> list[str]:
        """The rarest terms, as many as are cheap to score; one at least."""
        rows = {term: self._holding(term) for term in terms}
        chosen: list[str] = []
        rows_left = _AFFORDABLE
        for term in sorted(terms, key=lambda term: rows[term]):
            rows_left -= rows[term]
            if chosen and rows_left < 0:
                break
            chosen.append(term)
        return chosen

    def _holding(self, term: str) -> int:
        """How many chunks hold a term."""
        return self._scores.holding(f'"{term}"')

    def _rarity(self, terms: Iterable[str]) -> dict[str, float]:
        (rows,) = self._db.execute("SELECT count(*) FROM chunks").fetchone()
        return {term: borrowed.inverse_frequency(rows, self._holding(term)) for term in terms}

    def _scored_by(
        self, lender: WordIndex, terms: Sequence[str], limit: int, among: Marks | None
    ) -> list[tuple[int, float]]:
        scores = borrowed.scores(self._db, "words", _FIELDS, lender._rarity(terms))
        kept = scores if among is None else among.keep(scores)
        return sorted(((id_, scores[id_]) for id_ in kept), key=lambda pair: -pair[1])[:limit]


def _all(terms: Sequence[str]) -> str:
    return " AND ".join(f'"{term}"' for term in terms)


def _fields(chunk: Chunk) -> tuple[str, str, str, str]:
    """What the word table holds of a chunk: stems, so that its tokenizer only splits at spaces."""
    path = chunk.path.rpartition(".")[0] or chunk.path
    fields = (chunk.text, path, " ".join([chunk.symbol, *chunk.names]), " ".join(chunk.container))
    return tuple(stems(field) for field in fields)  # type: ignore[return-value]


# A chunk's text comes by twice in a row, for itself and for its file.
@lru_cache(maxsize=512)
def stems(text: str) -> str:
    """The stems of a text as the table takes them, with spaces between."""
    return " ".join(filter(None, map(identifier_stems, words.identifiers(text))))


@lru_cache(maxsize=1 << 17)
def identifier_stems(identifier: str) -> str:
    """The stems of one identifier; remembered, since code repeats itself."""
    return " ".join(words.terms(identifier))
