"""Matrix products from weights packed into 8 and 4 bits.

Decoding one token reads every weight once, so its time is that of moving them from memory. So for
few rows a matrix is kept in 4 bits, if that loses nothing: weights of a file quantized to 16 levels
per group of 32 (GGUF Q4_0, Q4_1) are packed onto the same levels again; else it is kept in 8 bits.
Reading a prompt is bound by arithmetic instead, which bfloat16 does best. A small model has its
weights in bfloat16 as well, laid out for that; a large one converts those in 8 bits on the way into
each large product. Activations stay in bfloat16; rounding them to 8 bits changed every twelfth
token.
The packed products are torch's own, for AVX2 and AVX-512; whether they pay is tried out once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models import fused
from trivium_models.timing import least_seconds

FEW = 12
"""Rows up to which packed products are faster than converted weights (docs/notes-decoding.md) …"""
_FEW_IF_KEPT = 8
"""… and than those that need no conversion."""
_GROUP = 32
_LEVELS = 15
_ON_GRID = 0.03
"""Mean distance from the levels, in steps, that rounding to bfloat16 explains (chance: 0.25)."""

Product = Callable[[Tensor], Tensor]


class Plain:
    """`x @ weight.T + bias` for x [rows, inputs], with weights in the dtype to compute in."""

    few = FEW
    """Rows up to which to call it as it is; for more there is `for_many`."""

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype) -> None:
        """The weight may be changed or freed afterwards."""
        self._weight = weight.detach().to(dtype, copy=True)
        self._bias = None if bias is None else bias.detach().to(dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """The product, in that dtype."""
        return F.linear(x.to(self._weight.dtype), self._weight, self._bias)

    def for_many(self) -> Product:
        """The same for many rows."""
        return self


class Packed:
    """The same with weights in 4 bits for few rows, where that is exact, and else in 8."""

    def __init__(
        self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype, *, roomy: bool
    ) -> None:
        """See `Plain`; `roomy` lets the weights for many rows be kept in bfloat16."""
        weight = weight.detach()
        self._dtype = dtype
        self._bias = None if bias is None else bias.detach().to(dtype)
        exact = four_bits(weight) if _pays(4, dtype) else None
        self._many: _Kept | _Converted
        if exact and roomy and dtype == torch.bfloat16:
            self._few, self._many = exact, _Kept(weight)
            self.few = _FEW_IF_KEPT
        else:
            self.few = FEW
            levels, scales = eight_bits(weight)
            self._many = _Converted(levels, scales.to(dtype))
            self._few = exact or eight_bit_product(levels, scales)

    def __call__(self, x: Tensor) -> Tensor:
        """The product of few rows, in bfloat16."""
        return self._with_bias(self._few(x))

    def for_many(self) -> Product:
        """The product of many rows, in the dtype; it may hold converted weights."""
        product = self._many.ready()
        return lambda x: self._with_bias(product(x.to(self._dtype)))

    def _with_bias(self, product: Tensor) -> Tensor:
        return product if self._bias is None else product.add_(self._bias)


class _Kept:
    """Weights laid out in bfloat16: two bytes each, and no time before a product."""

    def __init__(self, weight: Tensor) -> None:
        self._product = fused.Linear(weight, None, torch.bfloat16)

    def ready(self) -> Product:
        return self._product


class _Converted:
    """Weights in 8 bits, which are converted anew for each pass."""

    def __init__(self, levels: Tensor, scales: Tensor) -> None:
        self._levels, self._scales = levels, scales

    def ready(self) -> Product:
        weight = self._levels.to(self._scales.dtype)
        return lambda x: F.linear(x, weight).mul_(self._scales)


Linear = Plain | Packed


def linear(weight: Tensor, bias: Tensor | None, dtype: torch.dtype, *, roomy: bool) -> Linear:
    """A product to be computed in a dtype, packed if that pays on this machine; see `Packed`."""
    if packable(weight) and (_pays(4, dtype) or _pays(8, dtype)):
        return Packed(weight, bias, dtype, roomy=roomy)
    return Plain(weight, bias, dtype)


def eight_bits(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Int8 levels and each output's float32 scale: the weight is their product.

    The scales are numbers that bfloat16 holds exactly: a product stays in its dtype when it is
    scaled, which with float32 scales cost two copies of it.
    """
    weight = weight.float()
    scales = (weight.abs().amax(1).clamp_min(1e-9) / 127).bfloat16().float()
    return (weight / scales[:, None]).round().to(torch.int8), scales


def eight_bit_product(levels: Tensor, scales: Tensor) -> Product:
    """The product for few rows, in bfloat16."""
    scales = scales.bfloat16()
    product = torch.ops.aten._weight_int8pack_mm.default
    return lambda x: product(x.bfloat16(), levels, scales)


def four_bits(weight: Tensor) -> Product | None:
    """The product for few rows, if groups of 32 weights are on 16 levels already."""
    places, low, step = _sixteen_levels(weight)
    if (places - places.round()).abs_().mean() > _ON_GRID:
        return None
    return _four_bit_product(places, low, step)


def rounded_to_four_bits(weight: Tensor) -> Product:
    """The product for few rows, in bfloat16; raises RuntimeError and its like where it is not."""
    return _four_bit_product(*_sixteen_levels(weight))


def pays(weight: Tensor, dtype: torch.dtype) -> bool:
    """Whether products of few rows are faster in 8 bits, for a weight of this shape."""
    return packable(weight) and _pays(8, dtype)


def packable(weight: Tensor) -> bool:
    """Whether a weight has a shape that packed products can have."""
    return all(size % 64 == 0 for size in weight.shape)


def _sixteen_levels(weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where on 16 levels each weight lies [rows, groups, 32], and a group's lowest and step."""
    groups = weight.float().view(len(weight), -1, _GROUP)
    low = groups.amin(-1, keepdim=True)
    step = ((groups.amax(-1, keepdim=True) - low) / _LEVELS).clamp_min(1e-9)
    return (groups - low).div_(step), low, step


def _four_bit_product(places: Tensor, low: Tensor, step: Tensor) -> Product:
    levels = places.round().int().flatten(1)
    packed = torch._convert_weight_to_int4pack_for_cpu(levels, 1)
    # The kernel computes (level - 8) * step + zero.
    scales = torch.cat([step, low + 8 * step], -1).transpose(0, 1).contiguous().bfloat16()
    product = torch.ops.aten._weight_int4pack_mm_for_cpu.default
    return lambda x: product(x.bfloat16(), packed, _GROUP, scales)


@cache
def _pays(bits: int, dtype: torch.dtype) -> bool:
    """Whether this machine's packed product exists, is right, and beats the plain one."""
    weight = ((torch.arange(3072 * 576).view(3072, 576) % (_LEVELS + 1) - 7.5) / 64).bfloat16()
    x = torch.linspace(-1, 1, 576).view(1, -1).bfloat16()
    plain = Plain(weight, None, dtype)
    try:
        few = four_bits(weight) if bits == 4 else eight_bit_product(*eight_bits(weight))
        assert few is not None
        right = torch.allclose(few(x).float(), F.linear(x.float(), weight.float()), atol=0.2)
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return right and seconds(few, x) < seconds(plain, x)


def seconds(product: Product, x: Tensor) -> float:
    """Processor time of a product whose weights are not in the processor's cache."""
    others = torch.zeros(1 << 24)

    def calls() -> Iterator[Callable[[], Tensor]]:
        for _ in range(5):
            others.add_(1.0)
            yield lambda: product(x)

    return least_seconds(calls())
