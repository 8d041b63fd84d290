"""The Llama architecture with as few operations per token as torch allows.

transformers' own forward spends most of a small model's time between the matrix products. Here
the weights are taken out of the loaded model and the products joined (query, key and value; gate
and up), the KV cache is allocated ahead, and a layer is about 25 calls. The result is that of
transformers, to the precision of the dtype (tests/models/test_decoder_llama.py).

Llama, Mistral without a sliding window, Qwen2 and SmolLM are of this architecture.
In comments: M new tokens, T all tokens, H heads, K key-value heads, G = H / K, D per head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.architectures import Steps
from trivium_models.crew import Crew
from trivium_models.decoding.attention import BLOCK, Attention, Block, faster
from trivium_models.decoding.head import Head
from trivium_models.decoding.linear import FEW, Product, linear
from trivium_models.decoding.slices import Slice, cut
from trivium_models.decoding.threads import one_thread

_CLASSES = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM")
_ROPES = ("default", "linear", "llama3")
"""Rotary embeddings whose frequencies do not depend on the length of the text."""
_ROWS = 32
"""Many rows are filled up to a multiple of this: a kernel for each number takes 4 MB and 3 ms."""
_STEP = 512
"""Tokens by which the cache grows; in most models some tens of megabytes."""
_WORK = 2560
"""Rows times layers between two yields: what a keystroke waits for."""


def fits(model: Any) -> bool:  # noqa: ANN401  (transformers is untyped here)
    """Whether a model of transformers is of this architecture, without exceptions to it."""
    config = model.config
    rope = getattr(config, "rope_parameters", None) or {}
    return (
        type(model).__name__ in _CLASSES
        and config.hidden_act == "silu"
        and rope.get("rope_type", "default") in _ROPES
        and not _slides(config)
        and all(p.dtype.is_floating_point for p in model.parameters())
    )


class LlamaNetwork:
    """See `network.Network`."""

    draft = 3
    piece = 640

    def __init__(self, model: Any, dtype: torch.dtype, threads: int) -> None:  # noqa: ANN401
        """Take the weights out of a model of transformers, which is empty afterwards.

        `dtype` is what to compute in: bfloat16 where the machine has it, else float32.
        """
        config, body = model.config, model.model
        weights = {id(p): p for p in model.parameters()}.values()
        self.window: int = config.max_position_embeddings
        self.vocabulary: int = config.vocab_size
        self.bytes = sum(weight.nbytes for weight in weights)
        self.dtype = str(model.dtype).removeprefix("torch.")
        self._compute = dtype
        self._threads = threads
        self._crew = Crew(threads)
        self._shape = _Shape.of(config)
        self._frequencies = body.rotary_emb.inv_freq.float()
        self._rotary_scale = float(body.rotary_emb.attention_scaling)
        self._embedding = _own(body.embed_tokens.weight)
        self._norm = _Norm(body.norm.weight, config.rms_norm_eps)
        tied = model.lm_head.weight is body.embed_tokens.weight
        self._head = Head(self._embedding if tied else _own(model.lm_head.weight))
        layers, shape = body.layers, self._shape
        self._attention = faster(shape.kv_heads, shape.per_head, shape.groups, dtype)
        self._layers = [
            _Layer(layers.pop(0), shape, self._attention, config.rms_norm_eps, dtype)
            for _ in range(len(layers))
        ]
        self._capacity = 0
        self._length = 0

    def append(self, ids: Sequence[int], wanted: int) -> Steps[Tensor]:
        """See `Network.append`."""
        rows = len(ids) if len(ids) <= FEW else -(-len(ids) // _ROWS) * _ROWS
        start = self._length
        self._reserve(start + rows)
        x = self._embed(ids, rows)
        places = [self._place(start, each) for each in cut(rows, self._threads)]
        for first in range(0, len(self._layers), count := max(_WORK // rows, 1)):
            if first:
                yield
            self._run(self._layers[first : first + count], x, places)
        self._length = start + len(ids)
        return self._logits(x[len(ids) - wanted : len(ids)])

    def truncate(self, length: int) -> int:
        """See `Network.truncate`."""
        self._length = min(self._length, length)
        return self._length

    @torch.inference_mode()
    def _embed(self, ids: Sequence[int], rows: int) -> Tensor:
        # Rows beyond the last token mean nothing; what they leave in the cache is overwritten.
        x = F.embedding(torch.tensor(ids), self._embedding).float()
        return F.pad(x, (0, 0, 0, rows - len(ids)))

    def _run(self, layers: Sequence[_Layer], x: Tensor, places: Sequence[_Place]) -> None:
        """Take all rows through some layers; x changes in place."""
        take = partial(self._take, layers, {}, x)
        if len(places) > 1:
            for _ in self._crew.map(take, places):
                pass
        else:
            with one_thread():
                take(places[0])

    @torch.inference_mode()
    def _take(
        self, layers: Sequence[_Layer], weights: dict[int, _Weights], x: Tensor, place: _Place
    ) -> None:
        """Take a slice through some layers; the first one makes their weights for all."""
        part = place.slice
        try:
            for number, layer in enumerate(layers):
                part.wait()
                if part.first:
                    weights[number] = layer.weights(len(x))
                layer(x[part.rows], place, weights.pop(number) if part.last else weights[number])
        except BaseException:
            part.written(len(layers))  # Nobody may wait for this slice now.
            raise

    @torch.inference_mode()
    def _logits(self, x: Tensor) -> Tensor:
        if not len(x):
            return x.new_empty(0, self.vocabulary)
        with one_thread():
            return self._head(self._norm(x))

    @torch.inference_mode()
    def _place(self, start: int, part: Slice) -> _Place:
        """Rotations and what is hidden, the same for all layers; the pass begins at `start`."""
        first, end = start + part.rows.start, start + part.rows.stop
        angles = torch.outer(torch.arange(first, end).float(), self._frequencies)
        rotation = torch.polar(torch.full_like(angles, self._rotary_scale), angles)
        look, groups = self._attention.block, self._shape.groups
        blocks = [
            look(first, row, min(row + BLOCK, end), groups, self._compute)
            for row in range(first, end, BLOCK)
        ]
        return _Place(part, first, rotation[:, None], blocks)

    def _reserve(self, length: int) -> None:
        """Make room for so many tokens; what is remembered is kept."""
        if length > self._capacity:
            self._capacity = -(-length // _STEP) * _STEP
            for layer in self._layers:
                layer.cache.reserve(self._capacity, self._length, self._compute)


@dataclass(frozen=True, slots=True)
class _Shape:
    heads: int
    kv_heads: int
    per_head: int

    @classmethod
    def of(cls, config: Any) -> _Shape:  # noqa: ANN401
        heads = config.num_attention_heads
        per_head = getattr(config, "head_dim", None) or config.hidden_size // heads
        return cls(heads, config.num_key_value_heads or heads, per_head)

    @property
    def groups(self) -> int:
        """Query heads for each key-value head."""
        return self.heads // self.kv_heads


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the new tokens of a slice stand, and what they may look at."""

    slice: Slice
    start: int
    rotation: Tensor
    """Complex64 [M, 1, D/2]."""
    blocks: list[Block]


