"""Sentence encoders that are a plain BERT with pooling behind it.

The layout is that of sentence-transformers: modules.json names a transformer, a pooling and
perhaps a normalisation, which is done to all vectors here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trivium_models.direct import tokenizer, tree
from trivium_models.direct.tokenizer import Tokenizer
from trivium_models.direct.tree import Branch, Facts, Shapes
from trivium_models.headers import read_json

_MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
_OTHERS = ("mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
_POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
}
_MODES = {*_POOLINGS, *(f"pooling_mode_{name}" for name in _OTHERS)}
_READING = {
    "transformer_task": "feature-extraction",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
    "module_output_name": "token_embeddings",
}
"""What sentence-transformers 6 says of a transformer whose states are pooled."""
_NEEDED = (
    *("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("vocab_size", "max_position_embeddings", "type_vocab_size", "layer_norm_eps", "pad_token_id"),
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What a sentence encoder is made of."""

    model: Branch
    tokenizer: Tokenizer
    pooling: str
    """`mean`, `cls` or `max`."""
    limit: int
    """Tokens that are read of a text."""


def open_(folder: Path) -> Opened | None:
    """The model of a folder, if it is one of these."""
    config = tree.facts(folder / "config.json")
    reading = tree.facts(folder / "sentence_bert_config.json")
    pooling, found = _pooling(folder), tokenizer.open_(folder)
    if not _is_plain(config) or not pooling or found is None or not _reads_plainly(reading):
        return None
    unused = {"embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias"}
    model = tree.read(folder, _shapes(config), unused)
    if model is None:
        return None
    _tell_epsilon(model, config.layer_norm_eps)
    model.config = config
    limit = reading.max_seq_length or found.model_max_length or config.max_position_embeddings
    return Opened(model, found, pooling, min(limit, config.max_position_embeddings))


def _is_plain(config: Facts) -> bool:
    return (
        config.model_type == "bert"
        and config.has(*_NEEDED)
        and config.hidden_act == "gelu"
        and config.position_embedding_type in (None, "absolute")
        and not config.is_decoder
        and not config.quantization_config
    )


def _pooling(folder: Path) -> str:
    """How the vectors of tokens become one; empty if not in one of the ways known here."""
    modules = read_json(folder / "modules.json")
    if not isinstance(modules, list) or [_kind(each) for each in modules] not in _MODULES:
        return ""
    how = read_json(folder / str(modules[1]["path"]) / "config.json")
    if not isinstance(how, dict) or how.get("include_prompt") is False or modules[0].get("path"):
        return ""
    if "pooling_mode" in how:  # As sentence-transformers 6 writes it; before, a key for each mode.
        return how["pooling_mode"] if how["pooling_mode"] in _POOLINGS.values() else ""
    chosen = [name for name, value in how.items() if value is True and name in _MODES]
    return _POOLINGS.get(chosen[0], "") if len(chosen) == 1 else ""


def _reads_plainly(reading: Facts) -> bool:
    """Whether texts go into the transformer as they are and its last states come out."""
    said = {name: value for name, value in vars(reading).items() if name != "max_seq_length"}
    return said in ({}, {"do_lower_case": False}, _READING)


def _kind(module: object) -> str:
    """The name of a module's class, if it is one of sentence-transformers' own."""
    package, _, name = str(isinstance(module, dict) and module.get("type")).rpartition(".")
    return name if package.startswith("sentence_transformers.") else ""


def _shapes(config: Facts) -> Shapes:
    hidden, inner = config.hidden_size, config.intermediate_size
    rows = (config.vocab_size, config.max_position_embeddings, config.type_vocab_size)
    names = ("word", "position", "token_type")
    shapes: Shapes = {
        f"embeddings.{name}_embeddings.weight": (count, hidden)
        for name, count in zip(names, rows, strict=True)
    }
    shapes |= _norm("embeddings.LayerNorm", hidden)
    for number in range(config.num_hidden_layers):
        layer = f"encoder.layer.{number}"
        for part in ("query", "key", "value"):
            shapes |= _product(f"{layer}.attention.self.{part}", hidden, hidden)
        shapes |= _product(f"{layer}.attention.output.dense", hidden, hidden)
        shapes |= _product(f"{layer}.intermediate.dense", inner, hidden)
        shapes |= _product(f"{layer}.output.dense", hidden, inner)
        shapes |= _norm(f"{layer}.attention.output.LayerNorm", hidden)
        shapes |= _norm(f"{layer}.output.LayerNorm", hidden)
    return shapes


def _product(name: str, outputs: int, inputs: int) -> Shapes:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def _norm(name: str, width: int) -> Shapes:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _tell_epsilon(branch: Branch, epsilon: float) -> None:
    """Give every norm in a tree what is added to its variance."""
    for name, each in vars(branch).items():
        for part in each if isinstance(each, list) else [each]:
            if isinstance(part, Branch):
                if name == "LayerNorm":
                    part.eps = epsilon
                _tell_epsilon(part, epsilon)
