"""What this machine makes of the models that are on it: a minute's measurement for `advice`.

Each art does the work that a user waits for, a few times; the median counts. Models that are not
on this machine are left out, and what does not end in time is dropped. Runs in the engine like
everything else, so it must not import torch.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from trivium_models import inventory
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.errors import ModelError
from trivium_models.types import Art, Priority

SECONDS = 50.0
"""For everything, whatever else this machine does; starting and ending come on top."""
_SHARES = (0.6, 0.85, 1.0)
"""The part of it by which each art has to be done; the first starts the engine."""
_TIMES = 5
_CODE = """def read_lines(path, encoding="utf-8"):
    with open(path, encoding=encoding) as file:
        return [line.rstrip() for line in file]


"""
_PROSE = "The index is kept in one file and follows every change of the workspace. " * 5


@dataclass(frozen=True, slots=True)
class Measured:
    """How long one art's model takes for a user's unit of work on this machine."""

    art: Art
    model: str
    parameters: int
    """0 when no model of the art could be measured."""
    seconds: float
    """Encoder: to embed a chunk. Decoder: to suggest a line. Rewriter: 60 words."""
    problem: str = ""


async def measure(
    config: EngineConfig = EngineConfig(),  # noqa: B008  (frozen)
    seconds: float = SECONDS,
) -> list[Measured]:
    """Every art with the model that the configuration names for it, in so many seconds at most.

    An art may take what the arts before it left, and what runs over is dropped.
    """
    engine = EngineClient(config)
    started = time.monotonic()
    try:
        return [
            await _one(engine, art, getattr(config, art.value), started + share * seconds)
            for art, share in zip(Art, _SHARES, strict=True)
        ]
    finally:
        await engine.close()


async def _one(engine: EngineClient, art: Art, spec: str, deadline: float) -> Measured:
    work = {
        Art.ENCODER: lambda: _embed(engine),
        Art.DECODER: lambda: _complete(engine),
        Art.REWRITER: lambda: _rewrite(engine),
    }[art]
    taken: list[float] = []
    try:
        async with asyncio.timeout(deadline - time.monotonic()):
            await engine.prepare(art)
            await _sample(work, taken, deadline)
    except TimeoutError:
        if not taken:
            return Measured(art, spec, 0, 0.0, "there was no time left for it.")
    except ModelError as error:
        return Measured(art, spec, 0, 0.0, str(error))
    # The first one reads the weights into the caches of the processor and of torch.
    middle = statistics.median(taken[1:] or taken)
    return Measured(art, spec, inventory.item(spec).parameters, middle)


async def _sample(
    work: Callable[[], Awaitable[float]], taken: list[float], deadline: float
) -> None:
    """Append what some runs take; none begins that would not end in time."""
    while len(taken) <= _TIMES and time.monotonic() + max(taken, default=0) < deadline:
        taken.append(await work())


async def _embed(engine: EngineClient) -> float:
    """Seconds for a chunk of about 200 tokens, in a batch as indexing sends them."""
    texts = [f"# part {number} at {time.time_ns()}\n{_CODE * 4}" for number in range(16)]
    return await _seconds(engine.embed(texts, priority=Priority.INDEXING)) / len(texts)


async def _complete(engine: EngineClient) -> float:
    """Seconds for a line after about 500 tokens, none of them read before."""
    prompt = f"# run {time.time_ns()}\n{_CODE * 10}def write_lines(path, lines):\n    with "
    return await _seconds(engine.complete(prompt))


async def _rewrite(engine: EngineClient) -> float:
    """Seconds for about 60 words of prose."""
    return await _seconds(engine.rewrite("summarize: ", [f"{time.time_ns()}. {_PROSE}"]))


async def _seconds(work: Awaitable[object]) -> float:
    started = time.perf_counter()
    await work
    return time.perf_counter() - started
