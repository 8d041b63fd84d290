"""`trivium models compare A B`: two models of one art on the user's own repository."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_models.types import Art
from trivium_server.commands import Explained
from trivium_server.commands.output import print_json
from trivium_server.domain import files

if TYPE_CHECKING:
    from trivium_server.services.comparing import Figures


def run(given: argparse.Namespace) -> int:
    """Measure both and print the figures side by side."""
    from trivium_models.errors import ModelError

    root: Path = given.root.resolve()
    if not files.is_folder(root):
        raise Explained(f"{given.root} is not a folder.")
    art = Art(given.art) if given.art else _art_of(given.names)
    try:
        missing, figures = asyncio.run(_measure(root, art, given.names))
    except ModelError as error:
        raise Explained(str(error)) from error
    for sentence in missing:
        print(f"trivium: {sentence}", file=sys.stderr)
    if given.json:
        rows = [asdict(each) for each in figures]
        print_json({"art": art, "models": rows, "missing": missing})
    else:
        print(_table(figures))
    return 0


async def _measure(root: Path, art: Art, names: list[str]) -> tuple[list[str], list[Figures]]:
    from trivium_server.services import comparing

    try:
        _tell(f"Reading {root}")
        material = await comparing.gather(root)
        figures = []
        for name in names:
            _tell(f"Asking {name}")
            figures.append(await comparing.measure(name, art, material))
    finally:
        _tell("")
    return material.missing, figures


def _tell(text: str) -> None:
    """One line on standard error in place of the last one; nothing when that is no terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _art_of(names: list[str]) -> Art:
    """The art of both models; raises Explained when they differ or one is not here."""
    from trivium_models import inventory

    items = [inventory.item(name) for name in names]
    for item in items:
        if item.state != "ready":
            raise Explained(item.message)
    first, second = items
    if first.art != second.art:
        raise Explained(
            f"{first.name} is {first.architecture} and {second.name} is {second.architecture}: "
            "only models of one art can be compared."
        )
    return Art(first.art)


def _table(figures: list[Figures]) -> str:
    rows = [("", *(each.model for each in figures))]
    rows += _rows([each.quality for each in figures], "{:.3f}")
    timed = [
        {f"{name}, ms": 1000 * value for name, value in each.latency.items()} for each in figures
    ]
    rows += _rows(timed, "{:,.1f}")
    for name, key in (("weights, MB", "weights"), ("whole engine, MB", "resident")):
        rows.append((name, *(f"{getattr(each, key) / 1e6:,.0f}" for each in figures)))
    for name in ("dtype", "context", "truncated"):
        rows.append((name, *(str(getattr(each, name)) for each in figures)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _rows(
    columns: list[Mapping[str, float]] | list[dict[str, float]], shape: str
) -> list[tuple[str, ...]]:
    names = dict.fromkeys(name for column in columns for name in column)
    return [
        (name, *(shape.format(column[name]) if name in column else "-" for column in columns))
        for name in names
    ]
