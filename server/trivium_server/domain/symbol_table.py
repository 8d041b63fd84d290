"""Where each definition of the index stands, by name.

A table beside the chunks: a definition may be longer than a chunk, and a chunk may hold many. A
store owns the connection and the transactions.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trivium_server.domain import definitions

SCHEMA = """
CREATE TABLE symbols(
    file INTEGER NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, container TEXT NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL);
CREATE INDEX symbols_file ON symbols(file);
CREATE INDEX symbols_name ON symbols(name);
"""
_PARTS = ", ".join(f"'{kind}'" for kind in sorted(definitions.PARTS))


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition as `workspace/symbol` shows it."""

    path: str
    name: str
    kind: str
    container: str
    start_line: int
    end_line: int


class SymbolTable:
    """The table, in the database of a store."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """The tables are there already."""
        self._db = db

    def replace(self, file: int, symbols: Sequence[Symbol]) -> None:
        """A file has just these definitions now."""
        self._db.execute("DELETE FROM symbols WHERE file=?", (file,))
        self._db.executemany(
            "INSERT INTO symbols VALUES(?,?,?,?,?,?)",
            [(file, s.name, s.kind, s.container, s.start_line, s.end_line) for s in symbols],
        )

    def chunks_of(self, name: str, limit: int) -> list[int]:
        """Ids of the chunks in which a definition of just this name begins."""
        # Many types have a field of the same name, which must not crowd out the one function.
        select = (
            "SELECT c.id FROM (SELECT file, start_line FROM symbols WHERE name=? "
            f"ORDER BY kind IN ({_PARTS}) LIMIT ?) s JOIN chunks c ON c.file = s.file "
            "AND s.start_line BETWEEN c.start_line AND c.end_line"
        )
        return [id_ for (id_,) in self._db.execute(select, (name, limit))]

    def extent(
        self, path: str, name: str, container: str, lines: tuple[int, int]
    ) -> tuple[int, int] | None:
        """First and last line of the definition of a name that shares a line with these."""
        row = self._db.execute(
            "SELECT s.start_line, s.end_line FROM symbols s JOIN files f ON f.id = s.file "
            "WHERE f.path=? AND s.name=? AND s.container=? AND s.start_line<=? AND s.end_line>=?",
            (path, name, container, lines[1], lines[0]),
        )
        found: tuple[int, int] | None = row.fetchone()
        return found

    def beginning(self, path: str, lines: tuple[int, int]) -> list[Symbol]:
        """The definitions that begin in these lines of a file, but for fields and members."""
        rows = self._db.execute(
            "SELECT f.path, s.name, s.kind, s.container, s.start_line, s.end_line "
            "FROM symbols s JOIN files f ON f.id = s.file WHERE f.path=? "
            f"AND s.start_line BETWEEN ? AND ? AND s.kind NOT IN ({_PARTS})",
            (path, *lines),
        )
        return [Symbol(*row) for row in rows]

    def like(self, letters: str) -> Iterator[Symbol]:
        """The symbols whose names hold these letters in this order, whatever their case."""
        pattern = "%" + "".join("\\" * (each in "%_\\") + each + "%" for each in letters)
        rows = self._db.execute(
            "SELECT f.path, s.name, s.kind, s.container, s.start_line, s.end_line "
            "FROM symbols s JOIN files f ON f.id = s.file WHERE s.name LIKE ? ESCAPE '\\'",
            (pattern,),
        )
        return (Symbol(*row) for row in rows)
