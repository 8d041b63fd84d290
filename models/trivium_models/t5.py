"""The forward pass of T5, arranged for reading once and writing one token at a time.

`transformers` spends most of a token on everything but arithmetic, and the rest on fetching
weights. Here the weights that read the same input lie in one matrix, the scales of the norms are
multiplied into the matrices behind them, what the decoder makes of the encoder's states is
computed once for each text, and keys and values are written into room made beforehand. Matrices
are in bfloat16 where the processor has it, and in 8 bits for a few rows; what flows between the
layers stays in float32. Serves T5 and mT5; `seq2seq` decides. Imported only in the engine.

Source: Raffel et al. 2020; the gated layers are those of Shazeer 2020 (T5 1.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.decoding.linear import FEW, eight_bit_product, eight_bits, pays
from trivium_models.fused import Linear, PlainLinear
from trivium_models.t5_positions import position_biases

ROOM = 64
"""Tokens that the cache has room for at first; it doubles when it is full."""
_FEW_IN_8_BITS = 4
"""Rows up to which products in 8 bits are faster; measured for matrices of 256 and 704."""
FARTHEST = 4096
"""Position biases are laid out for this many tokens; beyond 128 or so they are all the same."""


class T5:
    """A T5's weights, arranged for inference."""

    def __init__(self, model: Any, dtype: torch.dtype) -> None:  # noqa: ANN401
        config = model.config
        self.dtype = dtype
        self.epsilon: float = config.layer_norm_epsilon
        self.words: Tensor = model.shared.weight.detach()
        heads: int = config.num_heads
        self.readers = [_Block(block, heads, dtype) for block in model.encoder.block]
        self.writers = [_WritingBlock(block, heads, dtype) for block in model.decoder.block]
        last: Tensor = model.encoder.final_layer_norm.weight
        self._last_scale = last.detach()
        self._farthest: int = config.relative_attention_max_distance
        self._look_around = _positions(model.encoder)
        back = torch.arange(1 - FARTHEST, 1)[None]
        self.biases = position_biases(_positions(model.decoder), back, self._farthest, ahead=False)
        """[1, heads, 1, FARTHEST]: the bias of a key by its distance, which ends with 0."""
        scaled = getattr(config, "scale_decoder_outputs", False)
        scale = config.d_model**-0.5 if scaled else 1.0
        weight = model.lm_head.weight * model.decoder.final_layer_norm.weight * scale
        self.output = Product(weight, dtype)

    @staticmethod
    def fits(model: Any) -> bool:  # noqa: ANN401
        """Whether a model is a T5 or mT5 with nothing unusual about it."""
        config = model.config
        known = ("relu", "gated-gelu", "gated-silu")
        return config.model_type in ("t5", "mt5") and config.feed_forward_proj in known

    @property
    def bytes(self) -> int:
        """Memory of the weights."""
        blocks = sum(block.bytes for block in (*self.readers, *self.writers))
        return blocks + self.words.nbytes + self.output.bytes

    def read(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The encoder's states [rows, length, hidden], float32, of ids [rows, length]."""
        rows, length = ids.shape
        places = torch.arange(length)
        far = places - places[:, None]
        looks = position_biases(self._look_around, far, self._farthest, ahead=True) + _hiding(mask)
        x = F.embedding(ids, self.words).flatten(0, 1)
        for block in self.readers:
            x = block.look_around(self.norm(x), x, rows, looks)
            x = block.think(self.norm(x), x)
        states = F.rms_norm(x, x.shape[-1:], self._last_scale, self.epsilon)
        return states.view(rows, length, -1)

    def write(self, states: Tensor, mask: Tensor) -> T5Stepper:
        """A beginning for the decoder, for states as `read` gave them."""
        return T5Stepper(self, states, mask)

    def norm(self, x: Tensor) -> Tensor:
        """Without its scale, which the next matrix has."""
        # Written out, because rms_norm takes three times as long for a single row.
        scale = torch.rsqrt(x.square().mean(-1, keepdim=True).add_(self.epsilon))
        return x.mul(scale).to(self.dtype)


class Product:
    """`x @ weight.T` in a dtype: by oneDNN for many rows, by whatever is quickest for few.

    A call of oneDNN takes 25 microseconds before it computes anything, which is longer than one row
    needs in 8 bits (in float32, where that is the dtype: answers are then those of the library).
    """

    def __init__(self, weight: Tensor, dtype: torch.dtype) -> None:
        weight = weight.detach()
        self._many = Linear(weight, None, dtype)
        self.bytes = self._many.bytes
        self._few: Callable[[Tensor], Tensor]
        if dtype == torch.bfloat16 and pays(weight, dtype):
            self._few, self._most = eight_bit_product(*eight_bits(weight)), _FEW_IN_8_BITS
            self.bytes += weight.numel()
        elif dtype == torch.float32:
            plain = PlainLinear(weight, None, dtype)
            self._few, self._most = plain, FEW
            self.bytes += plain.bytes
        else:
            self._few, self._most = self._many, 0

    def __call__(self, x: Tensor) -> Tensor:
        """The product [rows, outputs] of x [rows, inputs]."""
        if len(x) <= self._most:
            return self._few(x)
        # A kernel is made for each height, and parts of it are never given back.
        missing = self._many.height(len(x)) - len(x)
        return self._many(F.pad(x, (0, 0, 0, missing)))[: len(x)] if missing else self._many(x)


class T5Stepper:
    """Several texts being written; see `generation.Stepper`."""

    def __init__(self, t5: T5, states: Tensor, mask: Tensor) -> None:
        self._t5 = t5
        self._place = 0
        self._hidden = None if bool(mask.all()) else _hiding(mask)
        self._read = [block.offer(states.to(t5.dtype)) for block in t5.writers]
        rows, heads, _, size = self._read[0][0].shape
        self._texts = torch.arange(rows)
        """Which text each row writes."""
        self._written = torch.zeros(len(t5.writers), 2, rows, heads, ROOM, size, dtype=t5.dtype)

    def next(self, tokens: Tensor) -> Tensor:
        """Append one token to each row; the logits of the next one."""
        t5, place = self._t5, self._place
        if place == self._written.shape[4]:
            self._written = torch.cat([self._written, torch.zeros_like(self._written)], dim=4)
        biases = t5.biases[..., -place - 1 :]
        x = F.embedding(tokens, t5.words)
        for block, written, read in zip(t5.writers, self._written, self._read, strict=True):
            x = block.look_back(t5.norm(x), x, written, place, biases)
            x = block.look_over(t5.norm(x), x, read, self._hidden)
            x = block.think(t5.norm(x), x)
        self._place += 1
        return t5.output(t5.norm(x))

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows."""
        used = self._written[:, :, rows, :, : self._place]
        if len(rows) != len(self._texts):
            self._written = used.new_zeros(*used.shape[:4], self._written.shape[4], used.shape[5])
        self._written[:, :, :, :, : self._place] = used
        texts = self._texts[rows]
        if not texts.equal(self._texts):  # Beams mostly change places with those of their text.
            self._texts = texts
            self._read = [(keys[rows], values[rows]) for keys, values in self._read]
            if self._hidden is not None:
                self._hidden = self._hidden[rows]


class _Block:
    """Self-attention and the feed-forward layer."""

    def __init__(self, block: Any, heads: int, dtype: torch.dtype) -> None:  # noqa: ANN401
        own, forward = block.layer[0], block.layer[-1]
        attention, dense = own.SelfAttention, forward.DenseReluDense
        self._heads, self._size = heads, attention.q.weight.shape[0] // heads
        look = torch.cat([attention.q.weight, attention.k.weight, attention.v.weight])
        self._look = Product(look * own.layer_norm.weight, dtype)
        self._told = Product(attention.o.weight, dtype)
        self._activation = dense.act
        self._gated = hasattr(dense, "wi_0")
        up = torch.cat([dense.wi_0.weight, dense.wi_1.weight]) if self._gated else dense.wi.weight
        self._up = Product(up * forward.layer_norm.weight, dtype)
        self._down = Product(dense.wo.weight, dtype)

    @property
    def bytes(self) -> int:
        return sum(each.bytes for each in vars(self).values() if isinstance(each, Product))

    def look_around(self, normed: Tensor, x: Tensor, rows: int, biases: Tensor) -> Tensor:
        """Attention of all tokens of a text to all of them."""
        parts = self._look(normed).view(rows, -1, 3, self._heads, self._size)
        query, keys, values = parts.permute(2, 0, 3, 1, 4)
        return x + self._told(_attend(query, keys, values, biases).flatten(0, 1))

    def think(self, normed: Tensor, x: Tensor) -> Tensor:
        """The feed-forward layer."""
        inner = self._up(normed)
        if self._gated:
            gate, value = inner.chunk(2, dim=-1)
            inner = self._activation(gate) * value
        else:
            inner = self._activation(inner)
        return x + self._down(inner)


class _WritingBlock(_Block):
    """The same with attention to what was read between the two."""

    def __init__(self, block: Any, heads: int, dtype: torch.dtype) -> None:  # noqa: ANN401
        super().__init__(block, heads, dtype)
        across = block.layer[1]
        attention = across.EncDecAttention
        self._ask = Product(attention.q.weight * across.layer_norm.weight, dtype)
        self._offer = Product(torch.cat([attention.k.weight, attention.v.weight]), dtype)
        self._answered = Product(attention.o.weight, dtype)

    def offer(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values [rows, heads, length, size] of the encoder's states."""
        rows, length, _ = states.shape
        both = self._offer(states.flatten(0, 1)).view(rows, length, 2, self._heads, -1)
        keys, values = both.permute(2, 0, 3, 1, 4)
        return keys.contiguous(), values.contiguous()

    def look_back(
        self, normed: Tensor, x: Tensor, written: Tensor, place: int, biases: Tensor
    ) -> Tensor:
        """Attention to the tokens so far, this one included, which is added to `written`."""
        parts = self._look(normed).view(len(x), 3, self._heads, self._size)
        written[:, :, :, place] = parts[:, 1:].transpose(0, 1)
        keys, values = written[:, :, :, : place + 1]
        return x + self._told(_attend(parts[:, 0, :, None], keys, values, biases)[:, 0])

    def look_over(
        self, normed: Tensor, x: Tensor, read: tuple[Tensor, Tensor], hidden: Tensor | None
    ) -> Tensor:
        """Attention to the text that was read."""
        query = self._ask(normed).view(len(x), self._heads, 1, self._size)
        return x + self._answered(_attend(query, *read, hidden)[:, 0])


def _positions(stack: Any) -> Tensor:  # noqa: ANN401
    """The position biases of a stack, [buckets, heads]: its first block has them for all."""
    weight: Tensor = stack.block[0].layer[0].SelfAttention.relative_attention_bias.weight
    return weight.detach()


def _attend(query: Tensor, keys: Tensor, values: Tensor, biases: Tensor | None) -> Tensor:
    """[rows, queries, heads * size] of queries [rows, heads, queries, size]; nothing is scaled.

    The biases are float32 and have four dimensions, each of which may be 1.
    """
    context = F.scaled_dot_product_attention(query, keys, values, attn_mask=biases, scale=1.0)
    return context.transpose(1, 2).flatten(2)


def _hiding(mask: Tensor) -> Tensor:
    """[rows, 1, 1, length]: what is added to the scores of keys that are only filling."""
    return (1.0 - mask[:, None, None].float()) * torch.finfo(torch.float32).min
