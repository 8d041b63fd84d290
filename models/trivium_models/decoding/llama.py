"""The Llama architecture with as few operations per token as torch allows.

transformers' own forward spends most of a small model's time between the matrix products. Here
the weights are taken out of the loaded model and the products joined (query, key and value; gate
and up), the KV cache is allocated ahead, and a layer is about 25 calls. The result is that of
transformers, to the precision of the dtype (tests/models/test_decoder_llama.py).

Llama, Mistral without a sliding window, Qwen2 and SmolLM are of this architecture.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from trivium_models.architectures import Steps
from trivium_models.crew import Crew
from trivium_models.decoding.attention import BLOCK, faster
from trivium_models.decoding.head import Head
from trivium_models.decoding.llama_layer import Layer, Norm, Place, Shape, Weights
from trivium_models.decoding.slices import Slice, cut
from trivium_models.threads import Threads, one_thread

_CLASSES = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM")
_ROPES = ("default", "linear", "llama3")
"""Rotary embeddings whose frequencies do not depend on the length of the text."""
_STEP = 256
"""Tokens by which the cache grows; in most models some ten megabytes."""
_SMALL = 200_000_000
"""Weights up to which those for prompts are kept in bfloat16: a hundred megabytes of SmolLM2."""
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
        sizes = {id(p): (p.numel(), p.nbytes) for p in model.parameters()}.values()
        self.window: int = config.max_position_embeddings
        self.vocabulary: int = config.vocab_size
        self.bytes = sum(size for _, size in sizes)
        self.dtype = str(model.dtype).removeprefix("torch.")
        self._compute = dtype
        self._threads = threads
        self._few = Threads(threads)
        self._crew = Crew(threads)
        self._shape = Shape.of(config)
        self._frequencies = body.rotary_emb.inv_freq.float()
        self._rotary_scale = float(body.rotary_emb.attention_scaling)
        self._embedding = _own(body.embed_tokens.weight)
        self._norm = Norm(body.norm.weight, config.rms_norm_eps)
        tied = model.lm_head.weight is body.embed_tokens.weight
        self._head = Head(self._embedding if tied else _own(model.lm_head.weight))
        layers, shape = body.layers, self._shape
        self._attention = faster(shape.kv_heads, shape.per_head, shape.groups, dtype)
        make = partial(
            Layer,
            shape=shape,
            attention=self._attention,
            eps=config.rms_norm_eps,
            dtype=dtype,
            roomy=sum(count for count, _ in sizes) <= _SMALL,
        )
        self._layers = [make(layers.pop(0)) for _ in range(len(layers))]
        self._capacity = 0
        self._length = 0

    def append(self, ids: Sequence[int], wanted: int) -> Steps[Tensor]:
        """See `Network.append`."""
        few = len(ids) <= self._layers[0].few
        rows = len(ids) if few else _height(len(ids))
        start = self._length
        self._reserve(start + rows)
        x = self._embed(ids, rows)
        places = [self._place(start, each) for each in cut(rows, self._threads)]
        if few:
            with self._few.for_rows(rows):
                self._take(self._layers, {}, x, places[0])
                logits = self._logits(x[len(ids) - wanted :])
        else:
            yield from self._read(x, places)
            with one_thread():
                logits = self._logits(x[len(ids) - wanted : len(ids)])
        self._length = start + len(ids)
        return logits

    def truncate(self, length: int) -> int:
        """See `Network.truncate`."""
        self._length = min(self._length, length)
        return self._length

    @torch.inference_mode()
    def _embed(self, ids: Sequence[int], rows: int) -> Tensor:
        # Rows beyond the last token mean nothing; what they leave in the cache is overwritten.
        x = F.embedding(torch.tensor(ids), self._embedding).float()
        return F.pad(x, (0, 0, 0, rows - len(ids)))

    def _read(self, x: Tensor, places: Sequence[Place]) -> Steps[None]:
        """Take many rows through all layers, some at a time; x changes in place."""
        for first in range(0, len(self._layers), count := max(_WORK // len(x), 1)):
            if first:
                yield
            take = partial(self._take, self._layers[first : first + count], {}, x)
            if len(places) > 1:
                for _ in self._crew.map(take, places):
                    pass
            else:
                with one_thread():
                    take(places[0])

    @torch.inference_mode()
    def _take(
        self, layers: Sequence[Layer], weights: dict[int, Weights], x: Tensor, place: Place
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
        return self._head(self._norm(x))

    @torch.inference_mode()
    def _place(self, start: int, part: Slice) -> Place:
        """Rotations and what is hidden, the same for all layers; the pass begins at `start`."""
        first, end = start + part.rows.start, start + part.rows.stop
        angles = torch.outer(torch.arange(first, end).float(), self._frequencies)
        turned = torch.polar(torch.full_like(angles, self._rotary_scale), angles)[:, None]
        heads, kv_heads, groups = self._shape.heads, self._shape.kv_heads, self._shape.groups
        turned = turned.expand(-1, heads + kv_heads, -1)
        rotation = torch.cat([turned, torch.ones_like(turned[:, :kv_heads])], 1)
        look = self._attention.block
        blocks = [
            look(first, row, min(row + BLOCK, end), groups, self._compute)
            for row in range(first, end, BLOCK)
        ]
        return Place(part, first, rotation, blocks)

    def _reserve(self, length: int) -> None:
        """Make room for so many tokens; what is remembered is kept."""
        if length > self._capacity:
            self._capacity = -(-length // _STEP) * _STEP
            for layer in self._layers:
                layer.cache.reserve(self._capacity, self._length, self._compute)


def _height(rows: int) -> int:
    """How many rows to fill up to: a kernel for each number would take 4 MB and 3 ms."""
    return 16 if rows <= 16 else -(-rows // 32) * 32


def _own(weight: Tensor) -> Tensor:
    """A copy, so that nothing keeps the checkpoint's file mapped into memory."""
    return weight.detach().clone()


def _slides(config: Any) -> bool:  # noqa: ANN401
    """Whether attention is limited to a window."""
    if type(config).__name__ == "Qwen2Config":
        return bool(config.use_sliding_window)
    return bool(getattr(config, "sliding_window", None))
