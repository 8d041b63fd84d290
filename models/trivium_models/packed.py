"""The forward pass of BERT over packed tokens: no padding to speak of, fused kernels.

The sentences of a micro-batch lie behind one another in one [tokens, hidden] matrix; what follows
a product with weights is fused behind it (`fused`). With oneDNN the matrix is filled up to one of
a few heights, because it makes a kernel for each that it meets and takes milliseconds.
Attention goes through the sentences one by one: its score matrices then stay in the cache.

Serves BERT, RoBERTa and DistilBERT, which differ here in names and position numbers only.
`encoder` decides when it is used. Imported only in the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trivium_models import fused, packed_attention
from trivium_models.fused import PlainLinear, cast
from trivium_models.packed_attention import Attention

_FAMILIES = {"bert", "roberta", "xlm-roberta", "distilbert", "camembert"}
_POSITIONS_AFTER_PADDING = {"roberta", "xlm-roberta", "camembert", "mpnet"}


class PackedBert:
    """A BERT's weights, arranged for inference."""

    def __init__(self, model: Any, dtype: torch.dtype) -> None:  # noqa: ANN401
        config: Any = model.config
        embeddings: Any = model.embeddings
        heads: int = config.num_attention_heads
        self._words = cast(embeddings.word_embeddings.weight, dtype)
        positions = embeddings.position_embeddings.weight
        types = getattr(embeddings, "token_type_embeddings", None)
        if types is not None:
            positions = positions + types.weight[0]
        self._positions = cast(positions, dtype)
        self._first_position = first_position(config)
        self._norm = _Norm(embeddings.LayerNorm, dtype)
        stack: Any = model.transformer if hasattr(model, "transformer") else model.encoder
        attention = packed_attention.faster(self._words.shape[1], heads, dtype)
        linear = fused.faster(dtype)
        self._height = linear.height
        self._layers = [_Layer(layer, heads, attention, linear, dtype) for layer in stack.layer]

    @staticmethod
    def fits(model: Any) -> bool:  # noqa: ANN401
        """Whether a model is one of the family, with nothing unusual about it."""
        config: Any = model.config
        activation = getattr(config, "hidden_act", getattr(config, "activation", ""))
        return (
            config.model_type in _FAMILIES
            and activation == "gelu"
            and getattr(config, "position_embedding_type", "absolute") in ("absolute", None)
            and not getattr(config, "is_decoder", False)
        )

    @property
    def bytes(self) -> int:
        """Memory of the weights."""
        layers = sum(layer.bytes for layer in self._layers)
        return layers + self._words.nbytes + self._positions.nbytes

    @torch.inference_mode()
    def run(self, rows: Sequence[Sequence[int]]) -> Tensor:
        """The last hidden states [tokens, hidden] of the rows' token ids."""
        lengths = [len(row) for row in rows]
        tokens = sum(lengths)
        hidden = self._embed(rows, self._height(tokens) - tokens)
        for layer in self._layers:
            hidden = layer(hidden, lengths)
        return hidden[:tokens]

    def _embed(self, rows: Sequence[Sequence[int]], padding: int) -> Tensor:
        ids = torch.tensor([token for row in rows for token in row] + [0] * padding)
        places = torch.cat([torch.arange(n) for n in (*map(len, rows), padding)])
        places += self._first_position
        return self._norm(F.embedding(ids, self._words) + F.embedding(places, self._positions))


def first_position(config: Any) -> int:  # noqa: ANN401
    """The number of a sentence's first position: some families count from their padding's id."""
    return config.pad_token_id + 1 if config.model_type in _POSITIONS_AFTER_PADDING else 0


class _Layer:
    def __init__(
        self,
        layer: Any,  # noqa: ANN401
        heads: int,
        attention: Attention,
        linear: type[PlainLinear],
        dtype: torch.dtype,
    ) -> None:
        self._heads = heads
        self._attention = attention
        parts = _parts(layer)
        query, key, value = parts["qkv"]
        # Powers of two are cheaper than those of e; the factor between them hides in the queries.
        scale = math.log2(math.e) / math.sqrt(query.weight.shape[0] // heads)
        weight = torch.cat([query.weight * scale, key.weight, value.weight])
        bias = torch.cat([query.bias * scale, key.bias, value.bias])
        self._qkv = linear(weight, bias, dtype)
        self._out = linear.of(parts["out"], dtype)
        self._up = linear.of(parts["up"], dtype)
        self._down = linear.of(parts["down"], dtype)
        self._norm1 = _Norm(parts["norm1"], dtype)
        self._norm2 = _Norm(parts["norm2"], dtype)

        self.bytes = sum(each.bytes for each in (self._qkv, self._out, self._up, self._down))

    def __call__(self, hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        context = self._attention(self._qkv(hidden), lengths, self._heads)
        hidden = self._norm1(self._out.plus(context, hidden))
        return self._norm2(self._down.plus(self._up.gelu(hidden), hidden))


class _Norm:
    def __init__(self, norm: nn.LayerNorm, dtype: torch.dtype) -> None:
        self._weight, self._bias = cast(norm.weight, dtype), cast(norm.bias, dtype)
        self._epsilon = norm.eps

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self._weight, self._bias, self._epsilon)


def _parts(layer: Any) -> dict[str, Any]:  # noqa: ANN401
    """The modules of a layer under one set of names."""
    if hasattr(layer, "sa_layer_norm"):  # DistilBERT
        attention, forward = layer.attention, layer.ffn
        return {
            "qkv": (attention.q_lin, attention.k_lin, attention.v_lin),
            "out": attention.out_lin,
            "norm1": layer.sa_layer_norm,
            "up": forward.lin1,
            "down": forward.lin2,
            "norm2": layer.output_layer_norm,
        }
    attention = layer.attention
    return {
        "qkv": (attention.self.query, attention.self.key, attention.self.value),
        "out": attention.output.dense,
        "norm1": attention.output.LayerNorm,
        "up": layer.intermediate.dense,
        "down": layer.output.dense,
        "norm2": layer.output.LayerNorm,
    }
