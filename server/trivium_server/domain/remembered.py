"""Answers of a table, good for as long as nobody writes to its database.

Words are looked up while the question is still being embedded; when its vector is there, the same
words are asked for again. Other questions share some of them. Knows nothing of what is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Remembered(Generic[_T]):
    """Keeps some answers of a connection's database."""

    def __init__(
        self, db: sqlite3.Connection, most: int, size: Callable[[_T], int] = lambda answer: 1
    ) -> None:
        """Holds nothing yet; forgets everything when the sizes would add up to more than `most`."""
        self._db = db
        self._most = most
        self._size = size
        self._state: object = None
        self._held: dict[Hashable, _T] = {}
        self._total = 0

    def get(self, question: Hashable, find: Callable[[], _T]) -> _T:
        """The answer to a question: the one held, or else what is found now."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        state = (others, self._db.total_changes)
        if state != self._state:
            self._forget()
            self._state = state
        if question not in self._held:
            self._keep(question, find())
        return self._held[question]

    def _keep(self, question: Hashable, answer: _T) -> None:
        size = self._size(answer)
        if self._total + size > self._most:
            self._forget()
        self._held[question] = answer
        self._total += size

    def _forget(self) -> None:
        self._held.clear()
        self._total = 0
