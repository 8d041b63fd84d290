"""The forward pass of BERT over packed tokens: no padding, fused kernels, small steps.

The sentences of a micro-batch lie behind one another in one [tokens, hidden] matrix, so that the
products with the weights meet no padding; what follows a product is fused behind it (`fused`).
Attention is the one place that needs sentences side by side; there the values that fill up short
sentences are zero.

Serves BERT, RoBERTa and DistilBERT, which differ here in names and position numbers only.
`encoder` decides when it is used. Imported only in the engine.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
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
        self._dtype = dtype
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
        shape = Shape([len(row) for row in rows], self.heads)
        hidden = self._embed([token for row in rows for token in row], shape)
        for layer in self._layers:
            yield
            hidden = layer(hidden, shape)
        return hidden

    @torch.inference_mode()
    def _embed(self, ids: list[int], shape: Shape) -> Tensor:
        words = F.embedding(torch.tensor(ids), self._words)
        return self._norm(
            words + F.embedding(shape.positions + self._first_position, self._positions)
        )


def first_position(config: Any) -> int:  # noqa: ANN401
    """The number of a sentence's first position: some families count from their padding's id."""
    return config.pad_token_id + 1 if config.model_type in _POSITIONS_AFTER_PADDING else 0


class Shape:
    """Where each sentence of a micro-batch lies."""

    def __init__(self, lengths: list[int], heads: int) -> None:
        self.lengths = lengths
        self.heads = heads
        self.longest = max(lengths)
        self.even = min(lengths) == self.longest
        steps = torch.arange(self.longest)
        inside = steps < torch.tensor(lengths)[:, None]
        self.positions = steps.expand_as(inside)[inside]
        self._places = inside.flatten().nonzero().squeeze(1)
        """For each token its row in the filled-up layout."""

    def side_by_side(self, tokens: Tensor) -> Tensor:
        """[tokens, n] as [sentences, longest, n], zeros after each sentence's end."""
        if not self.even:
            full = tokens.new_zeros(len(self.lengths) * self.longest, tokens.shape[1])
            full[self._places] = tokens
            tokens = full
        return tokens.view(len(self.lengths), self.longest, -1)

    def behind_one_another(self, sentences: Tensor) -> Tensor:
        """The other way."""
        tokens = sentences.reshape(-1, sentences.shape[-1])
        return tokens if self.even else tokens[self._places]


class _Layer:
    def __init__(self, layer: Any, heads: int, dtype: torch.dtype) -> None:  # noqa: ANN401
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
    def __call__(self, hidden: Tensor, shape: Shape) -> Tensor:
        context = attention(self._qkv(hidden), shape)
        hidden = self._norm1(self._out.plus(context, hidden))
        return self._norm2(self._down.plus(self._up.gelu(hidden), hidden))


def attention(qkv: Tensor, shape: Shape) -> Tensor:
    """Softmax attention [tokens, hidden] from [tokens, 3 * hidden], with powers of two.

    The queries are scaled already. The powers are summed by the product that they are needed for
    anyway: the values get a column of ones. That column, like the values, is zero beyond a
    sentence's end, which is all the masking there is. The largest score is subtracted only when
    its power overflowed.
    """
    count, longest, heads = len(shape.lengths), shape.longest, shape.heads
    parts = shape.side_by_side(qkv).view(count, longest, 3, heads, -1)
    query, key, value = parts.permute(2, 0, 3, 1, 4).flatten(1, 2)
    ones = shape.side_by_side(qkv.new_ones(qkv.shape[0], 1)).repeat_interleave(heads, 0)
    value = torch.cat([value, ones], dim=2)
    key = key.transpose(1, 2)
    sums = torch.bmm(torch.bmm(query, key).exp2_(), value)
    if not bool((sums[..., -1].log().abs() < math.inf).all()):
        scores = torch.bmm(query, key)
        sums = torch.bmm((scores - scores.amax(-1, keepdim=True)).exp2_(), value)
    context = sums[..., :-1] / sums[..., -1:]
    context = context.view(count, heads, longest, -1).transpose(1, 2).flatten(2)
    return shape.behind_one_another(context)


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
