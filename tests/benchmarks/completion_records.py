"""What the real engine says at each place, kept so that figures can be worked out without it.

One line of JSON for each place, written as it comes: a run that is stopped goes on where it was.
The records hold the model's texts and log-probabilities and the copies found, before any filter.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.completion_corpus import CACHE, Package
from benchmarks.completion_places import Place
from benchmarks.completion_words import WordIndex
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Completion, CompletionOptions, Priority
from trivium_server.domain.completion import prompt
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.candidates import Copy
from trivium_server.domain.completion.selection import Proposal
from trivium_server.services.completion import CompletionService
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Settings


@dataclass(frozen=True)
class Record:
    """One place with everything that was proposed there."""

    place: Place
    proposal: Proposal
    raw: str
    """The raw model's continuation: the same text before the cursor, nothing else."""
    seconds: float


@dataclass(frozen=True)
class Run:
    """How records are made."""

    decoder: str
    encoder: str
    """Of the workspace index; `words` for similar places by shared words, without an index."""
    baseline: bool
    """Whether the raw model is asked as well."""


def run(places: Sequence[Place], file: Path, how: Run) -> list[Record]:
    """The record of each place, from the file as far as it goes and from the engine beyond."""
    return asyncio.run(_collect(places, file, how))


async def _collect(places: Sequence[Place], file: Path, how: Run) -> list[Record]:
    known = dict(_read(file, places)) if file.exists() else {}
    file.parent.mkdir(parents=True, exist_ok=True)
    by_package: dict[Package, list[Place]] = {}
    for place in places:
        if place not in known:
            by_package.setdefault(place.package, []).append(place)
    engine = EngineClient(EngineConfig(encoder=how.encoder, decoder=how.decoder, idle_seconds=0))
    try:
        with file.open("a") as sink:
            for package, group in by_package.items():
                async with _service(engine, package, how.encoder) as service:
                    for place in group:
                        record = await _ask(engine, service, place, how.baseline)
                        known[place] = record
                        sink.write(json.dumps(_packed(record)) + "\n")
                        sink.flush()
                print(
                    f"{len(known):5} of {len(places)}  {package.language} {package.name}",
                    flush=True,
                )
    finally:
        await engine.close()
    return [known[place] for place in places]


@asynccontextmanager
async def _service(
    engine: EngineClient, package: Package, encoder: str
) -> AsyncIterator[CompletionService]:
    """A completion service with the package as its workspace."""
    settings = Settings()
    if encoder == "words":
        similar = WordIndex(package).similar
        yield CompletionService(engine, lambda: settings, similar, cache=CACHE / "state")
        return
    workspace = Workspace(engine, lambda: settings, cache=CACHE / "state")
    try:
        await workspace.add_folder(package.root)
        await workspace.ready()
        yield CompletionService(engine, lambda: settings, workspace.similar, cache=CACHE / "state")
    finally:
        await workspace.close()


async def _ask(
    engine: EngineClient, service: CompletionService, place: Place, baseline: bool
) -> Record:
    document, offset = place.document, len(place.before)
    await service.settle(document, offset)
    start = time.perf_counter()
    proposal = await service.propose(document, offset, invoked=False, priority=Priority.TYPING)
    seconds = time.perf_counter() - start
    raw = ""
    if baseline:
        asked = prompt.build(document, offset).text
        raw = (await engine.complete(asked, CompletionOptions(heal=False)))[0].text
    return Record(place, proposal, raw, seconds)


def _packed(record: Record) -> dict[str, object]:
    return {
        "key": _key(record.place),
        "completions": [asdict(each) for each in record.proposal.completions],
        "copies": [asdict(each) for each in record.proposal.copies],
        "block": record.proposal.block,
        "raw": record.raw,
        "seconds": round(record.seconds, 4),
    }


def _read(file: Path, places: Sequence[Place]) -> Iterator[tuple[Place, Record]]:
    by_key = {_key(place): place for place in places}
    for line in file.read_text().splitlines():
        row = json.loads(line)
        place = by_key.get(row["key"])
        if place:
            completions = [
                Completion(**{**each, "tokens": tuple(each["tokens"])})
                for each in row["completions"]
            ]
            copies = [Copy(**each) for each in row["copies"]]
            spot = Spot(place.document, len(place.before))
            proposal = Proposal(spot, row["block"], completions, copies)
            yield place, Record(place, proposal, row["raw"], row["seconds"])


def _key(place: Place) -> str:
    return f"{place.package.name}:{place.path}:{len(place.before)}"
