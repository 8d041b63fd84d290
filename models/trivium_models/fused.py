"""Matrix products with what follows them fused behind, and the precision to do them in.

oneDNN adds a bias, a residual or a GELU while the result is still in registers, and reads a weight
that was laid out for it once; on processors where torch's other library does badly that alone is
worth a factor of two. These are the operators that torch's own compiler emits, called without it:
a compiler is the one thing that cannot be expected on a user's machine. Where that gains nothing
(AVX2 alone) the plain operators serve, which need 60 MB less: no kernel for each number of rows and
no other layout. A torch without oneDNN (as on macOS) has only those. Imported only in the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trivium_models.machine import Machine
from trivium_models.timing import least_seconds

_HAS_ONEDNN: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]


class PlainLinear:
    """A weight and what can come after its product, by torch's default library."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        weight = cast(weight, dtype)
        self.bytes: int = weight.nbytes
        self._weight = self._laid_out(weight)
        self._bias = None if bias is None else cast(bias, dtype)

    @classmethod
    def of(cls, linear: nn.Linear, dtype: torch.dtype) -> PlainLinear:
        """That of a module."""
        return cls(linear.weight, linear.bias, dtype)

    @staticmethod
    def height(rows: int) -> int:
        """To how many rows a matrix of so many is to be filled up."""
        return rows

    def __call__(self, x: Tensor) -> Tensor:
        """The product and the bias."""
        return F.linear(x, self._weight, self._bias)

    def gelu(self, x: Tensor) -> Tensor:
        """The GELU of them."""
        product: Tensor = torch.ops.aten.gelu_(self(x))
        return product

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """They and another matrix."""
        return self(x).add_(other)

    def _laid_out(self, weight: Tensor) -> Tensor:
        return weight


class FusedLinear(PlainLinear):
    """The same through oneDNN, which makes a kernel for each number of rows that it meets."""

    @staticmethod
    def height(rows: int) -> int:
        """Few heights, and a low one for a question, which has some twelve tokens."""
        return 16 if rows <= 16 else -(-rows // 32) * 32

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


@cache
def faster(dtype: torch.dtype) -> type[PlainLinear]:
    """The kind that takes less time on this machine, tried with a GELU behind it.

    In bfloat16 the default library is oneDNN as well, with a new kernel for every number of rows.
    """
    if not _HAS_ONEDNN:
        return PlainLinear
    if dtype != torch.float32:
        return FusedLinear
    weight, x = torch.zeros(1536, 384), torch.zeros(512, 384, dtype=dtype)

    def seconds(kind: type[PlainLinear]) -> float:
        return least_seconds([partial(kind(weight, None, dtype).gelu, x)] * 5)

    return min((PlainLinear, FusedLinear), key=seconds)


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
