"""Matrix products with few rows, from weights packed into 4 or 8 bits.

Decoding one token reads every weight once, so its time is that of moving them from memory. Large
products, as in reading a prompt, are bound by arithmetic instead and use the weights as they are.
So a matrix is kept twice. Nothing is lost by 4 bits where the weights came from 4 bits: a file
quantized to 16 levels per group of 32 (GGUF Q4_0, Q4_1) is packed onto the same levels again.
The packed products are torch's own, for AVX2 and AVX-512; whether they pay is tried out once.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

FEW = 12
"""Rows up to which packed products are faster; measured, see docs/notes-decoding.md."""
_GROUP = 32
_LEVELS = 15
_ON_GRID = 0.03
"""Mean distance from the levels, in steps, that rounding to bfloat16 explains (chance: 0.25)."""

Product = Callable[[Tensor], Tensor]


class Linear:
    """`x @ weight.T + bias` for x [rows, inputs], in the dtype it is given to compute in."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        self._weight = weight.contiguous()
        self._bias = None if bias is None else bias.to(dtype)
        self._dtype = dtype
        self._few = pack(self._weight, dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """The product, float32 or bfloat16."""
        if self._few is not None and len(x) <= FEW:
            y = self._few(x)
            return y if self._bias is None else y.add_(self._bias)
        # A no-op where weights are kept in the dtype to compute in.
        return F.linear(x.to(self._dtype), self._weight.to(self._dtype), self._bias)


def pack(weight: Tensor, dtype: torch.dtype) -> Product | None:
    """The product with packed weights; None where packing would lose quality or time."""
    rows, inputs = weight.shape
    if rows % 64 or inputs % 64:
        return None
    four = _four_bits(weight) if _pays(4, dtype) else None
    return four or (_eight_bits(weight) if _pays(8, dtype) else None)


def _four_bits(weight: Tensor) -> Product | None:
    """Groups of 32 weights on 16 levels, if that is where the weights already are."""
    rows, inputs = weight.shape
    groups = weight.float().view(rows, inputs // _GROUP, _GROUP)
    low = groups.amin(-1, keepdim=True)
    step = ((groups.amax(-1, keepdim=True) - low) / _LEVELS).clamp_min(1e-9)
    places = (groups - low) / step
    levels = places.round()
    if (places - levels).abs().mean() > _ON_GRID:
        return None
    packed = torch._convert_weight_to_int4pack_for_cpu(levels.int().view(rows, inputs), 1)
    # The kernel computes (level - 8) * step + zero.
    scales = torch.cat([step, low + 8 * step], -1).transpose(0, 1).contiguous().bfloat16()
    product = torch.ops.aten._weight_int4pack_mm_for_cpu.default
    return lambda x: product(x.bfloat16(), packed, _GROUP, scales)


def _eight_bits(weight: Tensor) -> Product:
    """Each output's weights in 255 levels; activations stay in bfloat16."""
    scales = weight.float().abs().amax(1).clamp_min(1e-9) / 127
    packed = (weight.float() / scales[:, None]).round().to(torch.int8)
    scales = scales.bfloat16()
    product = torch.ops.aten._weight_int8pack_mm.default
    return lambda x: product(x.bfloat16(), packed, scales)


@cache
def _pays(bits: int, dtype: torch.dtype) -> bool:
    """Whether this machine's packed product exists, is right, and beats the plain one."""
    weight = ((torch.arange(3072 * 576).view(3072, 576) % (_LEVELS + 1) - 7.5) / 64).bfloat16()
    x = torch.linspace(-1, 1, 576).view(1, -1).bfloat16()
    plain = weight.to(dtype)
    try:
        few = _four_bits(weight) if bits == 4 else _eight_bits(weight)
        assert few is not None
        right = torch.allclose(few(x).float(), F.linear(x.float(), weight.float()), atol=0.2)
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return right and _seconds(lambda: few(x)) < _seconds(lambda: F.linear(x.to(dtype), plain))


def _seconds(compute: Callable[[], object]) -> float:
    """Processor time of a computation, the best of a few."""
    times = []
    for _ in range(15):
        start = time.thread_time()
        compute()
        times.append(time.thread_time() - start)
    return min(times)
