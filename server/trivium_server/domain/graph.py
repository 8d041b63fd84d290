"""An approximate nearest-neighbour graph (HNSW, by usearch) over int8 vectors under ids.

Only built for very many vectors, where comparing with all of them takes too long. A graph that is
searched is never changed: more vectors go into a copy, which takes its place. Derived data: it is
kept beside the index to be at hand at the next start, and can be made again.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from trivium_server.domain.arrays import Codes, Ids

_NEIGHBOURS = 16
_EFFORT_BUILDING = 96
_EFFORT_SEARCHING = 480


class Graph:
    """Vectors under ids, and the nearest of them to a query, nearly always."""

    def __init__(self, width: int) -> None:
        """An empty graph for vectors of so many components."""
        self._index = _empty(width)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def ids(self) -> Ids:
        """Every id in the graph."""
        return np.asarray(self._index.keys, dtype=np.int64)

    @property
    def width(self) -> int:
        """Components of a vector."""
        return int(self._index.ndim)

    def add(self, ids: Ids, codes: Codes) -> None:
        """Put vectors in; only while nobody searches."""
        self._index.add(ids, codes, threads=0)

    def nearest(self, code: Codes, limit: int) -> Ids:
        """The ids of the nearest vectors, in no order."""
        found = self._index.search(code, limit)
        return np.asarray(found.keys, dtype=np.int64)

    def copy(self) -> Graph:
        """A graph of its own with the same vectors."""
        made = Graph.__new__(Graph)
        made._index = self._index.copy()
        return made

    def save(self, file: Path) -> None:
        """Write it aside, then in place of an older one."""
        aside = file.with_name(file.name + ".partial")
        self._index.save(str(aside))
        aside.replace(file)

    @property
    def bytes(self) -> int:
        """Memory it takes."""
        return int(self._index.memory_usage)


def load(file: Path, width: int) -> Graph | None:
    """A saved graph, or None when there is none that fits."""
    if not file.is_file():
        return None
    graph = Graph(width)
    # Whatever is wrong with the file, the graph can be made again.
    with contextlib.suppress(Exception):
        graph._index.load(str(file))
        if graph.width == width and len(graph):
            return graph
    return None


def _empty(width: int) -> Any:  # noqa: ANN401  (usearch has no types)
    from usearch.index import Index, MetricKind, ScalarKind

    return Index(
        ndim=width,
        metric=MetricKind.Cos,
        dtype=ScalarKind.I8,
        connectivity=_NEIGHBOURS,
        expansion_add=_EFFORT_BUILDING,
        expansion_search=_EFFORT_SEARCHING,
    )
