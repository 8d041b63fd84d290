"""BM25 for a handful of texts by the word counts of a large index.

Unsaved buffers are an index of their own, too small to tell which words are rare: in it every word
is common, and FTS5 would score all matches near 0. How rare a word is, is asked of the folder's
index instead; how often it occurs is read from the small one.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Mapping

_K1 = 1.2
"""As in FTS5. Lengths do not count here: buffers are as long as files are."""


def scores(
    db: sqlite3.Connection, table: str, weights: Mapping[str, float], rarity: Mapping[str, float]
) -> dict[int, float]:
    """The score of each row of an FTS5 table that holds one of the terms."""
    vocabulary = f"{table}_instances"
    db.execute(
        f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{vocabulary} "
        f"USING fts5vocab(main, {table}, instance)"
    )
    found: dict[int, float] = {}
    for term, weight in rarity.items():
        rows = db.execute(f"SELECT doc, col FROM temp.{vocabulary} WHERE term = ?", (term,))
        for row, count in _counts(rows, weights).items():
            found[row] = found.get(row, 0.0) + weight * count * (_K1 + 1) / (count + _K1)
    return found


def inverse_frequency(rows: int, held: int) -> float:
    """What FTS5's bm25() takes for the weight of a term that so many of all rows hold.

    The two numbers are read one after the other, and another connection may write in between.
    """
    held = min(held, rows)
    return max(math.log((rows - held + 0.5) / (held + 0.5)), 1e-6)


def _counts(rows: Iterable[tuple[int, str]], weights: Mapping[str, float]) -> dict[int, float]:
    found: dict[int, float] = {}
    for row, column in rows:
        found[row] = found.get(row, 0.0) + weights[column]
    return {row: count for row, count in found.items() if count > 0}
