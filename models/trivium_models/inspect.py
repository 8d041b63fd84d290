"""What a folder of weights is and whether it can serve, before a byte of it is loaded.

From `config.json`, the safetensors headers and `tokenizer.json` alone: architecture, family,
parameters, limits; and one sentence for each thing that can be wrong. Must not import torch.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trivium_models import families
from trivium_models.catalog import ARCHITECTURES
from trivium_models.errors import ModelDamaged, ModelUnfit
from trivium_models.headers import Tensor, read_json, read_tensors, some
from trivium_models.types import Art

_LIMITS = (
    *("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length", "max_seq_len"),
    "max_encoder_position_embeddings",
)
_PADDED_POSITIONS = ("roberta", "xlm-roberta", "camembert")
_RELATIVE_POSITIONS = {"t5": 512, "mt5": 512, "umt5": 512, "longt5": 4096}
"""No limit is built into these; this is the length that they were trained with."""

_WORDS = re.compile(r"(word_embeddings|tok_embeddings|embed_tokens|wte|embed_in|shared)\.weight$")
_LAYER = re.compile(r"^(?P<stack>[a-z_.]*?)\.(?P<number>\d+)\.(?P<rest>.+)$")
_LEAST_USED = 0.8
"""Of the rows of word embeddings, the share that a tokenizer must name; some pad their table."""
_DEPTHS = (
    *("num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_hidden_groups"),
    *("encoder_layers", "decoder_layers", "num_decoder_layers"),
)
"""What configurations call the number of layers in a stack."""
_UNEVEN = ("modernbert",)
"""Families with layers that are not all alike."""
_TOKENIZERS = (
    *("tokenizer.json", "spiece.model", "sentencepiece.bpe.model", "tokenizer.model"),
    *("source.spm", "vocab.txt", "vocab.json"),
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model's folder, as its own files describe it."""

    folder: Path
    art: Art
    family: str
    model_type: str
    """As transformers names it: `bert`, `llama`, `t5`."""
    parameters: int
    context: int
    """The most tokens that it reads in one piece; 0 when the configuration names no limit."""
    bytes: int
    """Size of the weights on disk."""


def inspect(folder: Path, name: str = "") -> Checkpoint:
    """Describe a checkpoint; raises ModelDamaged or ModelUnfit with what is wrong with it.

    `name` is what the user calls the model, for the messages.
    """
    name = name or str(folder)
    art, family = recognise(folder, name)
    inner = _transformer_folder(folder)
    config = _read_config(inner, name)
    tensors = read_tensors(inner, name)
    if config["model_type"] in families.FAMILIES:
        _check_words(config, tensors, name)
        if config["model_type"] not in _UNEVEN:
            _check_layers(config, tensors, name)
    _check_tokenizer(config, inner, name)
    return Checkpoint(
        folder=folder,
        art=art,
        family=family,
        model_type=str(config["model_type"]),
        # Whole numbers are positions and masks, not learned.
        parameters=sum(tensor.elements for tensor in tensors if tensor.dtype != "I64"),
        context=_context(folder, config),
        bytes=sum(tensor.bytes for tensor in tensors),
    )


def recognise(folder: Path, name: str) -> tuple[Art, str]:
    """The art and the family of a model whose weights need not be there yet; raises ModelUnfit."""
    config = _read_config(_transformer_folder(folder), name)
    art, family = families.describe(config)
    kind = config["model_type"]
    if "auto_map" in config and kind not in families.FAMILIES:
        raise ModelUnfit(
            f"{name} needs its publisher's own code to run, and Trivium runs no code from a model."
        )
    if (folder / "modules.json").is_file():  # sentence-transformers embeds with any architecture
        return Art.ENCODER, family
    if art is None:
        raise ModelUnfit(
            f"{name} is of a kind that Trivium cannot use (model_type {kind}): it should be an "
            "encoder such as BERT, a decoder such as Llama, or an encoder-decoder such as T5."
        )
    return art, family


def check_art(checkpoint: Checkpoint, art: Art, name: str, example: str) -> None:
    """Refuse a model of another architecture than the art's; `example` names one that serves."""
    if checkpoint.art is not art:
        raise ModelUnfit(
            f"{name} is {_article(ARCHITECTURES[checkpoint.art])} model ({checkpoint.model_type}) "
            f"and cannot serve as the {art}: that needs {_article(ARCHITECTURES[art])} one, "
            f"such as {example}."
        )


def check_memory(parameters: int, width: int, available: int, name: str, example: str) -> None:
    """Refuse a model whose weights, `width` bytes each, exceed the memory that is available."""
    if parameters * width > available:
        raise ModelUnfit(
            f"{name} needs {parameters * width / 1e9:.1f} GB of memory and {available / 1e9:.1f} "
            f"GB are free: up to {available / width / 1e6:,.0f} million parameters would fit, "
            f"such as {example}."
        )


def _transformer_folder(folder: Path) -> Path:
    """Where the transformer lies: older sentence-transformers models give it its own folder."""
    nested = folder / "0_Transformer"
    return nested if nested.is_dir() and not (folder / "config.json").exists() else folder


