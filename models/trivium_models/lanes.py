"""Two threads that run jobs: one for what a person waits for, one for what nobody does.

Each lane owns a scheduler. The background lane takes a step only while the foreground has nothing
to do, and on Linux its thread, with the workers that torch starts for it, has a low priority; so
a keystroke waits neither for indexing nor for the next step of it, and a compiler on the same
machine hardly notices the index. One thread for both would have to change its priority back and
forth, and without privileges there is no way back: neither a lower nice value nor leaving
SCHED_IDLE is allowed to a user's process.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from trivium_models import memory
from trivium_models.scheduler import Done, Failed, Partial, Scheduler

NICENESS = 10
"""Of the background thread, added: a tenth of a busy processor's time, all of an idle one's."""


QUIET = 1.0
"""Seconds without work after which a lane returns the memory that its jobs have freed."""


class Lane:
    """A scheduler in a thread of its own; `tell` gets what comes of its jobs, in that thread."""

    def __init__(
        self,
        tell: Callable[[Partial | Done | Failed], None],
        wait_turn: Callable[[], object] = lambda: None,
    ) -> None:
        self._tell = tell
        self._wait_turn = wait_turn
        self._scheduler = Scheduler()
        self._inbox: queue.SimpleQueue[Callable[[Scheduler], object]] = queue.SimpleQueue()
        self._steps = 0
        self.step: int | None = None
        """The number of the step under way, None between two; for whoever watches."""
        self.idle = threading.Event()
        """Set while there is nothing to do."""

    def ask(self, action: Callable[[Scheduler], object]) -> None:
        """Have something done to the scheduler before the next step; from any thread."""
        self.idle.clear()
        self._inbox.put(action)

    def run(self) -> NoReturn:
        """Run jobs for ever, in the calling thread."""
        while True:
            self._take_in()
            self._wait_turn()
            outcome = self._advance()
            if outcome is not None:
                self._tell(outcome)

    def _advance(self) -> Partial | Done | Failed | None:
        self._steps += 1
        self.step = self._steps
        try:
            return self._scheduler.step()
        finally:
            self.step = None

    def _take_in(self) -> None:
        """Do what was asked; returns when there is a job to run."""
        while True:
            try:
                action = self._inbox.get_nowait()
            except queue.Empty:
                if len(self._scheduler):
                    return
                self.idle.set()
                action = self._wait()
                self.idle.clear()
            action(self._scheduler)

    def _wait(self) -> Callable[[Scheduler], object]:
        """The next thing to do; after a while without any, freed memory goes back."""
        try:
            return self._inbox.get(timeout=QUIET)
        except queue.Empty:
            memory.trim()
            return self._inbox.get()


def lower_priority() -> None:
    """Let the calling thread, and those that it starts from now on, give way to others."""
    if sys.platform == "linux":  # Elsewhere it would be the whole process.
        thread = threading.get_native_id()
        niceness = os.getpriority(os.PRIO_PROCESS, thread) + NICENESS
        os.setpriority(os.PRIO_PROCESS, thread, min(niceness, 19))
