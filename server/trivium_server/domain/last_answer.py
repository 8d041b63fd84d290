"""The last answer of a table, good for as long as nobody writes to its database.

Words are looked up while the question is still being embedded; when its vector is there, the same
words are asked for again. Knows nothing of what is asked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class LastAnswer(Generic[_T]):
    """Keeps one answer of a connection's database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        """Holds nothing yet."""
        self._db = db
        self._held: tuple[object, _T] | None = None

    def get(self, question: object, find: Callable[[], _T]) -> _T:
        """The answer to a question: the one held, or else what is found now."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        asked = (question, others, self._db.total_changes)
        if self._held is None or self._held[0] != asked:
            self._held = asked, find()
        return self._held[1]
