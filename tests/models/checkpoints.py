"""Checkpoints for tests that read files and run no model: a configuration, headers, a tokenizer.

The weights are real safetensors files of a few kilobytes, so that everything about them can be
asserted, and broken in every way that a disk or a publisher can break them.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from trivium_models import catalog
from trivium_models.catalog import ModelCard, Source
from trivium_models.types import Art

WIDTH, LAYERS, WORDS = 8, 3, 320

CONFIGS = {
    "bert": {"architectures": ["BertModel"], "max_position_embeddings": 64},
    "roberta": {"architectures": ["RobertaModel"], "max_position_embeddings": 66},
    "gpt2": {"architectures": ["GPT2LMHeadModel"], "n_positions": 64},
    "llama": {"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 64},
    "t5": {"architectures": ["T5ForConditionalGeneration"], "is_encoder_decoder": True},
    "marian": {"architectures": ["MarianMTModel"], "max_position_embeddings": 64},
}
"""Model types that a checkpoint can be written for, with what is special about each."""

_WORDS = {
    "bert": "embeddings.word_embeddings.weight",
    "roberta": "embeddings.word_embeddings.weight",
    "gpt2": "wte.weight",
    "llama": "model.embed_tokens.weight",
    "t5": "shared.weight",
    "marian": "model.shared.weight",
}
_STACKS = {
    "bert": ["encoder.layer"],
    "roberta": ["encoder.layer"],
    "gpt2": ["h"],
    "llama": ["model.layers"],
    "t5": ["encoder.block", "decoder.block"],
    "marian": ["model.encoder.layers", "model.decoder.layers"],
}


def tensors_of(kind: str, width: int = WIDTH) -> dict[str, np.ndarray]:
    """Weights as a model of this type names them; only their names and shapes mean anything."""
    tensors = {_WORDS[kind]: np.zeros((WORDS, width), np.float32)}
    for stack in _STACKS[kind]:
        for layer in range(LAYERS):
            for part in ("attention.weight", "mlp.weight"):
                tensors[f"{stack}.{layer}.{part}"] = np.zeros((width, width), np.float32)
    if kind == "t5":
        for stack in _STACKS[kind]:
            tensors[f"{stack}.0.layer.0.SelfAttention.relative_attention_bias.weight"] = np.zeros(
                (4, 2), np.float32
            )
    return tensors


def write_checkpoint(folder: Path, kind: str = "bert", **config: object) -> Path:
    """A folder that is sound as far as its files can tell."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"model_type": kind, "vocab_size": WORDS, **CONFIGS.get(kind, {}), **config}
    (folder / "config.json").write_text(json.dumps(content))
    save_file(tensors_of(kind if kind in _WORDS else "bert"), folder / "model.safetensors")
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def byte_tokenizer(words: int = WORDS) -> Tokenizer:
    """One token for each byte, then some that are special."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate(alphabet)}
    vocabulary |= {f"<extra_{n}>": n for n in range(len(vocabulary), words)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def write_wheel(folder: Path, files: dict[str, bytes], name: str = "tiny-model") -> Path:
    """A wheel that pip accepts, with these files in it."""
    base = name.replace("-", "_")
    path = folder / f"{base}-1.0-py3-none-any.whl"
    info = f"{base}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        for member, data in files.items():
            wheel.writestr(member, data)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


def wheel_card(source: Path, name: str = "tiny-bert") -> ModelCard:
    """A catalog card whose files are those of a folder, taken from the wheel `tiny-model`."""
    files = {
        path.relative_to(source).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }
    wheel = Source("wheel", "tiny-model==1.0", "tiny_model/", 0, files)
    return ModelCard(name, Art.ENCODER, "BERT", 0, 64, "MIT", ("en",), (), (wheel,))


def package_card(folder: Path, name: str = "shipped-t5") -> ModelCard:
    """A catalog card of a rewriter that lies in the package."""
    shipped = Source("package", str(folder))
    return ModelCard(name, Art.REWRITER, "T5", 0, 64, "MIT", ("en",), (), (shipped,))


def wheel_files(source: Path) -> dict[str, bytes]:
    """A folder's files as they lie in the wheel."""
    return {
        f"tiny_model/{path.relative_to(source).as_posix()}": path.read_bytes()
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }


def extend_catalog(*cards: ModelCard) -> None:
    """Put cards into this process's catalog; the caller puts `catalog.cards` back."""
    every = (*catalog.cards(), *cards)
    catalog.cards = lambda: every
    catalog._by_name.cache_clear()
