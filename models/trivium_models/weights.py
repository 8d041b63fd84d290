"""From the name of a model to its folder on this machine.

`locate` finds what is here, refuses what cannot serve, and never opens a connection. A model is
looked for in the settings' own path, then in Trivium's cache (`cache`), inside this package, and
in the user's Hugging Face cache (`hub`). Knows nothing of how it got there (`fetching`).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from trivium_models import cache, catalog, gguf, hub, machine, specs
from trivium_models.catalog import ModelCard, Source
from trivium_models.errors import ModelDamaged, ModelMissing, ModelUnfit
from trivium_models.inspect import check_art, check_memory, inspect
from trivium_models.types import Art

PACKAGE = "package"
"""The origin of a model that is part of this package."""


@dataclass(frozen=True, slots=True)
class Found:
    """A model that is on this machine."""

    name: str
    folder: Path
    origin: str
    """Where it came from, such as `hub google-t5/t5-small` or `folder`."""


def locate(spec: str, art: Art) -> Path:
    """The local folder of a model, ready to load for an art; never opens a connection.

    Raises ModelMissing, ModelDamaged or ModelUnfit with the sentence that says what to do.
    """
    found = find(spec)
    if found is None:
        path = specs.path_of(spec)
        if path and path.is_file():
            gguf.check(path)  # One that could not be converted need not be tried.
        raise ModelMissing(missing(spec))
    check_sizes(found)
    checkpoint = inspect(found.folder, found.name)
    check_art(checkpoint, art, found.name, catalog.defaults()[art].name)
    width, free = machine.detect().width(art), machine.available_memory()
    example = catalog.largest(art, free // width).name
    check_memory(checkpoint.parameters, width, free, found.name, example)
    return found.folder


def find(spec: str) -> Found | None:
    """Where a model lies on this machine, whole or not; None if it is nowhere."""
    path = specs.path_of(spec)
    if path and path.is_dir():
        return Found(spec, path, "folder")
    if path and path.is_file() and path.suffix != ".gguf":
        raise ModelUnfit(f"{spec} is a file, and a model is a folder, a GGUF file or a hub id.")
    name = specs.name_of(spec)
    key = specs.gguf_name(path) if path and path.is_file() else name
    if not cache.is_name(key):
        return None
    folder = cache.folder_of(key)
    closed = ""
    try:
        if folder.is_dir():
            return Found(name, folder, _origin(folder))
    except OSError as error:
        closed = (error.strerror or str(error)).lower()
    found = next(
        (each for source in specs.sources_of(spec) if (each := _elsewhere(name, source))), None
    )
    if found is None and closed:
        raise ModelMissing(
            f"{name} cannot be looked for in {folder.parent} ({closed}): make that folder readable "
            "or name another one in TRIVIUM_CACHE."
        )
    return found


def check_sizes(found: Found) -> None:
    """Raise ModelDamaged if files of a model in Trivium's cache are missing or cut short."""
    if is_ours(found):
        wrong = cache.wrong_sizes(found.folder, manifest_of(found))
        if wrong:
            raise ModelDamaged(damaged(found.name, f"{wrong[0]} is missing or cut short"))


def missing(spec: str) -> str:
    """Why a model is not here and what to do."""
    path, card = specs.path_of(spec), catalog.find(spec)
    if path and path.is_file():
        return f"{path.name} has to be converted once: run `trivium models pull {spec}`."
    if path:
        return f"There is no folder or GGUF file {path}."
    if card and card.sources[0].kind == "package":
        return _not_shipped(card)
    if card or hub.is_id(spec):
        name = specs.name_of(spec)
        return f"{name} is not on this machine: run `trivium models pull {name}`."
    near = get_close_matches(spec[:80], [card.name for card in catalog.cards()], 1)
    hint = f"did you mean {near[0]}?" if near else "`trivium models list` shows those it knows."
    return f"{spec[:80]!r} is not a model that Trivium knows, a hub id or a folder: {hint}"


def manifest_of(found: Found) -> cache.Manifest:
    """What was fetched; raises ModelDamaged."""
    try:
        return cache.read_manifest(found.folder)
    except ModelDamaged as error:
        raise ModelDamaged(damaged(found.name, "its manifest is missing")) from error


def is_ours(found: Found) -> bool:
    """Whether a model lies in Trivium's cache."""
    return found.folder.parent == cache.models_root()


def _elsewhere(name: str, source: Source) -> Found | None:
    """A model that something else than `pull` put on this machine."""
    if source.kind == "package":
        folder = Path(__file__).parent / source.where
        return Found(name, folder, PACKAGE) if folder.is_dir() else None
    snapshot = hub.snapshot(source.where) if source.kind == "hub" else None
    return Found(name, snapshot, f"hub cache {source.where}") if snapshot else None


def _origin(folder: Path) -> str:
    try:
        return cache.read_manifest(folder).origin
    except ModelDamaged:
        return "unknown"


def damaged(name: str, what: str) -> str:
    """The sentence for a model of which something is wrong, and what to do."""
    return f"{name} is damaged ({what}): run `trivium models pull {name}` to fetch it again."


def _not_shipped(card: ModelCard) -> str:
    others = (other for other in catalog.cards() if other.art is card.art and other is not card)
    other = next(others).name
    return (
        f"{card.name} is not shipped with this version of Trivium: set `trivium.models.{card.art}` "
        f"to the folder of another model, or to `{other}` after `trivium models pull {other}`."
    )
