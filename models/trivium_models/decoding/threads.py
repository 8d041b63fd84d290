"""How many threads to compute with, from how fast each number was lately.

On a quiet machine a long prompt is read faster by all threads. Where others compute too, the
threads of one product wait for the slowest of them, and one thread alone is faster, by up to an
order of magnitude. Single tokens are always computed by one thread: they wait for memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_WORTH = 32
"""Rows from which several threads can pay."""
_STALE = 10.0
"""Seconds after which a measurement says nothing about now."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute inside with one thread: sharing out a millisecond's work costs more than doing it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Threads:
    """Chooses between one thread and all of those allowed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._measured: dict[int, tuple[float, float]] = {}
        """For each number of threads: seconds for each row, and when that was."""

    @contextmanager
    def for_rows(self, rows: int) -> Iterator[None]:
        """Compute inside with the threads that suit so many rows; as before afterwards."""
        count = self._choose() if rows >= _WORTH else 1
        before = torch.get_num_threads()
        start = time.perf_counter()
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)
        if rows >= _WORTH:
            now = time.perf_counter()
            self._measured[count] = (now - start) / rows, now

    def _choose(self) -> int:
        """The number that was fastest; one that was not tried lately is tried."""
        now = time.perf_counter()
        for count in (self._most, 1):
            if count not in self._measured or now - self._measured[count][1] > _STALE:
                return count
        return min(self._measured, key=lambda count: self._measured[count][0])
