"""What every benchmark prints and writes: a table for people, JSON with the machine for comparison.

`Report` collects figures; `write` puts them into build/bench/<name>.json. Knows no benchmark.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from trivium_models import machine

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "bench"

Cell = str | int | float | None


class Report:
    """Figures of one run of one benchmark."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = datetime.now(UTC)
        self.machine = machine.describe()
        self.figures: dict[str, object] = {}

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """Print a table and keep its rows under the title."""
        print(f"\n{title}\n{text_table(columns, rows)}", flush=True)
        self.figures[title] = [dict(zip(columns, row, strict=True)) for row in rows]

    def note(self, key: str, value: object) -> None:
        """Keep a value that is not in a table, and print it."""
        print(f"{key}: {value}", flush=True)
        self.figures[key] = value

    def write(self, folder: Path = FOLDER) -> Path:
        """Write everything to `<folder>/<name>.json` and say where."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(self._document(), indent=1, default=str) + "\n", "utf-8")
        print(f"\nwritten to {path}", file=sys.stderr)
        return path

    def _document(self) -> Mapping[str, object]:
        return {
            "benchmark": self.name,
            "started": self.started.isoformat(timespec="seconds"),
            "seconds": round((datetime.now(UTC) - self.started).total_seconds(), 1),
            "revision": _revision(),
            "machine": self.machine,
            "load_at_end": machine.describe()["load"],
            "figures": self.figures,
        }


def text_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table of left-aligned texts and right-aligned numbers; fractions get three digits."""
    lines = [list(columns), *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    numeric = [
        bool(rows) and all(not isinstance(row[index], str) for row in rows)
        for index in range(len(columns))
    ]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in lines
    )


def _shown(cell: Cell) -> str:
    if cell is None:
        return "–"
    return f"{cell:.3f}" if isinstance(cell, float) else str(cell)


def _revision() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()
