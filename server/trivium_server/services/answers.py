"""What the workspace tells: hits, answers and the state of each folder's index.

Plain values for the command line, the language server and the other services.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from trivium_server.domain.search import Place
from trivium_server.domain.showing import Shown


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that answers a search; lines from 0, the last one inclusive."""

    folder: Path
    name: str
    """Its file, relative to the folder."""
    start_line: int
    end_line: int
    score: float
    symbol: str
    container: str
    kind: str
    reason: str
    snippet: str

    @property
    def path(self) -> Path:
        """Its file."""
        return self.folder / self.name


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Hits, best first, and how much of the workspace they were taken from."""

    hits: tuple[Hit, ...]
    complete: bool
    indexed_files: int
    total_files: int
    unmet: tuple[str, ...] = ()
    """Where there are no hits: the filters that nothing passes."""


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """A workspace folder's index as it is now."""

    folder: Path
    state: str
    """`starting`, `busy`, `ready`, `paused`, `off` or `error`."""
    files: int
    """Files that can be found by meaning as well."""
    total_files: int
    chunks: int
    bytes: int
    """Size of the index on the disk, without the vectors, which all folders share."""
    message: str = ""
    read_files: int = 0
    """Files that can be found by their words."""
    looking: bool = False
    """Whether the folder is looked over: then nobody knows how many files it has."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How many files and folders cannot be indexed, by reason."""

    @property
    def remark(self) -> str:
        """What is left out as half a sentence; empty if nothing is."""
        reasons = ", ".join(f"{count} × {why}" for why, count in self.left_out.items())
        return f"{sum(self.left_out.values())} left out ({reasons})" if reasons else ""


def hit(place: Place, shown: Shown) -> Hit:
    """A place as it is shown for a question."""
    chunk = place.chunk
    reason = place.reason
    if place.copies:
        reason += f" · also in {', '.join(place.copies[:3])}"
    return Hit(
        place.folder,
        chunk.path,
        chunk.start_line,
        chunk.end_line,
        place.score,
        chunk.symbol,
        ".".join(chunk.container),
        chunk.kind,
        reason,
        shown.snippet(chunk),
    )