class _Weights(NamedTuple):
    """A layer's products: those of joined queries, keys and values, and so on."""

    qkv: Product
    out: Product
    gate_up: Product
    down: Product


class _Layer:
    """One block: attention, then the gated feed-forward network; both add to x in place."""

    def __init__(
        self,
        module: Any,  # noqa: ANN401
        shape: _Shape,
        attention: type[Attention],
        eps: float,
        dtype: torch.dtype,
    ) -> None:
        out, down = module.self_attn.o_proj, module.mlp.down_proj
        self._shape = shape
        self._dtype = dtype
        self._norm = _Norm(module.input_layernorm.weight, eps)
        self._mlp_norm = _Norm(module.post_attention_layernorm.weight, eps)
        self._products = (
            linear(*_joined_attention(module.self_attn, shape), dtype),
            linear(out.weight, out.bias, dtype),
            linear(*_joined(module.mlp.gate_proj, module.mlp.up_proj), dtype),
            linear(down.weight, down.bias, dtype),
        )
        self.cache = attention(shape.kv_heads, shape.per_head)

    def weights(self, rows: int) -> _Weights:
        """The products for so many rows; those for many hold converted weights while they live."""
        if rows <= FEW:
            return _Weights(*self._products)
        return _Weights(*(product.opened() for product in self._products))

    def __call__(self, x: Tensor, place: _Place, weights: _Weights) -> None:
        """Change the residual stream x, float32 [M, hidden], and remember keys and values."""
        query = self._remember(weights.qkv(self._norm(x)), place)
        place.slice.written()
        x.add_(weights.out(self._attend(query, place)))
        gate, up = weights.gate_up(self._mlp_norm(x)).chunk(2, 1)
        x.add_(weights.down(F.silu(gate).mul_(up)))

    def _remember(self, qkv: Tensor, place: _Place) -> Tensor:
        """Put keys and values into the cache; the queries, turned to their places, [K, M, G, D]."""
        heads, kv_heads, per_head = self._shape.heads, self._shape.kv_heads, self._shape.per_head
        rows = len(qkv)
        turned = (heads + kv_heads) * per_head
        pairs = qkv[:, :turned].float().view(rows, heads + kv_heads, per_head // 2, 2)
        rotated = torch.view_as_real(torch.view_as_complex(pairs) * place.rotation).flatten(2)
        values = qkv[:, turned:].view(rows, kv_heads, per_head)
        self.cache.write(place.start, rotated[:, heads:], values)
        query = rotated[:, :heads].to(self._dtype).view(rows, kv_heads, -1, per_head)
        return query.transpose(0, 1)

    def _attend(self, query: Tensor, place: _Place) -> Tensor:
        """Attention of M tokens over all, [M, H * D]; the scale is in the query's weights."""
        mixed = [self._mix(query[:, block.start : block.end], block) for block in place.blocks]
        return mixed[0] if len(mixed) == 1 else torch.cat(mixed)

    def _mix(self, query: Tensor, block: Block) -> Tensor:
        # The G queries of one key-value head become G rows of one product: [K, M * G, D].
        kv_heads, rows, _, per_head = query.shape
        mixed = self.cache.mix(query.reshape(kv_heads, -1, per_head), block)
        return mixed.view(kv_heads, rows, -1, per_head).transpose(0, 1).reshape(rows, -1)


class _Norm:
    """Root mean square normalisation, x / sqrt(mean(x²) + eps) * weight, in four calls."""

    def __init__(self, weight: Tensor, eps: float) -> None:
        size = len(weight)
        self._weight = weight.detach().float() * size**0.5
        self._floor = torch.tensor((size * eps) ** 0.5)

    def __call__(self, x: Tensor) -> Tensor:
        """Float32 [M, hidden] to the same."""
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return torch.div(x, torch.hypot(length, self._floor)).mul_(self._weight)


def _joined_attention(attention: Any, shape: _Shape) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
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


def _own(weight: Tensor) -> Tensor:
    """A copy, so that nothing keeps the checkpoint's file mapped into memory."""
    return weight.detach().clone()


def _joined(first: Any, second: Any) -> tuple[Tensor, Tensor | None]:  # noqa: ANN401
    weight = torch.cat([first.weight, second.weight]).detach()
    if first.bias is None:
        return weight, None
    return weight, torch.cat([first.bias, second.bias]).detach()


def _slides(config: Any) -> bool:  # noqa: ANN401
    """Whether attention is limited to a window."""
    if type(config).__name__ == "Qwen2Config":
        return bool(config.use_sliding_window)
    return bool(getattr(config, "sliding_window", None))
