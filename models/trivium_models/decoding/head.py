"""The last product: from hidden states to logits over the whole vocabulary.

In a small model this is a quarter of all weights. They are read in 8 bits, and the likeliest
tokens, the only ones whose order matters, are computed again exactly.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_EXACT = 32
"""Likeliest tokens whose logits are exact."""


_SMALL = 1 << 22
"""Weights that stay in the processor's cache: reading fewer bytes gains nothing."""


class Head:
    """Logits, float32 [rows, vocabulary], of hidden states, float32 [rows, hidden]."""

    def __init__(self, weight: Tensor) -> None:
        self._weight = weight
        self._packed: Tensor | None = None
        if weight.numel() < _SMALL:
            return
        try:
            self._pack()
        except (AttributeError, NotImplementedError, RuntimeError):
            self._packed = None

    def __call__(self, hidden: Tensor) -> Tensor:
        """The logits; those of all but the likeliest tokens are within about a hundredth."""
        if self._packed is None:
            return F.linear(hidden.to(self._weight.dtype), self._weight).float()
        logits = self._approximate(hidden)
        best = logits.topk(min(_EXACT, logits.shape[1]), sorted=False).indices
        exact = torch.bmm(self._weight[best].float(), hidden.unsqueeze(2)).squeeze(2)
        return logits.scatter_(1, best, exact)

    def _pack(self) -> None:
        """Each token's weights in 255 levels, in the layout of oneDNN; then a trial."""
        self._scales = self._weight.float().abs().amax(1).clamp_min(1e-9) / 127
        levels = (self._weight.float() / self._scales[:, None]).round().to(torch.int8)
        self._packed = torch.ops.onednn.qlinear_prepack(levels, None)
        self._zeros = torch.zeros(len(levels), dtype=torch.int32)
        self._approximate(torch.ones(1, levels.shape[1]))

    def _approximate(self, hidden: Tensor) -> Tensor:
        """The product of integers: 8-bit weights and each row of states in 8 bits as well."""
        largest = torch.linalg.vector_norm(hidden, torch.inf, 1, keepdim=True)
        levels = torch.add(128.5, hidden / largest, alpha=127).to(torch.uint8)
        logits: Tensor = torch.ops.onednn.qlinear_pointwise(
            levels, 1 / 127, 128, self._packed, self._scales, self._zeros,
            None, 1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        return logits.mul_(largest)
