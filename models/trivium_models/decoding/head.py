"""The last product: from hidden states to logits over the whole vocabulary.

In a small model this is a quarter of all weights. They are read in 4 or 8 bits, whichever this
machine does faster, and the likeliest tokens, the only ones whose order matters, are computed
again exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.decoding.linear import Product, packable, rounded_to_four_bits, seconds

_EXACT = 32
"""Likeliest tokens whose logits are exact."""
_SMALL = 1 << 22
"""Weights that stay in the processor's cache: reading fewer bytes gains nothing."""


class Head:
    """Logits, float32 [rows, vocabulary], of hidden states, float32 [rows, hidden]."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight
        self._product = _fastest(weight)

    def __call__(self, hidden: Tensor) -> Tensor:
        """The logits; all but those of the likeliest tokens are off by some tenths."""
        if self._product is None:
            return _plain(self._weight, hidden)
        logits = self._product(hidden).float()
        best = logits.topk(min(_EXACT, logits.shape[1]), sorted=False).indices
        exact = torch.bmm(self._weight[best].float(), hidden.unsqueeze(2)).squeeze(2)
        return logits.scatter_(1, best, exact)


def _fastest(weight: Tensor) -> Product | None:
    """The packed product that is faster here than the plain one, tried on some of the tokens."""
    if weight.numel() < _SMALL or not packable(weight):
        return None
    some = weight[: _SMALL // weight.shape[1] // 64 * 64]
    x = torch.ones(3, weight.shape[1])  # A pass has one row to four, mostly.
    took: dict[Callable[[Tensor], Product] | None, float]
    took = {None: seconds(lambda x: _plain(some, x), x)}
    for pack in (rounded_to_four_bits, _eight_bits):
        try:
            took[pack] = seconds(pack(some), x)
        except (AttributeError, NotImplementedError, RuntimeError):
            continue  # As on arm64, where torch has not all of them.
    best = min(took, key=took.__getitem__)
    return best and best(weight)


def _plain(weight: Tensor, hidden: Tensor) -> Tensor:
    return F.linear(hidden.to(weight.dtype), weight).float()


def _eight_bits(weight: Tensor) -> Product:
    """The product of integers: 8-bit weights and each row of states in 8 bits as well."""
    scales = weight.float().abs().amax(1).clamp_min(1e-9) / 127
    levels = (weight.float() / scales[:, None]).round().to(torch.int8)
    packed = torch.ops.onednn.qlinear_prepack(levels, None)
    zeros = torch.zeros(len(levels), dtype=torch.int32)

    def product(hidden: Tensor) -> Tensor:
        largest = torch.linalg.vector_norm(hidden, torch.inf, 1, keepdim=True)
        states = torch.add(128.5, hidden / largest, alpha=127).to(torch.uint8)
        logits: Tensor = torch.ops.onednn.qlinear_pointwise(
            states, 1 / 127, 128, packed, scales, zeros,
            None, 1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        return logits.mul_(largest)

    return product
