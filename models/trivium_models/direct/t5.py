"""Encoder-decoders of the plain T5 shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor

from trivium_models.direct import tokenizer, tree
from trivium_models.direct.tokenizer import Tokenizer
from trivium_models.direct.tree import Branch, Facts, Shapes

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gated-silu": F.silu,
    "gated-gelu": partial(F.gelu, approximate="tanh"),
}
_NEEDED = (
    *("d_model", "d_kv", "d_ff", "num_heads", "num_layers", "num_decoder_layers", "vocab_size"),
    *("relative_attention_num_buckets", "relative_attention_max_distance", "layer_norm_epsilon"),
    *("decoder_start_token_id", "pad_token_id", "tie_word_embeddings", "scale_decoder_outputs"),
)


def open_(folder: Path) -> tuple[Branch, Tokenizer] | None:
    """The model of a folder, in float32, and its tokenizer, if it is one of these."""
    config, found = tree.facts(folder / "config.json"), tokenizer.open_(folder)
    if found is None or not _is_plain(config):
        return None
    copies = {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}
    unused = copies | ({"lm_head.weight"} if config.tie_word_embeddings else set())
    model = tree.read(folder, _shapes(config), unused)
    if model is None:
        return None
    _in_float32(model)
    activation = _ACTIVATIONS[config.feed_forward_proj]
    for block in (*model.encoder.block, *model.decoder.block):
        block.layer[-1].DenseReluDense.act = activation
    if config.tie_word_embeddings:
        model.lm_head = model.shared
    model.config = config
    model.generation_config = tree.facts(folder / "generation_config.json")
    return model, found


def _is_plain(config: Facts) -> bool:
    return (
        config.model_type == "t5"
        and config.architectures == ["T5ForConditionalGeneration"]
        and config.has(*_NEEDED)
        and config.feed_forward_proj in _ACTIVATIONS
        and not config.quantization_config
    )


def _shapes(config: Facts) -> Shapes:
    hidden = config.d_model
    shapes: Shapes = {"shared.weight": (config.vocab_size, hidden)}
    if not config.tie_word_embeddings:
        shapes["lm_head.weight"] = (config.vocab_size, hidden)
    stacks = {"encoder": config.num_layers, "decoder": config.num_decoder_layers}
    for stack, layers in stacks.items():
        shapes[f"{stack}.final_layer_norm.weight"] = (hidden,)
        bias = f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
        shapes[bias] = (config.relative_attention_num_buckets, config.num_heads)
        attentions = ["SelfAttention", "EncDecAttention"][: 1 + (stack == "decoder")]
        for number in range(layers):
            block = f"{stack}.block.{number}.layer"
            for place, name in enumerate(attentions):
                shapes |= _attention(f"{block}.{place}", name, config)
            shapes |= _forward(f"{block}.{len(attentions)}", config)
    return shapes


def _attention(layer: str, name: str, config: Facts) -> Shapes:
    inner = config.num_heads * config.d_kv
    shapes: Shapes = {
        f"{layer}.{name}.{part}.weight": (inner, config.d_model) for part in ("q", "k", "v")
    }
    shapes[f"{layer}.{name}.o.weight"] = (config.d_model, inner)
    return {**shapes, f"{layer}.layer_norm.weight": (config.d_model,)}


def _forward(layer: str, config: Facts) -> Shapes:
    gated = config.feed_forward_proj.startswith("gated")
    shapes: Shapes = {
        f"{layer}.DenseReluDense.{part}.weight": (config.d_ff, config.d_model)
        for part in (("wi_0", "wi_1") if gated else ("wi",))
    }
    shapes[f"{layer}.DenseReluDense.wo.weight"] = (config.d_model, config.d_ff)
    return {**shapes, f"{layer}.layer_norm.weight": (config.d_model,)}


def _in_float32(branch: Branch) -> None:
    for name, each in vars(branch).items():
        if isinstance(each, Tensor):
            setattr(branch, name, each.float())
        for part in each if isinstance(each, list) else [each]:
            if isinstance(part, Branch):
                _in_float32(part)
