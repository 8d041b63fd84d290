"""The families of transformers, by the `model_type` that their configurations name.

A table, and the rule for a type that is not in it. Must not import transformers: the server's
process reads this too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trivium_models.types import Art

FAMILIES: dict[str, tuple[Art, str]] = {
    "albert": (Art.ENCODER, "ALBERT"),
    "bert": (Art.ENCODER, "BERT"),
    "camembert": (Art.ENCODER, "RoBERTa"),
    "deberta": (Art.ENCODER, "DeBERTa"),
    "deberta-v2": (Art.ENCODER, "DeBERTa"),
    "distilbert": (Art.ENCODER, "DistilBERT"),
    "electra": (Art.ENCODER, "ELECTRA"),
    "modernbert": (Art.ENCODER, "ModernBERT"),
    "mpnet": (Art.ENCODER, "MPNet"),
    "nomic_bert": (Art.ENCODER, "BERT"),
    "roberta": (Art.ENCODER, "RoBERTa"),
    "xlm-roberta": (Art.ENCODER, "XLM-RoBERTa"),
    "bloom": (Art.DECODER, "BLOOM"),
    "codegen": (Art.DECODER, "CodeGen"),
    "falcon": (Art.DECODER, "Falcon"),
    "gemma": (Art.DECODER, "Gemma"),
    "gemma2": (Art.DECODER, "Gemma"),
    "gemma3_text": (Art.DECODER, "Gemma"),
    "gpt2": (Art.DECODER, "GPT-2"),
    "gpt_bigcode": (Art.DECODER, "StarCoder"),
    "gpt_neo": (Art.DECODER, "GPT-Neo"),
    "gpt_neox": (Art.DECODER, "GPT-NeoX"),
    "gptj": (Art.DECODER, "GPT-J"),
    "granite": (Art.DECODER, "Granite"),
    "llama": (Art.DECODER, "Llama"),
    "mistral": (Art.DECODER, "Mistral"),
    "mpt": (Art.DECODER, "MPT"),
    "olmo2": (Art.DECODER, "OLMo"),
    "opt": (Art.DECODER, "OPT"),
    "phi": (Art.DECODER, "Phi"),
    "phi3": (Art.DECODER, "Phi"),
    "qwen2": (Art.DECODER, "Qwen"),
    "qwen3": (Art.DECODER, "Qwen"),
    "smollm3": (Art.DECODER, "Llama"),
    "stablelm": (Art.DECODER, "StableLM"),
    "starcoder2": (Art.DECODER, "StarCoder"),
    "bart": (Art.REWRITER, "BART"),
    "led": (Art.REWRITER, "BART"),
    "longt5": (Art.REWRITER, "T5"),
    "m2m_100": (Art.REWRITER, "M2M-100"),
    "marian": (Art.REWRITER, "MarianMT"),
    "mbart": (Art.REWRITER, "BART"),
    "mt5": (Art.REWRITER, "mT5"),
    "pegasus": (Art.REWRITER, "PEGASUS"),
    "plbart": (Art.REWRITER, "BART"),
    "t5": (Art.REWRITER, "T5"),
    "umt5": (Art.REWRITER, "mT5"),
}


def describe(config: Mapping[str, Any]) -> tuple[Art | None, str]:
    """The art that a configuration's architecture serves (None: none of them) and its family."""
    kind = str(config.get("model_type") or "")
    if kind in FAMILIES:
        return FAMILIES[kind]
    names = [str(name) for name in config.get("architectures") or ()]
    if config.get("is_encoder_decoder"):
        return Art.REWRITER, kind
    if any(name.endswith(("ForCausalLM", "LMHeadModel")) for name in names):
        return Art.DECODER, kind
    if any(name.endswith("ForMaskedLM") for name in names):
        return Art.ENCODER, kind
    return None, kind
