"""The rows of a long pass, shared out among threads: each takes a slice of them through the layers.

Sharing out every operation instead makes all threads wait at the end of each, and where they sleep
meanwhile, waking them takes longer than the work: two threads read 128 tokens half as fast again as
one. A slice needs nothing of the others but, layer by layer, what those before it have put into the
cache; the first has the least to look back at and is never late. Knows no architecture.
"""

from __future__ import annotations

from itertools import pairwise
from threading import Semaphore

_STEP = 32
"""Slices have a multiple of so many rows: oneDNN makes a kernel for each number that it meets."""


class Slice:
    """Some rows, and their turn at each layer."""

    def __init__(self, rows: slice, before: Slice | None = None) -> None:
        self.rows = rows
        self.first = before is None
        self.last = True
        self._before = before
        self._written = Semaphore(0)
        if before is not None:
            before.last = False

    def wait(self) -> None:
        """Before a layer: until the slice before this one has written to the layer's cache."""
        if self._before is not None:
            self._before._written.acquire()

    def written(self, layers: int = 1) -> None:
        """Say that this slice has written to the caches of so many layers, after those before."""
        if not self.last:
            self._written.release(layers)


def cut(rows: int, count: int) -> list[Slice]:
    """`count` slices of about the same size, or fewer where there are few rows."""
    steps = rows // _STEP
    count = max(min(count, steps), 1)
    ends = [steps * number // count * _STEP for number in range(count)] + [rows]
    slices: list[Slice] = []
    for start, end in pairwise(ends):
        slices.append(Slice(slice(start, end), slices[-1] if slices else None))
    return slices