def _read_config(folder: Path, name: str) -> dict[str, Any]:
    path = folder / "config.json"
    packed = next(folder.glob("*.gguf"), None)
    if not path.is_file() and packed:
        raise ModelUnfit(f"{name} holds a GGUF file: name the file itself, {packed}.")
    if not path.is_file():
        raise ModelUnfit(
            f"{name} is not a model's folder: there is no config.json in it. "
            "A model has config.json, model.safetensors and its tokenizer's files."
        )
    config = read_json(path)
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise ModelDamaged(f"The config.json of {name} cannot be read or names no model_type.")
    return config


def _check_words(config: Mapping[str, Any], tensors: Sequence[Tensor], name: str) -> None:
    """Compare the table of word embeddings with the configuration."""
    words = next((tensor for tensor in tensors if _WORDS.search(tensor.name)), None)
    if words is None:
        raise ModelDamaged(f"{name} is not complete: its word embeddings are missing.")
    vocabulary = config.get("vocab_size")
    if isinstance(vocabulary, int) and words.shape[0] != vocabulary:
        raise ModelDamaged(
            f"The weights of {name} do not belong to its config.json: they have "
            f"{words.shape[0]:,} words and the configuration {vocabulary:,}."
        )


def _check_layers(config: Mapping[str, Any], tensors: Sequence[Tensor], name: str) -> None:
    """Compare the layers with the configuration and with each other.

    Layers of the families that Trivium knows are alike, but for what T5 keeps in its first: a
    tensor that most layers of a stack have is missing where it is not.
    """
    depths = {config[key] for key in _DEPTHS if isinstance(config.get(key), int)}
    missing = []
    for stack, parts in _stacks(tensors).items():
        layers = set(range(max(map(max, parts.values())) + 1))
        if depths and len(layers) not in depths:
            raise ModelDamaged(
                f"The weights of {name} do not belong to its config.json: {stack} has "
                f"{len(layers)} layers and the configuration {' or '.join(map(str, depths))}."
            )
        for rest, numbers in parts.items():
            if len(numbers) > len(layers) / 2:
                missing += [f"{stack}.{number}.{rest}" for number in sorted(layers - numbers)]
    if missing:
        raise ModelDamaged(
            f"{name} is not complete: {some(missing)} missing; fetch or export it again."
        )


def _stacks(tensors: Sequence[Tensor]) -> dict[str, dict[str, set[int]]]:
    """Each stack of layers: what is in a layer, and in which layers it is."""
    stacks: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for tensor in tensors:
        match = _LAYER.match(tensor.name)
        if match:
            stacks[match["stack"]][match["rest"]].add(int(match["number"]))
    return stacks


def _check_tokenizer(config: Mapping[str, Any], folder: Path, name: str) -> None:
    if not any((folder / file).is_file() for file in _TOKENIZERS):
        raise ModelDamaged(f"{name} has no tokenizer: there is no tokenizer.json in {folder}.")
    file, words = folder / "tokenizer.json", config.get("vocab_size")
    content = read_json(file)
    if file.is_file() and not (
        isinstance(content, dict) and isinstance(content.get("model"), dict)
    ):
        raise ModelDamaged(
            f"The tokenizer.json of {name} cannot be read: take the one that was published with it."
        )
    if not isinstance(content, dict) or not isinstance(words, int):
        return
    tokens, rows = _count_tokens(content), _rows_needed(content)
    if tokens and not _LEAST_USED * words < tokens <= words:
        raise ModelDamaged(
            f"The tokenizer of {name} belongs to another model: it has {tokens:,} tokens, and "
            f"the weights have {words:,} words; take the tokenizer that was published with them."
        )
    if rows > words:
        raise ModelDamaged(
            f"The tokenizer of {name} does not fit its weights: its highest token is number "
            f"{rows - 1:,}, and the weights have {words:,} words, counted from 0; take the "
            "tokenizer that was published with them."
        )


def _count_tokens(content: Mapping[str, Any]) -> int:
    """The size of a tokenizer.json's vocabulary, without tokens added later; 0 if unknown."""
    model = content.get("model")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    return len(vocabulary) if isinstance(vocabulary, dict | list) else 0


def _rows_needed(content: Mapping[str, Any]) -> int:
    """How many rows of word embeddings a tokenizer.json can ask for, tokens added later too."""
    model, added = content.get("model"), content.get("added_tokens")
    vocabulary = model.get("vocab") if isinstance(model, dict) else None
    numbers = list(vocabulary.values()) if isinstance(vocabulary, dict) else []
    numbers += [token.get("id") for token in added or () if isinstance(token, dict)]
    return max((number for number in numbers if isinstance(number, int)), default=-1) + 1


def _context(folder: Path, config: Mapping[str, Any]) -> int:
    limit = read_json(folder / "sentence_bert_config.json")
    if isinstance(limit, dict) and isinstance(limit.get("max_seq_length"), int):
        return int(limit["max_seq_length"])
    kind = config["model_type"]
    if kind in _RELATIVE_POSITIONS:
        return int(config.get("n_positions") or _RELATIVE_POSITIONS[kind])
    found = next((config[key] for key in _LIMITS if isinstance(config.get(key), int)), 0)
    # RoBERTa's positions start after the padding index.
    return int(found) - 2 if kind in _PADDED_POSITIONS else int(found)


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
