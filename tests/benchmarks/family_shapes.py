"""The shapes of published models, as their configurations on the hub have them.

A model type of transformers and what differs from its defaults; what has no effect on size or
speed is left out. Knows neither weights nor measuring (`families`).
"""

from __future__ import annotations

from typing import Any

from trivium_models.types import Art

_BERT = {"vocab_size": 30522, "max_position_embeddings": 512}
_T5 = {"vocab_size": 32128, "d_kv": 64, "decoder_start_token_id": 0}
_GATED = {"d_model": 512, "d_ff": 1024, "num_layers": 8, "num_heads": 6}
_GATED |= {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}

SHAPES: dict[str, tuple[Art, str, dict[str, Any]]] = {
    "all-MiniLM-L12-v2": (
        Art.ENCODER,
        "bert",
        _BERT | {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 12},
    ),
    "distilbert-base-uncased": (Art.ENCODER, "distilbert", _BERT),
    "all-distilroberta-v1": (
        Art.ENCODER,
        "roberta",
        {
            "vocab_size": 50265,
            "num_hidden_layers": 6,
            "max_position_embeddings": 514,
            "type_vocab_size": 1,
        },
    ),
    "bge-base-en-v1.5": (Art.ENCODER, "bert", _BERT),
    "all-mpnet-base-v2": (
        Art.ENCODER,
        "mpnet",
        {"vocab_size": 30527, "max_position_embeddings": 514},
    ),
    "SmolLM2-360M": (
        Art.DECODER,
        "llama",
        {
            "vocab_size": 49152,
            "hidden_size": 960,
            "intermediate_size": 2560,
            "num_hidden_layers": 32,
            "num_attention_heads": 15,
            "num_key_value_heads": 5,
            "max_position_embeddings": 8192,
            "tie_word_embeddings": True,
        },
    ),
    "pythia-70m": (
        Art.DECODER,
        "gpt_neox",
        {
            "vocab_size": 50304,
            "hidden_size": 512,
            "intermediate_size": 2048,
            "num_hidden_layers": 6,
            "num_attention_heads": 8,
        },
    ),
    "gpt2": (Art.DECODER, "gpt2", {"vocab_size": 50257}),
    "Qwen2.5-Coder-0.5B": (
        Art.DECODER,
        "qwen2",
        {
            "vocab_size": 151936,
            "hidden_size": 896,
            "intermediate_size": 4864,
            "num_hidden_layers": 24,
            "num_attention_heads": 14,
            "num_key_value_heads": 2,
            "max_position_embeddings": 32768,
            "tie_word_embeddings": True,
        },
    ),
    "t5-small": (
        Art.REWRITER,
        "t5",
        _T5 | {"d_model": 512, "d_ff": 2048, "num_layers": 6, "num_heads": 8},
    ),
    "t5-base": (
        Art.REWRITER,
        "t5",
        _T5 | {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12},
    ),
    "flan-t5-small": (Art.REWRITER, "t5", _T5 | _GATED),
    "mt5-small": (Art.REWRITER, "mt5", _T5 | _GATED | {"vocab_size": 250112}),
    "distilbart-cnn-6-6": (
        Art.REWRITER,
        "bart",
        {"vocab_size": 50264, "encoder_layers": 6, "decoder_layers": 6},
    ),
    "opus-mt-en-de": (
        Art.REWRITER,
        "marian",
        {
            "vocab_size": 58101,
            "d_model": 512,
            "encoder_ffn_dim": 2048,
            "decoder_ffn_dim": 2048,
            "encoder_layers": 6,
            "decoder_layers": 6,
            "encoder_attention_heads": 8,
            "decoder_attention_heads": 8,
            "max_position_embeddings": 512,
        },
    ),
}
"""By the model's name in the catalog."""
