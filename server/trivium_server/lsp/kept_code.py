"""Keeps the code that attrs generates for lsprotocol's classes, as Python keeps that of modules.

Importing lsprotocol compiles seven hundred small generated functions, each time anew: two fifths
of all that a server does before it answers `initialize`. They are kept beside lsprotocol's own
byte code instead. A function's source is its key, so nothing kept can be out of date; where the
folder cannot be written, or attrs comes to work differently, everything is compiled as ever.

It is worth reaching into attrs: in turns on busy cores the server spent 0.40 to 0.59 s of processor
time before that answer with the kept code and 0.56 to 0.74 s without, and on a quiet machine the
answer took 0.28 s with it. Without it the promised half a second would have no margin.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import marshal
import os
import sys
import zlib
from pathlib import Path
from types import CodeType

_Kept = dict[tuple[str, str], CodeType]
"""Code by its file name and source."""


def import_lsprotocol() -> None:
    """Import `lsprotocol.types` with the code that an earlier process kept."""
    import attr._make as attrs_maker

    file = _file()
    kept = _read(file) if file else {}
    held = len(kept)

    def compiled(source: str, filename: str, mode: str) -> CodeType:
        key = (filename, source)
        if key not in kept:
            kept[key] = compile(source, filename, mode)
        return kept[key]

    attrs_maker.compile = compiled  # type: ignore[attr-defined]
    gc.disable()  # Thousands of classes are made, and not one of them is garbage.
    try:
        import lsprotocol.types  # noqa: F401
    finally:
        gc.enable()
        del attrs_maker.compile  # type: ignore[attr-defined]
    if file and len(kept) > held:
        _write(file, kept)


def _file() -> Path | None:
    """Where the code is kept; None where Python keeps none either."""
    found = importlib.util.find_spec("lsprotocol")
    if sys.dont_write_bytecode or found is None or found.origin is None:
        return None
    return Path(importlib.util.cache_from_source(found.origin)).with_name(
        f"generated.{sys.implementation.cache_tag}.trivium"
    )


def _read(file: Path) -> _Kept:
    """What is kept; nothing if another Python wrote it or it is damaged."""
    try:
        content = file.read_bytes()
    except OSError:
        return {}
    body = content.removeprefix(importlib.util.MAGIC_NUMBER)
    if len(body) == len(content) or zlib.crc32(body[4:]).to_bytes(4, "big") != body[:4]:
        return {}
    kept: _Kept = marshal.loads(body[4:])  # As trusted as the byte code beside it.
    return kept


def _write(file: Path, kept: _Kept) -> None:
    body = marshal.dumps(kept)
    aside = file.with_suffix(f".{os.getpid()}")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(importlib.util.MAGIC_NUMBER + zlib.crc32(body).to_bytes(4, "big") + body)
        aside.replace(file)
