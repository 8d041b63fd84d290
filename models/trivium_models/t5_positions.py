"""Where a T5 finds what it adds to the score of a key: by how far the key is from the query.

Distances share buckets, the farther the more of them. Knows nothing of blocks.
Source: Raffel et al. 2020, section 2.1; the buckets are those of its code.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor


def position_biases(weight: Tensor, distances: Tensor, farthest: int, *, ahead: bool) -> Tensor:
    """Float32 [1, heads, queries, keys] for distances [queries, keys]: key less query.

    `weight` has a row for each bucket; keys beyond `farthest` share the last. `ahead` tells whether
    keys may lie ahead, which then have half of the buckets.
    """
    return weight[_buckets(distances, len(weight), farthest, ahead=ahead)].permute(2, 0, 1)[None]


def _buckets(distances: Tensor, count: int, farthest: int, *, ahead: bool) -> Tensor:
    first = torch.zeros_like(distances)
    if ahead:
        count //= 2
        first = (distances > 0) * count
        behind = distances.abs()
    else:
        behind = (-distances).clamp_min(0)
    exact = count // 2
    # Half of the buckets hold one distance each, the others grow with its logarithm.
    further = (behind.float().clamp_min(1) / exact).log() / math.log(farthest / exact)
    shared = (exact + (further * (count - exact)).long()).clamp_max(count - 1)
    return first + torch.where(behind < exact, behind, shared)
