"""The name under which the vectors of an embedding model are kept.

Vectors of one identity may be compared, those of two never: the name of a model, and with it
whatever else decides what its vectors are and can change while the name stays. Must not import
torch: the server asks.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from trivium_models import prompts, specs, weights
from trivium_models.errors import ModelError
from trivium_models.fake import is_fake
from trivium_models.types import Role


def of_encoder(spec: str) -> str:
    """The identity of a model by its spec; of one that is not here, what it will be if it can."""
    if is_fake(spec):
        return spec
    try:
        found = weights.find(spec)
    except ModelError:
        return spec
    if found is None:
        return specs.name_of(spec)
    parts = [prompts.of_folder(found.folder)[Role.PASSAGE]]
    if found.origin == "folder":  # The user's own: it may be trained further under its name.
        parts += _state(found.folder)
    if not any(parts):
        return found.name
    return f"{found.name} {hashlib.sha256(repr(parts).encode()).hexdigest()[:12]}"


def _state(folder: Path) -> list[str]:
    """Size and time of the files that make the vectors."""
    files = sorted((*folder.rglob("*.safetensors"), *folder.rglob("*.json")))
    return [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
