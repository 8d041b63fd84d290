"""The settings of a training run, from a TOML file. Knows nothing of what they are used for."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DEFAULT = Path(__file__).with_name("config.toml")


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of the model, in units, heads and layers."""

    width: int
    encoder_layers: int
    decoder_layers: int
    heads: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Training:
    """How to train; `config.toml` says what each of them means."""

    longest_row: int
    step_tokens: int
    batch_tokens: int
    sample: int
    matrix_rate: float
    other_rate: float
    weight_decay: float
    warmup_steps: int
    average: float
    checkpoint_minutes: float
    report_steps: int
    validate_steps: int
    threads: int


@dataclass(frozen=True, slots=True)
class Config:
    """One run: its corpus, its folder, its model and its training."""

    seed: int
    train_corpus: Path
    valid_corpus: Path
    work_folder: Path
    run: str
    vocabulary: int
    longest: int
    model: Shape
    training: Training
    mixture: dict[str, float]

    @property
    def tokenizer_folder(self) -> Path:
        """Return where the tokenizer is."""
        return self.work_folder / "tokenizer"

    @property
    def embedding(self) -> Path:
        """Return where the vectors are that a new run starts its embeddings from."""
        return self.work_folder / "embedding.npy"

    @property
    def run_folder(self) -> Path:
        """Return where the run keeps its checkpoint and its log."""
        return self.work_folder / self.run


def load_config(path: Path | None = None) -> Config:
    """Read a configuration: `path`, or the file TRIVIUM_TRAINING names, or this folder's.

    Raises:
        OSError: The file cannot be read.
        TypeError: A key is missing or unknown.

    """
    path = path or Path(os.environ.get("TRIVIUM_TRAINING", _DEFAULT))
    fields: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    for key in ("train_corpus", "valid_corpus", "work_folder"):
        fields[key] = path.parent / Path(fields[key]).expanduser()
    fields["model"] = Shape(**fields["model"])
    fields["training"] = Training(**fields["training"])
    return Config(**fields)
