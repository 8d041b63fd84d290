"""The forward pass of BERT over packed tokens: no padding, fused kernels, small steps.

The sentences of a micro-batch lie behind one another in one [tokens, hidden] matrix, so that
nothing is ever padded; what follows a product with weights is fused behind it (`fused`). Attention
goes through the sentences one by one: its score matrices then stay in the cache.

Serves BERT, RoBERTa and DistilBERT, which differ here in names and position numbers only.
`encoder` decides when it is used. Imported only in the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trivium_models.fused import Linear, cast

_FAMILIES = {"bert", "roberta", "xlm-roberta", "distilbert", "camembert"}
_POSITIONS_AFTER_PADDING = {"roberta", "xlm-roberta", "camembert", "mpnet"}


class PackedBert:
    """A BERT's weights, arranged for inference."""

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        config: Any = model.config
        embeddings: Any = model.embeddings
        self.heads: int = config.num_attention_heads
        self._words = cast(embeddings.word_embeddings.weight, dtype)
        positions = embeddings.position_embeddings.weight
        types = getattr(embeddings, "token_type_embeddings", None)
        if types is not None:
            positions = positions + types.weight[0]
        self._positions = cast(positions, dtype)
        self._first_position = first_position(config)
        self._norm = _Norm(embeddings.LayerNorm, dtype)
        stack: Any = model.transformer if hasattr(model, "transformer") else model.encoder
        self._layers = [_Layer(layer, self.heads, dtype) for layer in stack.layer]

    @staticmethod
    def fits(model: nn.Module) -> bool:
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

    def steps(self, rows: Sequence[Sequence[int]]) -> Generator[None, None, Tensor]:
        """The last hidden states [tokens, hidden] of the rows' token ids, a layer a step."""
        lengths = [len(row) for row in rows]
        hidden = self._embed(rows)
        for layer in self._layers:
            yield
            hidden = layer(hidden, lengths)
        return hidden

    @torch.inference_mode()
    def _embed(self, rows: Sequence[Sequence[int]]) -> Tensor:
        ids = torch.tensor([token for row in rows for token in row])
        places = torch.cat([torch.arange(len(row)) for row in rows]) + self._first_position
        return self._norm(F.embedding(ids, self._words) + F.embedding(places, self._positions))


def first_position(config: Any) -> int:  # noqa: ANN401
    """The number of a sentence's first position: some families count from their padding's id."""
    return config.pad_token_id + 1 if config.model_type in _POSITIONS_AFTER_PADDING else 0


class _Layer:
    def __init__(self, layer: Any, heads: int, dtype: torch.dtype) -> None:  # noqa: ANN401
        self._heads = heads
        parts = _parts(layer)
        query, key, value = parts["qkv"]
        # Powers of two are cheaper than those of e; the factor between them hides in the queries.
        scale = math.log2(math.e) / math.sqrt(query.weight.shape[0] // heads)
        weight = torch.cat([query.weight * scale, key.weight, value.weight])
        bias = torch.cat([query.bias * scale, key.bias, value.bias])
        self._qkv = Linear(weight, bias, dtype)
        self._out = Linear.of(parts["out"], dtype)
        self._up = Linear.of(parts["up"], dtype)
        self._down = Linear.of(parts["down"], dtype)
        self._norm1 = _Norm(parts["norm1"], dtype)
        self._norm2 = _Norm(parts["norm2"], dtype)

        self.bytes = sum(each.bytes for each in (self._qkv, self._out, self._up, self._down))

    @torch.inference_mode()
    def __call__(self, hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        context = attention(self._qkv(hidden), lengths, self._heads)
        hidden = self._norm1(self._out.plus(context, hidden))
        return self._norm2(self._down.plus(self._up.gelu(hidden), hidden))


def attention(qkv: Tensor, lengths: Sequence[int], heads: int) -> Tensor:
    """Softmax attention [tokens, hidden] of each sentence, from [tokens, 3 * hidden].

    It is that of powers of two, whose scale is in the queries already. The largest score of a row
    is subtracted only when its power overflowed, which no trained model has been seen to do.
    """
    context, sums = _attend(qkv, lengths, heads, torch.exp2_)
    least, most = (float(each) for each in sums.aminmax())
    if not 0 < least <= most < math.inf:  # Neither is true of what is not a number.
        context, _ = _attend(qkv, lengths, heads, _shifted_powers)
    return context


def _attend(
    qkv: Tensor, lengths: Sequence[int], heads: int, powers: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """The context, and the sum of each row's powers [heads, tokens, 1]."""
    parts = qkv.view(len(qkv), 3, heads, -1).permute(1, 2, 0, 3)
    context = qkv.new_empty(len(qkv), heads, parts.shape[-1])
    sums = qkv.new_empty(heads, len(qkv), 1)
    end = 0
    for length in lengths:
        start, end = end, end + length
        query, key, value = parts[:, :, start:end]
        weights = powers(torch.bmm(query, key.transpose(1, 2)))
        total = torch.sum(weights, -1, keepdim=True, out=sums[:, start:end])
        torch.div(torch.bmm(weights, value), total, out=context[start:end].transpose(0, 1))
    return context.flatten(1), sums


def _shifted_powers(scores: Tensor) -> Tensor:
    return torch.exp2_(scores - scores.amax(-1, keepdim=True))


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
