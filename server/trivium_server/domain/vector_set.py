"""Embeddings in memory: the vectors of one index, and the nearest of them to a query.

All vectors are compared with the query while they are few; beyond that a graph leads to the
nearest, and only what the graph does not hold yet is compared one by one. Either way the best are
scored once more with the query in full precision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trivium_server.domain import graph
from trivium_server.domain.arrays import Codes, Floats, Groups, Ids
from trivium_server.domain.graph import Graph
from trivium_server.domain.marks import Marks
from trivium_server.domain.vector_rows import VectorRows, with_room

_RESCORED = 4
"""This many times the asked number are brought up and scored again."""
_SLICE = 500
"""Vectors that go into the graph at once: a few tenths of a second."""
_STALE = 1.5
"""A graph with this many times the vectors that are still here is made anew."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Vectors that were compared with a query, nearest first; three arrays of one length."""

    ids: Ids
    groups: Groups
    cosines: Floats
    reach: float
    """What no vector that is not here is nearer than, as far as the graph can tell."""


NOTHING = Compared(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), reach=1.0)


class VectorSet:
    """Vectors under ids; the nearest to a query by cosine.

    One thread changes it while another searches: the state is replaced, never altered in place,
    except for rows behind the count.
    """

    graph_from = 50_000
    """How many vectors there must be before a graph is worth its memory."""
    graph_lag = 0.2
    """The part of all vectors that may be missing in the graph before it is brought up to date."""

    def __init__(self) -> None:
        """An empty set; the first vectors decide how wide it is."""
        self._state = with_room(0, 0)
        self._growing: tuple[Graph, VectorRows, int] | None = None

    def __len__(self) -> int:
        return self._state.count

    @property
    def ids(self) -> Ids:
        """The ids that have a vector, in no order."""
        return self._state.view()[0]

    def sums(self, group_of: Mapping[int, str]) -> dict[str, Floats]:
        """The direction of each group of ids, as a sum; groups without any vector are left out."""
        ids, codes = self._state.view()
        found: dict[str, Floats] = {}
        for id_, code in zip(ids.tolist(), codes, strict=True):
            group = group_of.get(id_)
            if group is not None:
                found[group] = found.get(group, np.float32(0)) + code.astype(np.float32)
        return found

    @property
    def graph(self) -> Graph | None:
        """The graph in use, if there is one."""
        return self._state.graph

    def add(self, ids: Sequence[int] | Ids, codes: Codes, groups: Sequence[int] | int = 0) -> None:
        """Add vectors under new ids, each in a group. Those of another width are dropped."""
        if len(ids) == 0:
            return
        state = self._state
        if state.codes.shape[1] != codes.shape[1]:
            state = with_room(0, codes.shape[1])
        end = state.count + len(ids)
        if len(state.codes) < end:
            state = state.grown(end + state.count // 4)
        state.ids[state.count : end] = ids
        state.codes[state.count : end] = codes
        state.norms[state.count : end] = np.linalg.norm(codes.astype(np.float32), axis=1)
        state.groups[state.count : end] = groups
        self._state = replace(state, count=end, directions={})

    def remove(self, ids: Iterable[int]) -> None:
        """Take vectors out; unknown ids are ignored."""
        gone = self._state.rows(ids)
        if len(gone):
            self._state = self._state.without(gone)

    def nearest(
        self, query: Floats, limit: int, among: Marks | None = None
    ) -> list[tuple[int, float]]:
        """Ids and cosines of the nearest vectors, nearest first; `among` narrows to these ids."""
        found = self.compare(query, limit * _RESCORED, (), among)
        ids, cosines = found.ids[:limit].tolist(), found.cosines[:limit].tolist()
        return list(zip(ids, cosines, strict=True))

    def compare(
        self,
        query: Floats,
        count: int,
        also: Iterable[int],
        among: Marks | None = None,
    ) -> Compared:
        """About so many of the nearest vectors, and those of the ids in `also` that have one.

        `among` narrows the nearest to these ids.
        """
        state = self._state
        if state.count == 0 or state.codes.shape[1] != len(query):
            return NOTHING
        near = state.near(query, count, among)
        rows = np.concatenate([near, np.setdiff1d(state.rows(also), near)])
        cosines = state.cosines(rows, query)
        reach = float(cosines[: len(near)].min(initial=1.0))
        order = np.argsort(-cosines, kind="stable")
        rows = rows[order]
        return Compared(state.ids[rows], state.groups[rows], cosines[order], reach)

    def cosines(self, query: Floats, ids: Iterable[int]) -> dict[int, float]:
        """The cosine of each of these ids that has a vector."""
        state = self._state
        rows = state.rows(ids)
        if len(rows) == 0 or state.codes.shape[1] != len(query):
            return {}
        found = state.cosines(rows, query)
        return dict(zip(state.ids[rows].tolist(), found.tolist(), strict=True))

    def means(self, query: Floats, groups: Sequence[int]) -> dict[int, tuple[float, int]]:
        """The mean cosine of all vectors of each of these groups, and how many they are.

        Groups without any are left out.
        """
        state = self._state
        if state.codes.shape[1] != len(query):
            return {}
        directions = state.directions_of(groups)
        if not directions:
            return {}
        matrix = np.stack([direction for direction, _ in directions.values()])
        means = (matrix @ query / max(float(np.linalg.norm(query)), 1e-12)).tolist()
        return {
            group: (mean, count)
            for mean, (group, (_, count)) in zip(means, directions.items(), strict=True)
        }

    def grow_graph(self) -> bool:
        """A slice of work on the graph, where one is due; False when there is none left to do.

        The new graph grows aside and takes the old one's place when it is done.
        """
        if self._growing is None:
            state = self._state
            lag = state.count - state.covered
            if state.count < self.graph_from or lag <= self.graph_lag * state.count:
                return False
            if state.graph and len(state.graph) < _STALE * state.covered:
                self._growing = (state.graph.copy(), state, state.covered)
            else:
                self._growing = (Graph(state.codes.shape[1]), state, 0)
        made, state, done = self._growing
        end = min(done + _SLICE, state.count)
        made.add(state.ids[done:end], state.codes[done:end])
        if end < state.count:
            self._growing = (made, state, end)
            return True
        self._growing = None
        self._use(made)
        return False

    def restore_graph(self, file: Path) -> None:
        """Take up a graph that was saved, as far as its vectors are still here."""
        if self._state.count >= self.graph_from:
            found = graph.load(file, self._state.codes.shape[1])
            if found is not None:
                self._use(found)

    def _use(self, made: Graph) -> None:
        """Put the rows that a graph holds in front, and search through it from now on."""
        state = self._state
        inside = np.zeros(state.count, np.bool_)
        inside[state.rows(made.ids.tolist())] = True
        order = np.concatenate([np.flatnonzero(inside), np.flatnonzero(~inside)])
        covered = int(inside.sum())
        self._state = state.taken(order, made, covered)
