"""The one thread that changes indexes. Knows nothing of what it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


class Worker:
    """Runs functions one after the other, for any number of coroutines."""

    def __init__(self) -> None:
        """The thread starts with the first function."""
        self._thread = ThreadPoolExecutor(1, "trivium-index")

    async def run(self, function: Callable[..., _T], *arguments: object) -> _T:
        """The function's result; a cancelled caller still waits, so that nothing runs unowned."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            future.exception()
            raise

    def close(self) -> None:
        """Take nothing more."""
        self._thread.shutdown(wait=False)
