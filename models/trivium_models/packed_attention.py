"""Softmax attention over packed sentences, two ways, and which of them this machine does faster.

Where torch's fused kernel multiplies in the processor's own precision (AMX, Intel in general) it
is up to twice as fast as batched products; elsewhere it converts everything to float32 and takes
three times as long. Nothing a processor says of itself decides that, so both are tried once. The
queries carry a scale for powers of two, which are cheaper than those of e in the second way.
Imported only in the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.timing import least_seconds

Attention = Callable[[Tensor, Sequence[int], int], Tensor]
"""From [tokens, 3 * hidden], each sentence's length and the heads: the context [tokens, hidden].

Tokens behind the last sentence are padding; their context is zero.
"""

_STEP = 32
"""Tokens that the window of a batched product is a multiple of."""
_LARGE = 2.0**64
"""Up to this sum of powers, and down to its inverse, products with values are surely numbers."""
_TRIAL = (192, 256, 64)
"""Lengths of the sentences that the trial begins with; each round has others, as texts have."""


def fused(qkv: Tensor, lengths: Sequence[int], heads: int) -> Tensor:
    """Attention by torch's fused kernel."""
    query, key, value = qkv.view(1, len(qkv), 3, heads, -1).permute(2, 0, 3, 1, 4)
    context = qkv.new_zeros(len(qkv), heads, query.shape[-1])
    end = 0
    for length in lengths:
        start, end = end, end + length
        inside = slice(start, end)
        context[inside] = F.scaled_dot_product_attention(
            query[:, :, inside], key[:, :, inside], value[:, :, inside], scale=math.log(2)
        )[0].transpose(0, 1)
    return context.flatten(1)


def batched(qkv: Tensor, lengths: Sequence[int], heads: int) -> Tensor:
    """Attention by two batched products.

    The largest score of a row is subtracted only when a power, or its product with a value, has
    overflowed. One layer of MiniLM has sums of 2^100 all the time, and of 2^127 in one of thousands
    of texts.
    """
    context, sums = _attend(qkv, lengths, heads, torch.exp2_)
    least, most = (float(each) for each in sums[:, : sum(lengths)].aminmax())
    sound = 1 / _LARGE < least <= most < math.inf  # Nothing is true of what is not a number.
    if not sound or (most > _LARGE and not context.isfinite().all()):
        context, _ = _attend(qkv, lengths, heads, _shifted_powers)
    return context


def faster(hidden: int, heads: int, dtype: torch.dtype) -> Attention:
    """The one that takes less time here; tried for some hundredths of a second.

    On one thread, as each micro-batch has one: the fused kernel shares its work among threads, the
    batched products of so short sentences gain nothing by a second one.
    """
    qkv = torch.zeros(sum(_TRIAL), 3 * hidden, dtype=dtype)
    rounds = [[length - shorter for length in _TRIAL] for shorter in range(0, 20, 5)]
    return min(
        (fused, batched),
        key=lambda way: least_seconds(partial(way, qkv, lengths, heads) for lengths in rounds),
    )


def _attend(
    qkv: Tensor, lengths: Sequence[int], heads: int, powers: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """The context, and the sum of each row's powers [heads, tokens, 1].

    A product reads a window of whole steps around its sentence, since oneDNN makes a kernel for
    each length that it meets; what the window shows of other sentences is hidden.
    """
    parts = qkv.view(len(qkv), 3, heads, -1).permute(1, 2, 0, 3)
    context = qkv.new_zeros(len(qkv), heads, parts.shape[-1])
    sums = qkv.new_empty(heads, len(qkv), 1)
    end = 0
    for length in lengths:
        start, end = end, end + length
        window = _window(start, length, len(qkv))
        inside = slice(start - window.start, end - window.start)
        query, key, value = parts[:, :, window]
        scores = torch.bmm(query, key.transpose(1, 2))
        scores[:, :, : inside.start] = scores[:, :, inside.stop :] = -math.inf
        weights = powers(scores)
        total = torch.sum(weights, -1, keepdim=True)[:, inside]
        mixed = torch.bmm(weights, value)[:, inside]
        torch.div(mixed, total, out=context[start:end].transpose(0, 1))
        sums[:, start:end] = total
    return context.flatten(1), sums


def _window(start: int, length: int, tokens: int) -> slice:
    """Whole steps with a sentence inside, or all tokens if they are fewer."""
    whole = min(-(-length // _STEP) * _STEP, tokens)
    first = min(start, tokens - whole)
    return slice(first, first + whole)


def _shifted_powers(scores: Tensor) -> Tensor:
    return torch.exp2_(scores - scores.amax(-1, keepdim=True))
