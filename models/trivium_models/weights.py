"""Where models lie on this machine, and how they get there whole.

A model in the cache is a folder `<cache>/models/<name>/` with a manifest, `trivium.json`, that says
where it came from and which files it has. A folder is made aside and renamed into place when it is
complete, so whatever interrupts a pull, the cache holds the whole model or none. `locate` never
opens a connection; `pull` does, and only the user starts it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_dir

from trivium_models import catalog, gguf
from trivium_models.catalog import ModelCard, Source
from trivium_models.errors import ModelDamaged, ModelError, ModelMissing
from trivium_models.sources import OnProgress, Progress, fetch, sha256
from trivium_models.types import Art

MANIFEST = "trivium.json"


def cache_root() -> Path:
    """The folder of everything that Trivium keeps: `TRIVIUM_CACHE`, or the platform's place."""
    chosen = os.environ.get("TRIVIUM_CACHE")
    return Path(chosen).expanduser() if chosen else Path(user_cache_dir("trivium"))


def models_root() -> Path:
    """The folder that holds a folder per model."""
    return cache_root() / "models"


def locate(spec: str, art: Art) -> Path:
    """The local folder of a model, ready to load for an art; never opens a connection.

    Raises ModelMissing, ModelDamaged or ModelUnfit with the sentence that says what to do.
    """
    card = catalog.find(spec)
    if card is None and Path(spec).expanduser().is_dir():
        return Path(spec).expanduser()
    name = card.name if card else spec
    folder = models_root() / name.replace("/", "--")
    if folder.is_dir():
        _check_sizes(folder, name)
        return folder
    raise ModelMissing(f"{name} is not on this machine. Run `trivium models pull {name}`.")


def pull(spec: str, on_progress: OnProgress = lambda _: None) -> Path:
    """Fetch a model into the cache unless it is there and sound; its folder."""
    card = catalog.find(spec)
    if card is None:
        raise ModelMissing(f"{spec} is not in the catalog.")
    try:
        return locate(spec, card.art)
    except (ModelMissing, ModelDamaged):
        return _pull(card, on_progress)


def _pull(card: ModelCard, on_progress: OnProgress) -> Path:
    with _alone(card.name) as partial:
        problem: ModelError | None = None
        for source in card.sources:
            try:
                fetch(source, card.name, partial, on_progress)
                return _install(card.name, source, partial, on_progress)
            except (ModelMissing, ModelDamaged) as error:
                problem = problem or error
        assert problem is not None
        raise problem


def _install(name: str, source: Source, partial: Path, on_progress: OnProgress) -> Path:
    packed = next(partial.glob("*.gguf"), None)
    if packed and not any(partial.glob("*.safetensors")):
        on_progress(Progress(f"converting {packed.name} (once)"))
        gguf.convert(packed, partial)
    on_progress(Progress(f"recording {name}"))
    _write_manifest(name, source, partial)
    folder = models_root() / name.replace("/", "--")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def _write_manifest(name: str, source: Source, folder: Path) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in paths
    }
    manifest = {
        "name": name,
        "origin": {"kind": source.kind, "where": source.where},
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "files": files,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _check_sizes(folder: Path, name: str) -> None:
    advice = f"Run `trivium models pull {name}` to fetch it again."
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        for path, facts in manifest["files"].items():
            if (folder / path).stat().st_size != facts["bytes"]:
                raise ModelDamaged(f"{path} of {name} has the wrong size. {advice}")
    except (OSError, ValueError, KeyError) as error:
        raise ModelDamaged(f"The files of {name} are not complete ({error}). {advice}") from error


@contextmanager
def _alone(name: str) -> Iterator[Path]:
    """An empty folder to make a model in, held by this process alone; swept if left behind."""
    folder = name.replace("/", "--")
    locks, partial = models_root() / ".locks", models_root() / ".partial" / folder
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{folder}.lock"):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            yield partial
        finally:
            shutil.rmtree(partial, ignore_errors=True)
