"""Vectors of questions, from an engine that may still be starting or have no model.

A question never waits long: where the encoder is not at hand, words alone answer this time, and
the encoder is there for the next one.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import numpy as np

from trivium_models.client import EngineClient
from trivium_models.errors import ModelError
from trivium_models.types import Art, Priority, Role
from trivium_server.domain.arrays import Floats

_log = logging.getLogger("trivium.index")

_PATIENCE = 5.0
"""Seconds for a vector, which takes hundredths; an engine that hangs costs no answer by words."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """A vector, to be compared with vectors of the same model only."""

    vector: Floats
    encoder: str


class Questions:
    """Asks the engine for the vectors of questions."""

    def __init__(self, engine: EngineClient) -> None:
        """Starts nothing."""
        self._engine = engine
        self._late: set[asyncio.Task[np.ndarray]] = set()

    async def meaning(self, text: str, role: Role, encoder: str) -> Meaning | None:
        """The meaning of a text, or None when the model cannot give it soon."""
        asking = self._engine.embed([text], priority=Priority.QUERY, role=role, model=encoder)
        if not self._engine.has_ready(Art.ENCODER, encoder):
            task = asyncio.create_task(asking)
            self._late.add(task)
            task.add_done_callback(self._arrived)
            return None
        try:
            async with asyncio.timeout(_PATIENCE):
                return Meaning(np.asarray((await asking)[0], np.float32), encoder)
        except TimeoutError:
            _log.warning("Words alone answer: the model engine is silent for %g s.", _PATIENCE)
        except ModelError as error:
            _log.info("Words alone answer: %s", error)
        return None

    async def warm(self) -> None:
        """Have the encoder at hand for the next question."""
        try:
            await self._engine.prepare(Art.ENCODER)
        except ModelError as error:
            _log.warning("%s", error)

    async def close(self) -> None:
        """Give up what is still awaited."""
        for task in list(self._late):
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    def _arrived(self, task: asyncio.Task[np.ndarray]) -> None:
        self._late.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.info("The encoder is not at hand: %s", error)
