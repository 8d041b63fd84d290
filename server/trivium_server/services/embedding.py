"""Gives vectors to what an index holds and lacks them, batch by batch, the most useful first.

An indexer has one of these for the model that answers searches, and a second one while another
model is to take over. Knows neither files nor folders.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from trivium_models.client import EngineClient
from trivium_models.types import Priority
from trivium_server.domain.index import Index

_BATCH = 64
"""Texts in one request to the engine."""
_PLAN_HOLDS = 5.0
"""Seconds for which the order of what lacks vectors is kept."""


class Work(Protocol):
    """Runs a function of an index on the thread that may change it."""

    def __call__(self, function: Callable[..., Any], *arguments: object) -> Awaitable[Any]:
        """The function's result."""
        ...


class Embedder:
    """The way from an index's texts to its vectors, through the engine."""

    def __init__(
        self,
        index: Index,
        engine: EngineClient,
        urgency: Callable[[str, int], float],
        work: Work,
    ) -> None:
        self.index = index
        self._engine = engine
        self._urgency = urgency
        self._work = work
        self._replan = True
        self._planned = -math.inf

    async def step(self) -> bool:
        """Give vectors to one batch; False when none lacks one."""
        index = self.index
        if not index.lacking:
            return False
        planned = self._replan and self._planned + _PLAN_HOLDS < time.monotonic()
        if planned:
            self._replan, self._planned = False, time.monotonic()
            await self._work(index.plan, self._urgency)
        texts = await self._work(index.next_texts, _BATCH)
        if not texts:
            # What lacks a vector and is in no new plan has gone: another server removed it.
            if planned and not await self._work(index.follow):
                return False
            self.plan_anew()
            return True
        matrix = await self._engine.embed(
            list(texts.values()), priority=Priority.INDEXING, model=index.encoder
        )
        await self._work(index.give, list(texts), matrix)
        return True

    def reorder(self) -> None:
        """What is useful has changed: plan anew when the last plan is old enough."""
        self._replan = True

    def plan_anew(self) -> None:
        """Plan before the next batch."""
        self._replan, self._planned = True, -math.inf


class Batch:
    """The batch under way, for which nobody waits once there is news: words come before vectors.

    An engine that starts takes seconds; what was deleted meanwhile must not be found.
    """

    def __init__(self) -> None:
        """None is under way."""
        self._news = asyncio.Event()
        self._step: asyncio.Task[bool] | None = None

    def interrupt(self) -> None:
        """There is news: who waits for the batch looks up."""
        self._news.set()

    def follow(self) -> None:
        """What is news from here on was not seen yet."""
        self._news.clear()

    async def step(self, embedder: Embedder) -> bool:
        """`Embedder.step`, the one begun before if it is not done; True when news came first."""
        step = self._step = self._step or asyncio.create_task(embedder.step())
        news = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait({step, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        if not step.done():
            return True
        self._step = None
        return step.result()

    async def leave(self) -> bool:
        """Give up the batch, whose texts are to be planned anew; whether there was one."""
        step, self._step = self._step, None
        if step is None:
            return False
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)
        return True
