"""BM25 over whole files, beside the one over chunks.

What a question asks is often spread over a file: its name, a comment here, a definition there. One
row of stems for each file in an FTS5 table; the comments have a column of their own because they
speak the language of questions. A store owns the connection and the transactions.
"""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trivium_server.domain import borrowed
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.word_index import stems

SCHEMA = """
CREATE VIRTUAL TABLE file_words USING fts5(
    text, names, path, comments, content='', tokenize='ascii');
"""
_WHOLE = {"text": 1.0, "names": 2.0, "path": 5.0, "comments": 0.0}
_COMMENTS = {"text": 0.0, "names": 0.0, "path": 0.0, "comments": 1.0}
_COMMENT = re.compile(r"\s*(?:#|//|/\*|\*|--|;;|%|\"\"\"|''')")
_QUOTES = re.compile(r"\"\"\"|'''")

Row = tuple[str, str, str, str]
"""Stems of a file's text, names, path and comments."""


@dataclass(frozen=True, slots=True)
class FileScore:
    """How well the words of a question fit a file; BM25, higher is better, 0 without any."""

    words: float
    comments: float


class FileWords:
    """The table, in the database of a store; `terms` are stems, as `words.terms` makes them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """The table is there already."""
        self._db = db
        self.lender: FileWords | None = None
        """Another table that knows better how rare words are."""

    def replace(self, file: int, before: Sequence[Chunk], after: Sequence[Chunk]) -> None:
        """A file consists of other chunks now. The table keeps no text: it is told what it had."""
        if before:
            self._db.execute(
                "INSERT INTO file_words(file_words, rowid, text, names, path, comments) "
                "VALUES('delete',?,?,?,?,?)",
                (file, *_row(before)),
            )
        if after:
            self._db.execute(
                "INSERT INTO file_words(rowid, text, names, path, comments) VALUES(?,?,?,?,?)",
                (file, *_row(after)),
            )

    def match(self, terms: Iterable[str], limit: int) -> dict[str, FileScore]:
        """The best files for any of the terms, by path."""
        if self.lender is not None:
            return self._match_by(self.lender, terms)
        query = " OR ".join(f'"{term}"' for term in terms)
        if not query:
            return {}
        rows = self._db.execute(
            f"SELECT f.path, -bm25(file_words, {_listed(_WHOLE)}) AS whole, "
            f"-bm25(file_words, {_listed(_COMMENTS)}) "
            "FROM file_words JOIN files f ON f.id = file_words.rowid "
            "WHERE file_words MATCH ? ORDER BY whole DESC LIMIT ?",
            (query, limit),
        )
        return {path: FileScore(whole, comments) for path, whole, comments in rows}

    def rarity(self, terms: Iterable[str]) -> dict[str, tuple[float, float]]:
        """For each term how telling it is in files and in their paths: 0 in most, 1 in few."""
        (files,) = self._db.execute("SELECT count(*) FROM files").fetchone()
        return {
            term: (self._rarity(f'"{term}"', files), self._rarity(f'path : "{term}"', files))
            for term in terms
        }

    def _match_by(self, lender: FileWords, terms: Iterable[str]) -> dict[str, FileScore]:
        (files,) = lender._db.execute("SELECT count(*) FROM files").fetchone()
        rarity = {
            term: borrowed.inverse_frequency(files, lender._holding(f'"{term}"')) for term in terms
        }
        whole = borrowed.scores(self._db, "file_words", _WHOLE, rarity)
        comments = borrowed.scores(self._db, "file_words", _COMMENTS, rarity)
        paths = dict(self._db.execute("SELECT id, path FROM files"))
        return {
            paths[file]: FileScore(score, comments.get(file, 0.0)) for file, score in whole.items()
        }

    def _rarity(self, query: str, files: int) -> float:
        found = self._holding(query)
        return math.log(1 + (files - found + 0.5) / (found + 0.5)) / math.log(
            1 + (files + 0.5) / 0.5
        )

    def _holding(self, query: str) -> int:
        select = "SELECT count(*) FROM file_words WHERE file_words MATCH ?"
        return int(self._db.execute(select, (query,)).fetchone()[0])


def _listed(weights: Mapping[str, float]) -> str:
    return ", ".join(map(str, weights.values()))


def comments(text: str) -> str:
    """The lines of comments and docstrings, as far as their marks at the start of a line tell."""
    kept = []
    inside = False
    for line in text.splitlines():
        if inside or _COMMENT.match(line):
            kept.append(line)
        if len(_QUOTES.findall(line)) % 2:
            inside = not inside
    return "\n".join(kept)


def _row(chunks: Sequence[Chunk]) -> Row:
    """The columns of a file that consists of these chunks."""
    text = "\n".join(chunk.text for chunk in chunks)
    names = " ".join(name for chunk in chunks for name in chunk.names)
    return stems(text), stems(names), stems(chunks[0].path), stems(comments(text))
