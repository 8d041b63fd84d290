"""The scoring rule of the search questions: NDCG@10 over places in files.

A target's rank is that of the first place in its file that overlaps its lines, where it names
lines. Two targets at one rank count once; the ideal has all targets at the top.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.search_sources import Target

DEPTH = 10


@dataclass(frozen=True, slots=True)
class Place:
    """A result: lines from 1, the last one inclusive."""

    path: str
    first: int
    last: int


def ndcg(places: Sequence[Place], targets: Sequence[Target]) -> float:
    """Between 0, no target among the first ten, and 1, all targets before everything else."""
    ranks = {rank for target in targets if (rank := _rank(places[:DEPTH], target))}
    ideal = sum(_discount(rank) for rank in range(1, min(len(targets), DEPTH) + 1))
    return sum(map(_discount, ranks)) / ideal


def same_file(left: str, right: str) -> bool:
    """Whether two paths name one file, one of them perhaps seen from further down."""
    return left == right or left.endswith(f"/{right}") or right.endswith(f"/{left}")


def _rank(places: Sequence[Place], target: Target) -> int:
    for rank, place in enumerate(places, 1):
        if same_file(place.path, target.path) and _overlaps(place, target):
            return rank
    return 0


def _overlaps(place: Place, target: Target) -> bool:
    if target.first is None or target.last is None:
        return True
    return place.first <= target.last and target.first <= place.last


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)
