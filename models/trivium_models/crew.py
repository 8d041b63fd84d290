"""Threads that compute whole micro-batches side by side, each with one processor of its own.

Products as small as a sentence encoder's gain little from being split over threads: at each of
their ends all wait for the slowest. So every thread gets a micro-batch instead. The threads belong
to the thread that calls and inherit its priority. Imported only in the engine.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

import torch

_A = TypeVar("_A")
_R = TypeVar("_R")


class Crew:
    """So many threads for each thread that calls `map`."""

    def __init__(self, threads: int) -> None:
        """No thread is started before it is needed."""
        self._threads = threads
        self._own = threading.local()

    def map(self, function: Callable[[_A], _R], items: Iterable[_A]) -> Iterator[_R]:
        """The results in order, some begun ahead; closing it waits for those that have begun."""
        pool = self._pool()
        begun: deque[Future[_R]] = deque()
        try:
            for item in items:
                begun.append(pool.submit(function, item))
                if len(begun) > self._threads:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            # From the last on: what has begun may wait for what was to begin before it.
            for each in reversed(begun):
                each.cancel()
            wait(begun)

    def _pool(self) -> ThreadPoolExecutor:
        pool: ThreadPoolExecutor | None = getattr(self._own, "pool", None)
        if pool is None:
            pool = self._own.pool = ThreadPoolExecutor(self._threads, "crew")
            threads, met = torch.get_num_threads(), threading.Barrier(self._threads)
            list(pool.map(lambda _: _work_alone(met), range(self._threads)))
            torch.set_num_threads(threads)  # Theirs has become that of threads still to come.
        return pool


def _work_alone(met: threading.Barrier) -> None:
    torch.set_num_threads(1)
    met.wait()
