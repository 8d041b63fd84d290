"""Every model there is to choose from, and how each is on this machine: for people and doctors.

Joins what the catalog says, what the cache holds and what the files themselves say. Loads nothing
and opens no connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trivium_models import cache, catalog, machine, weights
from trivium_models.catalog import ARCHITECTURES, ModelCard
from trivium_models.errors import ModelDamaged, ModelError
from trivium_models.headers import read_json
from trivium_models.inspect import Checkpoint, inspect
from trivium_models.types import Art
from trivium_models.weights import Found


@dataclass(frozen=True, slots=True)
class Item:
    """One model, as far as it is known; what is not known is empty or 0."""

    name: str
    art: str
    architecture: str
    family: str
    size: str
    parameters: int
    memory: int
    """Bytes of the weights in the precision that they are loaded in on this machine."""
    context: int
    """The most tokens that it reads in one piece."""
    languages: tuple[str, ...]
    tasks: tuple[str, ...]
    licence: str
    disk: int
    """Bytes on this machine, unless it is damaged."""
    state: str
    """`ready`, `missing` or `damaged`."""
    message: str
    """What is wrong and what to do, unless it is ready."""
    origin: str
    """Where it came from, or would come from."""
    folder: str
    note: str


def survey() -> list[Item]:
    """The models of the catalog and all others in the cache, art by art."""
    names = [card.name for card in catalog.cards()]
    known = {cache.folder_of(name) for name in names}
    names += [_cached_name(folder) for folder in cache.cached() if folder not in known]
    order = [*(art.value for art in Art), ""]
    return sorted(map(item, names), key=lambda each: order.index(each.art))


def item(spec: str) -> Item:
    """One model, by catalog name, hub id, folder, GGUF file or name in the cache."""
    card = catalog.find(spec)
    found, checkpoint, state, message = None, None, "ready", ""
    try:
        found = weights.find(spec)
        if found:
            weights.check_sizes(found)
            checkpoint = inspect(found.folder, found.name)
        else:
            state, message = "missing", weights.missing(spec)
    except ModelError as error:
        state, message = "damaged", str(error)
    return _item(spec, card, found, checkpoint, state, message)


def _item(
    spec: str,
    card: ModelCard | None,
    found: Found | None,
    checkpoint: Checkpoint | None,
    state: str,
    message: str,
) -> Item:
    art = checkpoint.art if checkpoint else card.art if card else None
    parameters = checkpoint.parameters if checkpoint else card.parameters if card else 0
    source = card.sources[0] if card else None
    wanted = f"{source.kind} {source.where}" if source else ""
    return Item(
        name=card.name if card else spec,
        art=art.value if art else "",
        architecture=ARCHITECTURES[art] if art else "",
        family=card.family if card else checkpoint.family if checkpoint else "",
        size=catalog.size_class(parameters) if parameters else "",
        parameters=parameters,
        memory=parameters * machine.detect().width(art) if art else 0,
        context=(checkpoint.context if checkpoint else 0) or (card.context if card else 0),
        languages=card.languages if card else (),
        tasks=_measured_tasks(found) or (card.tasks if card else ()),
        licence=card.licence if card else "",
        # Only of a checkpoint: another folder may be the whole disk.
        disk=_disk(found.folder) if found and checkpoint else 0,
        state=state,
        message=message,
        origin=found.origin if found else wanted,
        folder=str(found.folder) if found else "",
        note=card.note if card else "",
    )


def _measured_tasks(found: Found | None) -> tuple[str, ...]:
    """What a model's own card offers; empty for a model without such figures."""
    facts = read_json(found.folder / cache.MANIFEST) if found else None
    tasks = facts.get("tasks") if isinstance(facts, dict) else None
    if not isinstance(tasks, dict):
        return ()
    offered = (name.strip().removesuffix(":") for name, each in tasks.items() if each["offered"])
    return tuple(offered) or ("none is good enough",)


def _cached_name(folder: Path) -> str:
    try:
        return cache.read_manifest(folder).name
    except ModelDamaged:
        return folder.name


def _disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
