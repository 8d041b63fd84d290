"""Tasks that nobody waits for: kept alive, ended with the session, their errors logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TypeVar

from trivium_models.errors import ModelError

_log = logging.getLogger("trivium.index")
_T = TypeVar("_T")


class Background:
    """The tasks of one owner. Use it from one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[object]] = set()

    def spawn(self, work: Coroutine[object, object, _T]) -> None:
        """Run something behind."""
        task: asyncio.Task[object] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def close(self) -> None:
        """Cancel what is not done, and wait for its end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        # A model that does not work is a state that the status tells.
        if error and not isinstance(error, ModelError):
            _log.error("A background task failed.", exc_info=error)
