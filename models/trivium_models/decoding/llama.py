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
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.decoding.head import Head
from trivium_models.decoding.linear import FEW, linear
from trivium_models.decoding.threads import Threads

_CLASSES = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM")
_ROPES = ("default", "linear", "llama3")
"""Rotary embeddings whose frequencies do not depend on the length of the text."""
_BLOCK = 128
"""Attention reads whole blocks of the cache: oneDNN prepares a kernel for each new length."""
_ROWS = 32
"""Many rows are filled up to a multiple of this, for the same reason: 4 MB and 3 ms a kernel."""
_STEP = 512
"""Tokens by which the cache grows; in most models some tens of megabytes."""


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
        self._threads = Threads(threads)
        self._shape = _Shape.of(config)
        self._frequencies = body.rotary_emb.inv_freq.float()
        self._rotary_scale = float(body.rotary_emb.attention_scaling)
        self._embedding = _own(body.embed_tokens.weight)
        self._norm = _Norm(body.norm.weight, config.rms_norm_eps)
        tied = model.lm_head.weight is body.embed_tokens.weight
        self._head = Head(self._embedding if tied else _own(model.lm_head.weight))
        layers = body.layers
        self._layers = [
            _Layer(layers.pop(0), self._shape, config.rms_norm_eps, dtype)
            for _ in range(len(layers))
        ]
        self._capacity = 0
        self._length = 0

    def append(self, ids: Sequence[int], wanted: int) -> Tensor:
        """See `Network.append`."""
        with self._threads.for_rows(len(ids)):
            return self._append(ids, wanted)

    def truncate(self, length: int) -> int:
        """See `Network.truncate`."""
        self._length = min(self._length, length)
        return self._length

    @torch.inference_mode()
    def _append(self, ids: Sequence[int], wanted: int) -> Tensor:
        count = len(ids)
        rows = count if count <= FEW else -(-count // _ROWS) * _ROWS
        start = self._length
        self._reserve(start + rows)
        place = self._place(start, start + rows)
        x = F.embedding(torch.tensor(ids), self._embedding).float()
        # Rows beyond the last token mean nothing; what they leave in the cache is overwritten.
        x = F.pad(x, (0, 0, 0, rows - count))
        for layer in self._layers:
            layer(x, place)
        self._length = start + count
        if not wanted:
            return x.new_empty(0, self.vocabulary)
        return self._head(self._norm(x[count - wanted : count]))

    def _place(self, start: int, end: int) -> _Place:
        """Rotations and the causal mask, the same for all layers."""
        total = -(-end // _BLOCK) * _BLOCK
        places = torch.arange(total)
        angles = torch.outer(places[start:end].float(), self._frequencies)
        hidden = places > places[start:end, None]
        mask = torch.zeros(hidden.shape, dtype=self._compute).masked_fill_(hidden, -torch.inf)
        rotation = torch.polar(torch.full_like(angles, self._rotary_scale), angles)
        mask = mask.repeat_interleave(self._shape.groups, 0)
        return _Place(start, end, total, rotation[:, None], mask[None])

    def _reserve(self, length: int) -> None:
        """Make room for so many tokens; what is remembered is kept."""
        if length > self._capacity:
            self._capacity = -(-length // _STEP) * _STEP
            for layer in self._layers:
                layer.reserve(self._capacity, self._length, self._compute)


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
    """Where the new tokens stand."""

    start: int
    end: int
    total: int
    """`end`, rounded up to whole blocks of the cache."""
    rotation: Tensor
    """Complex64 [M, 1, D/2]."""
    mask: Tensor
    """Minus infinity where a token must not look, [1, M * G, total]."""


class _Layer:
    """One block: attention, then the gated feed-forward network; both add to x in place."""

    def __init__(self, module: Any, shape: _Shape, eps: float, dtype: torch.dtype) -> None:  # noqa: ANN401
        attention, mlp = module.self_attn, module.mlp
        self._shape = shape
        self._norm = _Norm(module.input_layernorm.weight, eps)
        self._qkv = linear(*_joined_attention(attention, shape), dtype)
        self._out = linear(attention.o_proj.weight, attention.o_proj.bias, dtype)
        self._mlp_norm = _Norm(module.post_attention_layernorm.weight, eps)
        self._gate_up = linear(*_joined(mlp.gate_proj, mlp.up_proj), dtype)
        self._down = linear(mlp.down_proj.weight, mlp.down_proj.bias, dtype)
        # Keys are kept transposed: both attention products then read along rows.
        self._keys = torch.empty(shape.kv_heads, shape.per_head, 0)
        self._values = torch.empty(shape.kv_heads, 0, shape.per_head)

    def __call__(self, x: Tensor, place: _Place) -> None:
        """Change the residual stream x, float32 [M, hidden], and remember keys and values."""
        x.add_(self._out(self._attend(self._qkv(self._norm(x)), place)))
        gate, up = self._gate_up(self._mlp_norm(x)).chunk(2, 1)
        x.add_(self._down(F.silu(gate).mul_(up)))

    def reserve(self, capacity: int, length: int, dtype: torch.dtype) -> None:
        """Move what is remembered of `length` tokens into a larger cache."""
        kv_heads, per_head = self._shape.kv_heads, self._shape.per_head
        # Zeros, because a masked place still must not hold what is not a number.
        keys = torch.zeros(kv_heads, per_head, capacity, dtype=dtype)
        values = torch.zeros(kv_heads, capacity, per_head, dtype=dtype)
        keys[:, :, :length] = self._keys[:, :, :length]
        values[:, :length] = self._values[:, :length]
        self._keys, self._values = keys, values

    def _attend(self, qkv: Tensor, place: _Place) -> Tensor:
        """Attention of M tokens over all, [M, H * D]; the scale is in the query's weights."""
        heads, kv_heads, per_head = self._shape.heads, self._shape.kv_heads, self._shape.per_head
        rows = len(qkv)
        turned = (heads + kv_heads) * per_head
        pairs = qkv[:, :turned].float().view(rows, heads + kv_heads, per_head // 2, 2)
        rotated = torch.view_as_real(torch.view_as_complex(pairs) * place.rotation).flatten(2)
        self._keys[:, :, place.start : place.end] = rotated[:, heads:].permute(1, 2, 0)
        value = qkv[:, turned:].view(rows, kv_heads, per_head)
        self._values[:, place.start : place.end] = value.transpose(0, 1)
        # The G queries of one key-value head become G rows of one product: [K, M * G, D].
        query = rotated[:, :heads].to(self._keys.dtype).view(rows, kv_heads, -1, per_head)
        query = query.transpose(0, 1).reshape(kv_heads, -1, per_head)
        scores = torch.baddbmm(place.mask, query, self._keys[:, :, : place.total])
        mixed = torch.bmm(scores.softmax(-1), self._values[:, : place.total])
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
