"""One layer of the Llama architecture, with as few operations per token as torch allows.

Takes its weights out of a layer of transformers, the products joined (query, key and value; gate
and up). Knows neither how many layers there are nor who goes through them when.
In comments: M new tokens, K key-value heads, G query heads for each, D per head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.decoding.attention import Attention, Block
from trivium_models.decoding.linear import Product, linear
from trivium_models.decoding.slices import Slice


@dataclass(frozen=True, slots=True)
class Shape:
    """The heads of an attention."""

    heads: int
    kv_heads: int
    per_head: int

    @classmethod
    def of(cls, config: Any) -> Shape:  # noqa: ANN401
        """That of a model of transformers."""
        heads = config.num_attention_heads
        per_head = getattr(config, "head_dim", None) or config.hidden_size // heads
        return cls(heads, config.num_key_value_heads or heads, per_head)

    @property
    def groups(self) -> int:
        """Query heads for each key-value head."""
        return self.heads // self.kv_heads


@dataclass(frozen=True, slots=True)
class Place:
    """Where the new tokens of a slice stand, and what they may look at."""

    slice: Slice
    start: int
    rotation: Tensor
    """Complex64 [M, H + 2 * K, D/2]; one for values, which are not turned."""
    blocks: list[Block]


class Weights(NamedTuple):
    """A layer's products: those of joined queries, keys and values, and so on."""

    qkv: Product
    out: Product
    gate_up: Product
    down: Product


class Layer:
    """One block: attention, then the gated feed-forward network; both add to x in place."""

    def __init__(
        self,
        module: Any,  # noqa: ANN401
        shape: Shape,
        attention: type[Attention],
        eps: float,
        dtype: torch.dtype,
        *,
        roomy: bool,
    ) -> None:
        """`roomy` as in `linear.Packed`."""
        out, down = module.self_attn.o_proj, module.mlp.down_proj
        self._shape = shape
        self._dtype = dtype
        self._norm = Norm(module.input_layernorm.weight, eps)
        self._mlp_norm = Norm(module.post_attention_layernorm.weight, eps)
        self._products = (
            linear(*_joined_attention(module.self_attn, shape), dtype, roomy=roomy),
            linear(out.weight, out.bias, dtype, roomy=roomy),
            linear(*_joined(module.mlp.gate_proj, module.mlp.up_proj), dtype, roomy=roomy),
            linear(down.weight, down.bias, dtype, roomy=roomy),
        )
        self.few = min(product.few for product in self._products)
        """Rows up to which a pass is one over few."""
        self.cache = attention(shape.kv_heads, shape.per_head)

    def weights(self, rows: int) -> Weights:
        """The products for so many rows; those for many hold converted weights while they live."""
        if rows <= self.few:
            return Weights(*self._products)
        return Weights(*(product.for_many() for product in self._products))

    def __call__(self, x: Tensor, place: Place, weights: Weights) -> None:
        """Change the residual stream x, float32 [M, hidden], and remember keys and values."""
        query = self._remember(weights.qkv(self._norm(x)), place)
        place.slice.written()
        x.add_(weights.out(self._attend(query, place)))
        gate, up = weights.gate_up(self._mlp_norm(x)).chunk(2, 1)
        x.add_(weights.down(F.silu(gate).mul_(up)))

    def _remember(self, qkv: Tensor, place: Place) -> Tensor:
        """Put keys and values into the cache; the queries, turned to their places, [K, M, G, D]."""
        heads, kv_heads, per_head = self._shape.heads, self._shape.kv_heads, self._shape.per_head
        pairs = torch.view_as_complex(qkv.float().view(*place.rotation.shape, 2))
        rotated = torch.view_as_real(pairs * place.rotation).flatten(2)
        self.cache.write(place.start, rotated[:, heads:])
        query = rotated[:, :heads].to(self._dtype).view(len(qkv), kv_heads, -1, per_head)
        return query.transpose(0, 1)

    def _attend(self, query: Tensor, place: Place) -> Tensor:
        """Attention of M tokens over all, [M, H * D]; the scale is in the query's weights."""
        mixed = [self._mix(query[:, block.start : block.end], block) for block in place.blocks]
        return mixed[0] if len(mixed) == 1 else torch.cat(mixed)

    def _mix(self, query: Tensor, block: Block) -> Tensor:
        # The G queries of one key-value head become G rows of one product: [K, M * G, D].
        kv_heads, rows, _, per_head = query.shape
        mixed = self.cache.mix(query.reshape(kv_heads, -1, per_head), block)
        return mixed.view(kv_heads, rows, -1, per_head).transpose(0, 1).reshape(rows, -1)


class Norm:
    """Root mean square normalisation, x / sqrt(mean(x²) + eps) * weight, in four calls."""

    def __init__(self, weight: Tensor, eps: float) -> None:
        size = len(weight)
        self._weight = weight.detach().float() * size**0.5
        self._floor = torch.tensor((size * eps) ** 0.5)

    def __call__(self, x: Tensor) -> Tensor:
        """Float32 [M, hidden] to the same."""
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return torch.div(x, torch.hypot(length, self._floor)).mul_(self._weight)


def _joined_attention(attention: Any, shape: Shape) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
    """Weights and biases of query, key and value as one product.

    Rotary pairs, which transformers keep half a head apart, are moved side by side, where they are
    complex numbers; scores are sums over pairs and do not change. Queries are scaled beforehand.
    """
    order = torch.arange(shape.per_head).view(2, -1).t().reshape(-1)

    def paired(parameter: Tensor, heads: int) -> Tensor:
        by_head = parameter.detach().view(heads, shape.per_head, *parameter.shape[1:])
        return by_head[:, order].flatten(0, 1)

    q, k, v = attention.q_proj, attention.k_proj, attention.v_proj
    scale = shape.per_head**-0.5
    weight = [paired(q.weight, shape.heads) * scale, paired(k.weight, shape.kv_heads), v.weight]
    if q.bias is None:
        return torch.cat(weight).detach(), None
    bias = [paired(q.bias, shape.heads) * scale, paired(k.bias, shape.kv_heads), v.bias]
    return torch.cat(weight).detach(), torch.cat(bias).detach()


def _joined(first: Any, second: Any) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
    weight = torch.cat([first.weight, second.weight]).detach()
    if first.bias is None:
        return weight, None
    return weight, torch.cat([first.bias, second.bias]).detach()
