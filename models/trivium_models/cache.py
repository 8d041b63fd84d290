"""The folder of models on this machine, and what keeps each model in it whole.

    <cache>/models/<name>/              a model, with its manifest `trivium.json`
    <cache>/models/.partial/<name>/…    models being made; swept when nobody is making them
    <cache>/models/.locks/<name>.lock   held while a model is being made or removed

A model is made aside and renamed into place, so whatever interrupts that (SIGKILL, a full disk),
the cache holds the whole model or none of it. Knows nothing of where models come from.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_dir

from trivium_models.errors import ModelDamaged
from trivium_models.headers import read_json

if TYPE_CHECKING:
    from filelock import FileLock

MANIFEST = "trivium.json"
_NAME = re.compile(r"[\w-][\w.-]{0,95}(/[\w-][\w.-]{0,95})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file was when it was put into the cache."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the cache knows of one model."""

    name: str
    origin: str
    """Where it came from: `wheel` and the requirement, `hub` and the id, `gguf` and the path."""
    made: str
    """When it was put here (ISO 8601, UTC)."""
    files: dict[str, FileFacts]
    """By path within the model's folder, with `/`."""

    @property
    def bytes(self) -> int:
        """Room that the model takes on the disk."""
        return sum(facts.bytes for facts in self.files.values())


def cache_root() -> Path:
    """The folder of everything that Trivium keeps: `TRIVIUM_CACHE`, or the platform's place.

    Raises OSError where a user without a home folder names none.
    """
    chosen = os.environ.get("TRIVIUM_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    # Without an author, which platformdirs would take the name for, Windows' path has it once.
    try:
        return Path(user_cache_dir("trivium", appauthor=False))
    except RuntimeError as error:
        raise OSError("this user has no home folder; name a folder in TRIVIUM_CACHE") from error


def models_root() -> Path:
    """The folder that holds a folder for each model."""
    return cache_root() / "models"


def is_name(name: str) -> bool:
    """Whether a model can be called so here: one path segment, or two as a hub id has them."""
    return _NAME.fullmatch(name) is not None


def folder_of(name: str) -> Path:
    """Where the model of a name lies, or would lie; raises ValueError for what is no name."""
    return models_root() / _safe(name)


def cached() -> list[Path]:
    """The folders of all models in the cache, by name."""
    root = models_root()
    try:
        return sorted(path for path in root.iterdir() if path.is_dir() and path.name[0] != ".")
    except OSError:
        return []  # There is none, or nobody may look: whoever wants a model is told.


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a cached model; raises ModelDamaged."""
    content = read_json(folder / MANIFEST)
    try:
        assert isinstance(content, dict)
        files = {path: FileFacts(**facts) for path, facts in content["files"].items()}
        return Manifest(content["name"], content["origin"], content["made"], files)
    except (AssertionError, KeyError, TypeError, AttributeError) as error:
        raise ModelDamaged(f"The manifest {folder / MANIFEST} is missing or damaged.") from error


def wrong_sizes(folder: Path, manifest: Manifest) -> list[str]:
    """The files that are missing or not as long as they were: a check that costs nothing."""
    return [path for path, facts in manifest.files.items() if _size(folder / path) != facts.bytes]


def wrong_contents(folder: Path, manifest: Manifest) -> list[str]:
    """The files that are missing or differ in any bit from what was put here."""
    return [
        path
        for path, facts in manifest.files.items()
        if _size(folder / path) != facts.bytes or sha256(folder / path) != facts.sha256
    ]


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def workshop(name: str, on_wait: Callable[[], None] = lambda: None) -> Iterator[Path]:
    """An empty folder to make a model in, while no other process makes the same.

    `on_wait` is called if another one does, before waiting for it. What is still in the folder at
    the end is thrown away. Raises ValueError for what is no name.
    """
    with _lock(name, on_wait):
        _sweep()
        own = _partials() / _safe(name)
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=own))
        try:
            yield folder
        finally:
            shutil.rmtree(own, ignore_errors=True)


def install(made: Path, name: str, origin: str) -> Path:
    """Record what was made in a workshop and put it in its place; the model's folder."""
    files = {
        path.relative_to(made).as_posix(): FileFacts(path.stat().st_size, sha256(path))
        for path in sorted(made.rglob("*"))
        if path.is_file()
    }
    manifest = Manifest(name, origin, datetime.now(UTC).isoformat(timespec="seconds"), files)
    (made / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1) + "\n", encoding="utf-8")
    made.chmod(0o755)
    folder = folder_of(name)
    _set_aside(folder, made.parent)
    made.rename(folder)
    return folder


def remove(name: str) -> int:
    """Remove a model from the cache; the bytes that became free, 0 if it was not there."""
    folder = folder_of(name)
    if not folder.is_dir():
        return 0
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    with workshop(name) as made:
        _set_aside(folder, made.parent)
    return size


def _set_aside(folder: Path, where: Path) -> None:
    if folder.exists():
        folder.rename(Path(tempfile.mkdtemp(dir=where)) / "old")


def _sweep() -> None:
    """Throw away what killed processes left behind; a held lock protects what is being made."""
    for left in _partials().glob("*"):
        try:
            with _file_lock(left.name, timeout=0):
                shutil.rmtree(left, ignore_errors=True)
        except TimeoutError:
            continue


@contextmanager
def _lock(name: str, on_wait: Callable[[], None]) -> Iterator[None]:
    lock = _file_lock(_safe(name))
    try:
        lock.acquire(timeout=0)
    except TimeoutError:
        on_wait()
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _file_lock(name: str, timeout: float = -1) -> FileLock:
    from filelock import FileLock  # Not wanted at a server's start.

    folder = models_root() / ".locks"
    folder.mkdir(parents=True, exist_ok=True)
    return FileLock(folder / f"{name}.lock", timeout=timeout)


def _partials() -> Path:
    return models_root() / ".partial"


def _safe(name: str) -> str:
    """A name as one path segment; what is made or removed by it can lie nowhere else."""
    if not is_name(name):
        raise ValueError(f"{name!r} cannot be a model's name.")
    return name.replace("/", "--")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
