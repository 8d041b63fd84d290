"""Matrix products with what follows them fused behind, and the precision to do them in.

oneDNN adds a bias, a residual or a GELU while the result is still in registers, and reads a weight
that was laid out for it once; on processors where torch's other library does badly that alone is
worth a factor of two. These are the operators that torch's own compiler emits, called without it:
a compiler is the one thing that cannot be expected on a user's machine. A torch without oneDNN (as
on macOS) gets the plain operators. Imported only in the engine.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trivium_models.machine import Machine

_HAS_ONEDNN: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]


class PlainLinear:
    """A weight and what can come after its product."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        weight = cast(weight, dtype)
        self.bytes: int = weight.nbytes
        self._weight = self._laid_out(weight)
        self._bias = None if bias is None else cast(bias, dtype)

    @classmethod
    def of(cls, linear: nn.Linear, dtype: torch.dtype) -> PlainLinear:
        """That of a module."""
        return cls(linear.weight, linear.bias, dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """The product and the bias."""
        return F.linear(x, self._weight, self._bias)

    def gelu(self, x: Tensor) -> Tensor:
        """The GELU of them."""
        return F.gelu(self(x))

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """They and another matrix."""
        return self(x) + other

    def _laid_out(self, weight: Tensor) -> Tensor:
        return weight


class FusedLinear(PlainLinear):
    """The same through oneDNN."""

    def __call__(self, x: Tensor) -> Tensor:
        """See `PlainLinear`."""
        return _pointwise(x, self._weight, self._bias, "none", [], "")

    def gelu(self, x: Tensor) -> Tensor:
        """See `PlainLinear`."""
        return _pointwise(x, self._weight, self._bias, "gelu", [], "none")

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """See `PlainLinear`."""
        return _binary(x, other, self._weight, self._bias, "add")

    def _laid_out(self, weight: Tensor) -> Tensor:
        return _reorder(weight)


def precision(machine: Machine) -> torch.dtype:
    """Bfloat16 where its products run in hardware and through oneDNN, else float32."""
    fast = machine.bf16 and _HAS_ONEDNN and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return torch.bfloat16 if fast else torch.float32


def cast(tensor: Tensor, dtype: torch.dtype) -> Tensor:
    """A parameter as a plain tensor of its own."""
    return tensor.detach().to(dtype).contiguous()


if _HAS_ONEDNN:
    _pointwise: Callable[..., Tensor] = torch.ops.mkldnn._linear_pointwise
    _binary: Callable[..., Tensor] = torch.ops.mkldnn._linear_pointwise.binary
    _reorder: Callable[[Tensor], Tensor] = torch.ops.mkldnn._reorder_linear_weight
    Linear: type[PlainLinear] = FusedLinear
else:
    Linear = PlainLinear
