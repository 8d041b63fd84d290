"""How many threads to compute with, from how fast each number was lately.

On a quiet machine a long prompt is read faster by all threads, and so are a few tokens where the
processor is slow and memory is not. Where others compute too, the threads of one product wait for
the slowest of them, and one thread alone is faster, by up to an order of magnitude.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import torch

_MANY = 32
"""Rows from which on a pass takes so much time for each of them."""
_STALE = 60.0
"""Seconds after which a measurement says nothing about now."""


@contextmanager
def with_threads(count: int) -> Iterator[None]:
    """Compute inside with so many threads; as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_thread() -> AbstractContextManager[None]:
    """Compute inside with one thread: sharing out a microsecond's work costs more than doing it."""
    return with_threads(1)


class Threads:
    """Chooses among one thread, two, and all of those allowed."""

    def __init__(self, most: int) -> None:
        self._counts = sorted({1, min(2, most), most}, reverse=True)
        self._measured: dict[tuple[int, int], tuple[float, float]] = {}
        """For rows and a number of threads: seconds for each row, and when that was."""

    @contextmanager
    def for_rows(self, rows: int) -> Iterator[None]:
        """Compute a pass over so many rows inside, with the threads that suit it."""
        kind = min(rows, _MANY)
        count = self._choose(kind)
        start = time.perf_counter()
        with with_threads(count):
            yield
        now = time.perf_counter()
        taken = (now - start) / rows
        before, then = self._measured.get((kind, count), (taken, now))
        # One measurement may have been disturbed; an old one says nothing.
        smooth = (before + taken) / 2 if now - then < _STALE else taken
        self._measured[kind, count] = smooth, now

    def _choose(self, kind: int) -> int:
        """The number that was fastest; one that was not tried lately is tried."""
        now = time.perf_counter()
        tried = {count: self._measured.get((kind, count)) for count in self._counts}
        for count, measured in tried.items():
            if measured is None or now - measured[1] > _STALE:
                return count
        return min(self._counts, key=lambda count: self._measured[kind, count][0])
