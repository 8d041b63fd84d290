"""Keys and values of one layer and attention over them, two ways, and which is faster here.

Torch's fused kernel multiplies in the processor's own precision where there is AMX and takes half
the time of two batched products there; on other processors it converts everything to float32 and
takes ten times as long. Nothing a processor says of itself decides that, so both are tried once.

In comments: M new tokens, T all tokens, K key-value heads, G query heads for each, D per head.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.timing import least_seconds

BLOCK = 128
"""At most so many tokens look back at once, at what the last of them sees and no further."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some new tokens, by their rows, and the part of the cache that they look at."""

    start: int
    end: int
    total: int
    mask: Tensor | None
    """Minus infinity where a token must not look, [M * G, the last tokens of `total`]."""


class Products:
    """Two batched products with a softmax between them."""

    def __init__(self, kv_heads: int, per_head: int) -> None:
        # Keys are kept transposed: both products then read along rows.
        self._keys = torch.empty(kv_heads, per_head, 0)
        self._values = torch.empty(kv_heads, 0, per_head)

    @staticmethod
    def block(start: int, first: int, end: int, groups: int, dtype: torch.dtype) -> Block:
        """Of the tokens from `first` to `end`, in a slice that begins at `start`.

        Whole blocks of the cache are read: oneDNN prepares a kernel for each new length.
        """
        seen, total = first // BLOCK * BLOCK, -(-end // BLOCK) * BLOCK
        mask = _mask(range(seen, total), range(first, end), groups, dtype)
        return Block(first - start, end - start, total, mask)

    def reserve(self, capacity: int, length: int, dtype: torch.dtype) -> None:
        """Move what is remembered of `length` tokens into a larger cache."""
        kv_heads, per_head, _ = self._keys.shape
        # Zeros, because a masked place still must not hold what is not a number.
        keys = torch.zeros(kv_heads, per_head, capacity, dtype=dtype)
        values = torch.zeros(kv_heads, capacity, per_head, dtype=dtype)
        keys[:, :, :length] = self._keys[:, :, :length]
        values[:, :length] = self._values[:, :length]
        self._keys, self._values = keys, values

    def write(self, start: int, both: Tensor) -> None:
        """Remember tokens from `start` on: keys, then values, [M, 2 * K, D]."""
        heads = len(self._keys)
        self._keys[:, :, start : start + len(both)] = both[:, :heads].permute(1, 2, 0)
        self._values[:, start : start + len(both)] = both[:, heads:].transpose(0, 1)

    def mix(self, query: Tensor, block: Block) -> Tensor:
        """What scaled queries [K, M * G, D] find, in the same shape."""
        scores = torch.bmm(query, self._keys[:, :, : block.total])
        if block.mask is not None:
            scores[:, :, block.total - block.mask.shape[1] :].add_(block.mask)
        return torch.bmm(scores.softmax(-1), self._values[:, : block.total])


class Fused:
    """Torch's fused kernel."""

    def __init__(self, kv_heads: int, per_head: int) -> None:
        self._both = torch.empty(2 * kv_heads, 0, per_head)

    @staticmethod
    def block(start: int, first: int, end: int, groups: int, dtype: torch.dtype) -> Block:
        """See `Products.block`; every length is read as it is."""
        one = first + 1 == end
        mask = None if one else _mask(range(end), range(first, end), groups, dtype)
        return Block(first - start, end - start, end, mask)

    def reserve(self, capacity: int, length: int, dtype: torch.dtype) -> None:
        """See `Products.reserve`."""
        heads, _, per_head = self._both.shape
        both = torch.zeros(heads, capacity, per_head, dtype=dtype)
        both[:, :length] = self._both[:, :length]
        self._both = both

    def write(self, start: int, both: Tensor) -> None:
        """See `Products.write`."""
        self._both[:, start : start + len(both)] = both.transpose(0, 1)

    def mix(self, query: Tensor, block: Block) -> Tensor:
        """See `Products.mix`."""
        keys, values = self._both[None, :, : block.total].tensor_split(2, 1)
        return F.scaled_dot_product_attention(
            query[None], keys, values, attn_mask=block.mask, scale=1.0
        )[0]


Attention = Products | Fused


def faster(kv_heads: int, per_head: int, groups: int, dtype: torch.dtype) -> type[Attention]:
    """The way that takes less time here; tried for some hundredths of a second, on one thread."""

    def seconds(kind: type[Attention]) -> float:
        cache = kind(kv_heads, per_head)
        cache.reserve(4 * BLOCK, 0, dtype)
        # Masks are made once a pass, not in each layer: they do not count.
        starts = (4 * BLOCK - 1, 3 * BLOCK)
        blocks = [kind.block(first, first, 4 * BLOCK, groups, dtype) for first in starts]

        def look() -> None:
            for block in blocks:
                rows = (block.end - block.start) * groups
                cache.mix(torch.zeros(kv_heads, rows, per_head, dtype=dtype), block)

        return least_seconds([look] * 5)

    kinds: list[type[Attention]] = [Products, Fused]
    return min(kinds, key=seconds)


def _mask(looked_at: range, looking: range, groups: int, dtype: torch.dtype) -> Tensor:
    places = torch.arange(looked_at.start, looked_at.stop)
    hidden = places > torch.arange(looking.start, looking.stop)[:, None]
    mask = torch.zeros(hidden.shape, dtype=dtype).masked_fill_(hidden, -torch.inf)
    return mask.repeat_interleave(groups, 0)
