"""The arrays behind a vector set: a row for each vector, its id, its length and its group.

Whoever holds such rows may search them while another puts more behind the count or makes others
out of them. Knows no store and no question but as a vector.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from trivium_server.domain.arrays import Codes, Floats, Groups, Ids
from trivium_server.domain.graph import Graph
from trivium_server.domain.marks import Marks
from trivium_server.domain.vectors import encode

_BLOCK = 512
"""Rows made float32 at once: as many as stay in the processor's cache."""
_GRAPH_FROM = 0.3
"""The part of all vectors that filters leave from which the graph is quicker than comparing all."""
_MOST_DIRECTIONS = 10_000
"""Groups whose direction is remembered: 16 MB for MiniLM."""


@dataclass(frozen=True, slots=True)
class VectorRows:
    """Arrays with room behind `count`; the first `covered` rows are in the graph."""

    ids: Ids
    codes: Codes
    norms: Floats
    groups: Groups
    count: int
    graph: Graph | None = None
    covered: int = 0
    directions: dict[int, tuple[Floats, int]] = field(default_factory=dict)
    """The mean of a group's unit vectors and their number, as far as somebody has asked."""

    def view(self) -> tuple[Ids, Codes]:
        """Ids and codes without the room behind them."""
        return self.ids[: self.count], self.codes[: self.count]

    def rows(self, ids: Iterable[int]) -> Ids:
        """Where ids stand, unknown ones left out, ascending."""
        return self.marked(Marks(ids))

    def marked(self, ids: Marks) -> Ids:
        """Where marked ids stand, ascending."""
        return np.flatnonzero(ids.at(self.ids[: self.count]))

    def cosines(self, rows: Ids, query: Floats) -> Floats:
        """The cosine of each of these rows to a query."""
        found: Floats = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            found[start : start + _BLOCK] = self.codes[block].astype(np.float32) @ query
        lengths = self.norms[rows] * np.float32(np.linalg.norm(query))
        found /= np.maximum(lengths, 1e-12)
        return found

    def near(self, query: Floats, count: int, among: Marks | None) -> Ids:
        """About so many of the rows nearest to a query, in no order; `among` narrows to ids."""
        code = encode(query)
        if among is None:
            return self._nearest(code, count)
        inside = self.marked(among)
        if self.graph is not None and len(inside) > _GRAPH_FROM * self.count:
            near = self._nearest(code, count * self.count // len(inside))
            near = near[among.at(self.ids[near])]
            if len(near) > count // 2:  # These are the nearest of those inside, and enough.
                return near
        return self._scan(inside, code, count)

    def _nearest(self, code: Codes, count: int) -> Ids:
        if self.graph is None:
            return self._scan(None, code, count)
        found = self.rows(self.graph.nearest(code, count).tolist())
        rest = np.arange(self.covered, self.count)
        return np.union1d(found, self._scan(rest, code, count))

    def _scan(self, rows: Ids | None, code: Codes, limit: int) -> Ids:
        """The rows nearest to a code, by comparing it with each; None compares all."""
        from usearch.index import MetricKind, search

        codes = self.codes[: self.count] if rows is None else self.codes[rows]
        if len(codes) == 0:
            return np.empty(0, np.int64)
        found = search(codes, code, min(limit, len(codes)), MetricKind.Cos, exact=True, threads=0)
        near: Ids = found.keys.astype(np.int64)
        return near if rows is None else rows[near]

    def directions_of(self, groups: Sequence[int]) -> dict[int, tuple[Floats, int]]:
        """The mean unit vector of each of these groups that has vectors, and their number."""
        lacking = [group for group in groups if group not in self.directions]
        if lacking:
            if len(self.directions) + len(lacking) > _MOST_DIRECTIONS:
                self.directions.clear()
                lacking = list(groups)
            self.directions.update(self._directions(lacking))
        found = {group: self.directions[group] for group in groups}
        return {group: held for group, held in found.items() if held[1]}

    def _directions(self, groups: Sequence[int]) -> dict[int, tuple[Floats, int]]:
        rows = np.flatnonzero(Marks(groups).at(self.groups[: self.count]))
        rows = rows[np.argsort(self.groups[rows], kind="stable")]
        names, starts = np.unique(self.groups[rows], return_index=True)
        parts = np.split(rows, starts[1:]) if len(rows) else []
        none = np.zeros(self.codes.shape[1], np.float32)
        found = dict.fromkeys(groups, (none, 0))
        for name, part in zip(names.tolist(), parts, strict=True):
            weights = 1 / (np.maximum(self.norms[part], 1e-12) * len(part))
            mean: Floats = np.asarray(weights @ self.codes[part].astype(np.float32), np.float32)
            found[name] = (mean, len(part))
        return found

    def without(self, rows: Ids) -> VectorRows:
        """The others."""
        kept = np.delete(np.arange(self.count), rows)
        return self.taken(kept, self.graph, self.covered - int((rows < self.covered).sum()))

    def taken(self, rows: Ids, graph: Graph | None, covered: int) -> VectorRows:
        """These rows in this order, so many of the first in a graph."""
        ids, codes = self.ids[rows], self.codes[rows]
        norms, groups = self.norms[rows], self.groups[rows]
        return VectorRows(ids, codes, norms, groups, len(rows), graph, covered)

    def grown(self, capacity: int) -> VectorRows:
        """The same with more room."""
        made = with_room(capacity, self.codes.shape[1])
        made.ids[: self.count], made.codes[: self.count] = self.view()
        made.norms[: self.count] = self.norms[: self.count]
        made.groups[: self.count] = self.groups[: self.count]
        return replace(made, count=self.count, graph=self.graph, covered=self.covered)


def with_room(capacity: int, width: int) -> VectorRows:
    """No vector, and room for so many."""
    return VectorRows(
        np.empty(capacity, np.int64),
        np.empty((capacity, width), np.int8),
        np.empty(capacity, np.float32),
        np.empty(capacity, np.int32),
        0,
    )
