"""Which embedding model answers when a session begins.

The chosen one, unless its vectors are still to be made and those of the model before are complete:
then that one answers, and the chosen one takes over when it lacks nothing. What is compared is
always from one model.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from trivium_models import identity, weights
from trivium_models.errors import ModelError
from trivium_models.fake import is_fake
from trivium_server.domain.vectors import VectorFile


def begin(vectors: Path, index: Path, chosen: str) -> tuple[str, str]:
    """The model to answer with and the one to prepare (empty if none) for a folder's index."""
    wanted = identity.of_encoder(chosen)
    last = _last_complete(vectors, index, wanted) if vectors.is_file() else None
    if last is None:
        return chosen, ""
    former, named = last
    if named == wanted or identity.of_encoder(former) != named or not _is_here(former):
        return chosen, ""
    return former, chosen


def _last_complete(vectors: Path, index: Path, name: str) -> tuple[str, str] | None:
    try:
        with contextlib.closing(VectorFile(vectors, name)) as file:
            return file.last_complete(index.stem)
    except (sqlite3.Error, OSError):
        return None  # The indexer will say what is wrong with it.


def _is_here(spec: str) -> bool:
    try:
        return is_fake(spec) or weights.find(spec) is not None
    except ModelError:
        return False
