"""BM25 over whole files, beside the one over chunks.

What a question asks is often spread over a file: its name, a comment here, a definition there. One
row of stems for each file in an FTS5 table. A store owns the connection and the transactions.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from trivium_server.domain import borrowed
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.remembered import Remembered
from trivium_server.domain.term_scores import TermScores
from trivium_server.domain.word_index import stems

SCHEMA = """
CREATE VIRTUAL TABLE file_words USING fts5(
    text, names, path, content='', tokenize='ascii');
"""
_WEIGHTS = {"text": 1.0, "names": 2.0, "path": 5.0}

Row = tuple[str, str, str]
"""Stems of a file's text, names and path."""


class FileWords:
    """The table, in the database of a store; `terms` are stems, as `words.terms` makes them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """The table is there already."""
        self._db = db
        self._last: Remembered[dict[str, float]] = Remembered(db, 1)
        self._files: Remembered[int] = Remembered(db, 1)
        self._scores = TermScores(db, "file_words", _WEIGHTS)
        self.lender: FileWords | None = None
        """Another table that knows better how rare words are."""

    def replace(self, file: int, before: Sequence[Chunk], after: Sequence[Chunk]) -> None:
        """A file consists of other chunks now. The table keeps no text: it is told what it had."""
        if before:
            self._db.execute(
                "INSERT INTO file_words(file_words, rowid, text, names, path) "
                "VALUES('delete',?,?,?,?)",
                (file, *_row(before)),
            )
        if after:
            self._db.execute(
                "INSERT INTO file_words(rowid, text, names, path) VALUES(?,?,?,?)",
                (file, *_row(after)),
            )

    def match(self, terms: Sequence[str], limit: int) -> dict[str, float]:
        """The best files for any of the terms by path: BM25, higher is better."""
        if self.lender is not None:
            return self._match_by(self.lender, terms)
        return self._last.get((*terms, limit), lambda: self._best(terms, limit))

    def files(self) -> int:
        """How many files the index holds."""
        return self._files.get(None, self._count_files)

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """For each term how telling it is in paths: 0 when it is in most of them, 1 in none."""
        files = self.files()
        most = math.log(1 + (files + 0.5) / 0.5)
        # The numbers are read one after the other: a file may be written in between.
        held = {term: min(files, self._holding(f'path : "{term}"')) for term in terms}
        return {
            term: math.log(1 + (files - found + 0.5) / (found + 0.5)) / most
            for term, found in held.items()
        }

    def _best(self, terms: Sequence[str], limit: int) -> dict[str, float]:
        return self._by_path(dict(self._scores.best(self._telling(terms), limit)))

    def _telling(self, terms: Sequence[str]) -> list[str]:
        """Those that fewer than half of all files hold, or all if there is none.

        BM25 gives the others next to no weight, and they take much of its time.
        """
        half = self.files() / 2
        return [term for term in terms if self._holding(f'"{term}"') < half] or list(terms)

    def _match_by(self, lender: FileWords, terms: Iterable[str]) -> dict[str, float]:
        files = lender.files()
        rarity = {
            term: borrowed.inverse_frequency(files, lender._holding(f'"{term}"')) for term in terms
        }
        return self._by_path(borrowed.scores(self._db, "file_words", _WEIGHTS, rarity))

    def _by_path(self, scores: Mapping[int, float]) -> dict[str, float]:
        select = "SELECT id, path FROM files WHERE id IN (SELECT value FROM json_each(?))"
        paths = dict(self._db.execute(select, (json.dumps(list(scores)),)))
        # A file may have been deleted since its words were scored.
        return {paths[file]: score for file, score in scores.items() if file in paths}

    def _count_files(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM files").fetchone()[0])

    def _holding(self, query: str) -> int:
        return self._scores.holding(query)


def _row(chunks: Sequence[Chunk]) -> Row:
    """The columns of a file that consists of these chunks."""
    text = " ".join(stems(chunk.text) for chunk in chunks)
    names = " ".join(name for chunk in chunks for name in chunk.names)
    return text, stems(names), stems(chunks[0].path)
