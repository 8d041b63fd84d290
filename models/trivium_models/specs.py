"""What a spec says: a catalog name, a hub id, a folder or a GGUF file.

Looks at no file but the one that a spec names, and at that only to tell it from others.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from trivium_models import catalog, hub
from trivium_models.catalog import Source


def name_of(spec: str) -> str:
    """What a model is called: the catalog's name where it has one, else as the user wrote it."""
    card = catalog.find(spec)
    return card.name if card else spec


def path_of(spec: str) -> Path | None:
    """A spec as a path, if it is one: something that exists, or is written like a path."""
    if not spec or catalog.find(spec):
        return None
    written = spec.startswith((".", "~", "/", "\\")) or spec.endswith(".gguf")
    try:
        path = Path(spec).expanduser().absolute()
        return path if path.exists() or written else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a null character
        return None


def sources_of(spec: str) -> tuple[Source, ...]:
    """Where a model can be had, best first."""
    card = catalog.find(spec)
    if card:
        return card.sources
    return (Source("hub", spec),) if hub.is_id(spec) else ()


def gguf_name(path: Path) -> str:
    """A name that changes with the file: a GGUF written anew is converted anew."""
    facts = path.stat()
    key = f"{path}\n{facts.st_size}\n{facts.st_mtime_ns}"
    stem = re.sub(r"[^\w-]+", "-", path.stem, flags=re.ASCII)[:80] or "gguf"
    return f"{stem}-{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()[:8]}"


def origin_of(source: Source) -> str:
    """A source as a manifest records it."""
    return f"{source.kind} {source.where}"
