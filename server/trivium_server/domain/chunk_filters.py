"""Which chunks pass a filter that needs no text: by their file or their kind.

A person types filters before the words, so what passes is remembered while nobody writes. A store
owns the connection.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Hashable

from trivium_server.domain import database
from trivium_server.domain.marks import Marks
from trivium_server.domain.remembered import Remembered

_MOST = 8
"""Answers that are remembered; a byte for each chunk."""


class ChunkFilters:
    """Looks chunks up in the tables of a store."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """The tables are there already."""
        self._db = db
        self._held: Remembered[Marks] = Remembered(db, _MOST)

    def remembered(self, filters: Hashable, find: Callable[[], Marks]) -> Marks:
        """What passes some filters: as it was found before, or is found now."""
        return self._held.get(filters, find)

    def in_files(self, accepts: Callable[[str], bool]) -> Marks:
        """The chunks of those files whose path is accepted."""
        files = self._db.execute("SELECT id, path FROM files")
        return self._where("file", [id_ for id_, path in files if accepts(path)])

    def of_kinds(self, accepts: Callable[[str], bool]) -> Marks:
        """The chunks whose kind is accepted."""
        kinds = self._db.execute("SELECT DISTINCT kind FROM chunks")
        return self._where("kind", [kind for (kind,) in kinds if accepts(kind)])

    def _where(self, column: str, values: list[int] | list[str]) -> Marks:
        rest = f"chunks WHERE {column} IN (SELECT value FROM json_each(?))"
        return Marks(database.numbers(self._db, "id", rest, (json.dumps(values),)))
