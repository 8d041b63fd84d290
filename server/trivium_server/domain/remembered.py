"""Answers of a table, good for as long as nobody writes to its database.

Words are looked up while the question is still being embedded; when its vector is there, the same
words are asked for again. How many rows hold a common word is asked by nearly every question.
Knows nothing of what is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

COUNTS = 10_000
"""Of words whose rows were counted: a megabyte or so."""
_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """Keeps some answers of a connection's database."""

    def __init__(self, db: sqlite3.Connection, most: int) -> None:
        """Holds nothing yet; forgets everything when it would hold more than `most`."""
        self._db = db
        self._most = most
        self._state: object = None
        self._held: dict[Hashable, _T] = {}

    def get(self, question: Hashable, find: Callable[[], _T]) -> _T:
        """The answer to a question: the one held, or else what is found now."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        state = (others, self._db.total_changes)
        if state != self._state or (len(self._held) >= self._most and question not in self._held):
            self._held.clear()
            self._state = state
        if question not in self._held:
            self._held[question] = find()
        return self._held[question]
