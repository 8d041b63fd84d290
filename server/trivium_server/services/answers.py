"""What the workspace tells: hits, answers and the state of each folder's index.

Plain values for the command line, the language server and the other services.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trivium_server.domain import search
from trivium_server.domain.search import Place


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that answers a search; lines from 0, the last one inclusive."""

    path: Path
    folder: Path
    start_line: int
    end_line: int
    score: float
    symbol: str
    container: str
    kind: str
    reason: str
    snippet: str


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Hits, best first, and how much of the workspace they were taken from."""

    hits: tuple[Hit, ...]
    complete: bool
    indexed_files: int
    total_files: int


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


def hit(place: Place, question: str) -> Hit:
    """A place as it is shown for a question."""
    chunk = place.chunk
    reason = place.reason
    if place.copies:
        reason += f" · also in {', '.join(place.copies[:3])}"
    return Hit(
        place.folder / chunk.path,
        place.folder,
        chunk.start_line,
        chunk.end_line,
        place.score,
        chunk.symbol,
        ".".join(chunk.container),
        chunk.kind,
        reason,
        search.snippet(question, chunk),
    )
