"""Two models of one art on the user's own code: quality, latency and memory side by side.

What is asked comes from the folder and its git history, as far as there is one; each model runs in
an engine of its own, one after the other, so that neither disturbs the other's figures.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Art, CompletionOptions, Priority, RewriteOptions, Role
from trivium_server.domain import comparing, files, languages
from trivium_server.domain.comparing import Described, Place
from trivium_server.domain.files import Unreadable, Walk
from trivium_server.domain.text import Document
from trivium_server.services import abilities

_T = TypeVar("_T")

_COMMITS = 300
_MOST_PATCH = 30_000_000
"""Characters of history that are read."""
_PASSAGES, _QUESTIONS, _PLACES, _PAIRS = 400, 60, 30, 20
_MOST_FILES = 3
"""A commit that changes more is about no place in particular."""
_GIT = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "log", "--no-merges")
_PLAIN = ("--no-ext-diff", "--no-textconv", "--no-color", "--relative", f"--max-count={_COMMITS}")


@dataclass(frozen=True)
class Material:
    """What a folder has to ask about."""

    described: list[Described]
    places: list[Place]
    commits: list[tuple[str, list[str]]]
    """Subjects of commits with the few files that each changed."""
    missing: list[str] = field(default_factory=list)
    """What could not be had, as sentences."""


@dataclass(frozen=True)
class Figures:
    """What was measured of one model."""

    model: str
    quality: dict[str, float]
    """By name; `bits per character` is better when it is smaller, all others when larger."""
    latency: dict[str, float]
    """Median seconds by what was done."""
    weights: int
    """Bytes of the weights as loaded."""
    resident: int
    """Bytes of the whole engine process afterwards; 0 where the system does not tell."""
    dtype: str
    context: int
    truncated: int
    """Texts that it could not read to their end."""


async def gather(root: Path) -> Material:
    """Read a folder and its history."""
    history = await _git(root, "-p", "-U0", "--diff-filter=AM", "--format=")
    subjects = await _git(root, "--name-only", "--format=%x01%s")
    missing = [] if history else ["There is no git history here: lines are those of the files."]
    added = comparing.added_lines(history) if history else None
    described, places = await asyncio.to_thread(_of_files, root, added)
    if not described:
        missing.append("No definition here has documentation: nothing to ask or to compare with.")
    return Material(described, comparing.spread(places, _PLACES), _commits(subjects), missing)


async def measure(spec: str, art: Art, material: Material) -> Figures:
    """Load a model and ask it everything; raises the errors of `trivium_models.errors`."""
    config = EngineConfig()
    chosen = {
        Art.ENCODER: replace(config, encoder=spec),
        Art.DECODER: replace(config, decoder=spec),
        Art.REWRITER: replace(config, rewriter=spec),
    }
    engine = EngineClient(chosen[art])
    ask = {Art.ENCODER: _encoder, Art.DECODER: _decoder, Art.REWRITER: _rewriter}[art]
    try:
        await engine.prepare(art)
        quality, latency = await ask(engine, spec, material)
        state = await engine.prepare(art)
        resident = engine.status().resident_bytes or 0
    finally:
        await engine.close()
    return Figures(
        spec, quality, latency, state.bytes, resident, state.dtype, state.context, state.truncated
    )


_Found = tuple[dict[str, float], dict[str, float]]


async def _encoder(engine: EngineClient, _: str, material: Material) -> _Found:
    passages = comparing.spread(material.described, _PASSAGES)
    started = time.perf_counter()
    codes = [each.code for each in passages]
    matrix = await engine.embed(codes, priority=Priority.INDEXING, role=Role.PASSAGE)
    of_one = (time.perf_counter() - started) / max(len(codes), 1)
    by_path: dict[str, list[int]] = {}
    for place, each in enumerate(passages):
        by_path.setdefault(each.path, []).append(place)
    asked = [(each.sentence, [place]) for place, each in enumerate(passages)]
    told = [
        (subject, [place for path in paths for place in by_path.get(path, ())])
        for subject, paths in material.commits
    ]
    told = [each for each in told if each[1]]
    seconds: list[float] = []
    quality = {}
    for name, questions in (("docstrings", asked), ("commits", told)):
        ranks = []
        for text, right in comparing.spread(questions, _QUESTIONS):
            vector = await _timed(
                engine.embed([text], priority=Priority.QUERY, role=Role.QUERY), seconds
            )
            ranks.append(comparing.reciprocal_rank(np.asarray(vector[0]), matrix, right))
        if ranks:
            quality[f"MRR of {name}"] = statistics.mean(ranks)
    return quality, {"a question": _median(seconds), "a passage": of_one}


async def _decoder(engine: EngineClient, _: str, material: Material) -> _Found:
    seconds: list[float] = []
    exact, needed = [], []
    for place in material.places:
        options = CompletionOptions(drafts=(place.expected,))
        found = await _timed(engine.complete(place.prompt, options, suffix=place.suffix), seconds)
        exact.append(found[0].text.strip() == place.expected.strip())
        needed.append(comparing.bits(found[-1].logprobs, place.expected))
    if not exact:
        return {}, {}
    quality = {"exact lines": statistics.mean(exact), "bits per character": statistics.mean(needed)}
    return quality, {"a line": _median(seconds)}


async def _rewriter(engine: EngineClient, spec: str, material: Material) -> _Found:
    known = abilities.of_model(spec)
    prefix = known.code or known.prose or "summarize: "
    seconds: list[float] = []
    scores = []
    for each in comparing.spread(material.described, _PAIRS):
        asking = engine.rewrite(prefix, [each.code], RewriteOptions(max_tokens=64))
        [answer] = await _timed(asking, seconds)
        scores.append(comparing.chrf(answer.text, each.sentence))
    if not scores:
        return {}, {}
    return {"chrF of summaries": statistics.mean(scores)}, {"a summary": _median(seconds)}


async def _timed(work: Awaitable[_T], seconds: list[float]) -> _T:
    started = time.perf_counter()
    result = await work
    seconds.append(time.perf_counter() - started)
    return result


def _median(seconds: Sequence[float]) -> float:
    return statistics.median(seconds) if seconds else 0.0


def _of_files(root: Path, added: dict[str, set[str]] | None) -> tuple[list[Described], list[Place]]:
    described: list[Described] = []
    places: list[Place] = []
    walk = Walk(root)
    for entry in walk.entries():
        language = languages.of_path(entry.path).id
        if language in ("plaintext", "markdown", "json"):
            continue
        try:
            text = files.read(root / entry.path, walk.rules.max_bytes)
        except Unreadable:
            continue
        described += comparing.described(Document(entry.path, text, None, language), entry.path)
        if added is None:
            places += comparing.masked(text)
        elif entry.path in added:
            places += comparing.masked(text, added[entry.path])
    return described, places


def _commits(log: str) -> list[tuple[str, list[str]]]:
    """Subjects and files from the log, without commits that are about too many files."""
    found = []
    for part in log.split("\x01")[1:]:
        subject, _, names = part.partition("\n")
        paths = [name for name in names.split("\n") if name]
        if 0 < len(paths) <= _MOST_FILES and len(subject.split()) > 2:
            found.append((subject, paths))
    return found


async def _git(root: Path, *words: str) -> str:
    """What git tells of a folder's history; empty when it tells nothing."""
    try:
        process = await asyncio.create_subprocess_exec(
            *("git", *_GIT, *_PLAIN, *words),
            cwd=root,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    out, _ = await process.communicate()
    return out.decode("utf-8", "replace")[:_MOST_PATCH] if process.returncode == 0 else ""
