"""Which job runs next, and for how long: one step of the most urgent one.

A job is a generator. `step` resumes the most urgent job (lowest priority number, then earliest
arrival) until its next yield and says what came of it. Cancelling closes the generator, so a
cancelled job costs nothing from then on and an urgent job waits for at most one step of another.
Knows nothing of models, processes or threads.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Hashable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Partial:
    """The job goes on and has something to show already."""

    key: Hashable
    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The job has ended with this result."""

    key: Hashable
    value: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """The job has ended with this exception."""

    key: Hashable
    error: Exception


class Scheduler:
    """Jobs in order of urgency."""

    def __init__(self) -> None:
        self._jobs: dict[Hashable, Generator[Any, None, Any]] = {}
        self._queue: list[tuple[int, int, Hashable]] = []
        self._arrivals = 0

    def __len__(self) -> int:
        """How many jobs are waiting or under way."""
        return len(self._jobs)

    @property
    def priority(self) -> int | None:
        """The priority of the job that would run next."""
        self._forget_cancelled()
        return self._queue[0][0] if self._queue else None

    def submit(self, key: Hashable, priority: int, job: Generator[Any, None, Any]) -> None:
        """Add a job; it starts when it is the most urgent one. Keys are unique."""
        if key in self._jobs:
            raise ValueError(f"there is a job {key!r} already")
        self._jobs[key] = job
        heapq.heappush(self._queue, (priority, self._arrivals, key))
        self._arrivals += 1

    def cancel(self, key: Hashable) -> bool:
        """Drop a job; false when there is none of that key (any more)."""
        job = self._jobs.pop(key, None)
        if job is None:
            return False
        job.close()
        return True

    def step(self) -> Partial | Done | Failed | None:
        """Advance the most urgent job by one step; None when it has nothing to tell yet."""
        self._forget_cancelled()
        if not self._queue:
            return None
        key = self._queue[0][2]
        try:
            value = next(self._jobs[key])
        except StopIteration as end:
            self._end(key)
            return Done(key, end.value)
        except Exception as error:
            self._end(key)
            return Failed(key, error)
        return None if value is None else Partial(key, value)

    def _end(self, key: Hashable) -> None:
        heapq.heappop(self._queue)
        del self._jobs[key]

    def _forget_cancelled(self) -> None:
        while self._queue and self._queue[0][2] not in self._jobs:
            heapq.heappop(self._queue)
