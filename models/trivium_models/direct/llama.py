"""Decoders of the plain Llama shape: no biases, ordinary rotary positions."""

from __future__ import annotations

from pathlib import Path

import torch

from trivium_models.direct import tokenizer, tree
from trivium_models.direct.tokenizer import Tokenizer
from trivium_models.direct.tree import Branch, Facts, Shapes

_NEEDED = (
    *("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("num_key_value_heads", "vocab_size", "max_position_embeddings", "rms_norm_eps"),
    *("tie_word_embeddings", "attention_bias", "mlp_bias"),
)


def open_(folder: Path) -> tuple[Branch, Tokenizer] | None:
    """The model of a folder and its tokenizer, if it is one of these."""
    config, found = tree.facts(folder / "config.json"), tokenizer.open_(folder)
    if found is None or not _is_plain(config):
        return None
    unused = {"lm_head.weight"} if config.tie_word_embeddings else set()
    model = tree.read(folder, _shapes(config), unused)
    if model is None or model.model.norm.weight.dtype != getattr(torch, config.dtype, None):
        return None
    model.config, model.dtype = config, model.model.norm.weight.dtype
    model.generation_config = tree.facts(folder / "generation_config.json")
    model.model.rotary_emb = Branch(inv_freq=_frequencies(config), attention_scaling=1.0)
    if config.tie_word_embeddings:
        model.lm_head = model.model.embed_tokens
    return model, found


def _is_plain(config: Facts) -> bool:
    rope = config.rope_parameters or {}
    return (
        config.model_type == "llama"
        and config.architectures == ["LlamaForCausalLM"]
        and config.has(*_NEEDED)
        and isinstance(config.dtype, str)
        and config.hidden_act == "silu"
        and not config.attention_bias
        and not config.mlp_bias
        and not config.quantization_config
        and not config.rope_scaling
        and rope.keys() == {"rope_theta", "rope_type"}
        and rope["rope_type"] == "default"
    )


def _shapes(config: Facts) -> Shapes:
    hidden, inner = config.hidden_size, config.intermediate_size
    size = config.head_dim or hidden // config.num_attention_heads
    queries, keys = size * config.num_attention_heads, size * config.num_key_value_heads
    products = {
        "self_attn.q_proj": (queries, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, queries),
        "mlp.gate_proj": (inner, hidden),
        "mlp.up_proj": (inner, hidden),
        "mlp.down_proj": (hidden, inner),
        "input_layernorm": (hidden,),
        "post_attention_layernorm": (hidden,),
    }
    shapes: Shapes = {
        f"model.layers.{number}.{name}.weight": shape
        for number in range(config.num_hidden_layers)
        for name, shape in products.items()
    }
    words = (config.vocab_size, hidden)
    shapes |= {"model.embed_tokens.weight": words, "model.norm.weight": (hidden,)}
    return shapes if config.tie_word_embeddings else {**shapes, "lm_head.weight": words}


def _frequencies(config: Facts) -> torch.Tensor:
    """Angles per position, float32 [size / 2] (Su et al. 2021, RoFormer, section 3.2.2)."""
    size = config.head_dim or config.hidden_size // config.num_attention_heads
    places = torch.arange(0, size, 2, dtype=torch.int64).float() / size
    return torch.pow(float(config.rope_parameters["rope_theta"]), places).reciprocal()
