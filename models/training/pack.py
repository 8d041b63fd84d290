"""Tokenise the corpus once into flat arrays that training maps into memory.

One `Pack` is a folder of two files: `tokens.npy`, every text's ids (uint16, no end mark) one after
the other, and `rows.npy`, a table of where each row's source and target lie, which task it
is, and how often a pass over the data visits it. A translation is stored once; the reader turns
it round. Knows nothing of models.

    python -m training.pack
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from training.config import Config, load_config
from training.corpus import TASKS, Row, directions_of, mask, read_rows
from training.tokenizer import load_tokenizer

Tokens = npt.NDArray[np.uint16]

ROW = np.dtype(
    [
        ("start", np.uint32),
        ("source", np.uint16),
        ("target", np.uint16),
        ("task", np.uint8),
        ("visits", np.uint8),
    ]
)

_MASKED_SHARE = 0.5
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Pack:
    """A tokenised corpus: `tokens` (uint16, one dimension) and `rows` (of type `ROW`)."""

    tokens: Tokens
    rows: npt.NDArray[np.void]

    def texts(self, row: int) -> tuple[Tokens, Tokens]:
        """Return the ids of a row's two texts, as stored, without prefix and end mark."""
        start, source, target, _, _ = self.rows[row].item()
        middle = start + source
        return self.tokens[start:middle], self.tokens[middle : middle + target]


def load_pack(folder: Path) -> Pack:
    """Map a pack into memory; raises OSError when it has not been written."""
    return Pack(np.load(folder / "tokens.npy", mmap_mode="r"), np.load(folder / "rows.npy"))


def visits_of(row: Row) -> int:
    """Return how often one pass visits a row, relative to the others of its direction.

    Most translation pairs are a few words of an interface, so sentences and paragraphs are
    visited two and three times; a summary taken from a docstring often does not follow from the
    text, so it is visited less than the ones of manual pages and package descriptions.
    """
    if row.direction.startswith("translate"):
        return 1 + (len(row.source) > 60) + (len(row.source) > 150)
    if row.direction == "summarize":
        return 1 if row.via.startswith("doctext") else 3
    return 1


def _masked(rows: Iterable[Row], seed: int) -> Iterator[Row]:
    """Yield the rows, half of them with sentinels for what a rewrite must not touch."""
    chance = random.Random(seed)
    for row in rows:
        if row.direction != "summarize code" and chance.random() < _MASKED_SHARE:
            source, target = mask(row.source, row.target, chance)
            row = Row(row.direction, source, target, row.via)
        yield row


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield lists of rows, because the tokenizer is quicker with many texts at once."""
    remaining = iter(rows)
    while some := list(islice(remaining, _ROWS_AT_ONCE)):
        yield some


def _encode(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """Return the ids of each text, without end marks."""
    encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return [encoding.ids for encoding in encodings]


def write_pack(rows: Iterable[Row], tokenizer: Tokenizer, folder: Path, longest: int) -> None:
    """Write the pack of `rows` to `folder`, without those longer than `longest` tokens."""
    parts: list[Tokens] = []
    table: list[tuple[int, int, int, int, int]] = []
    tasks = {directions_of(task)[0]: number for number, task in enumerate(TASKS)}
    start = 0
    for some in _batches(rows):
        sources = _encode(tokenizer, [row.source for row in some])
        targets = _encode(tokenizer, [row.target for row in some])
        for row, source, target in zip(some, sources, targets, strict=True):
            if 0 < len(source) <= longest and 0 < len(target) <= longest:
                parts.append(np.array(source + target, np.uint16))
                sizes = (start, len(source), len(target))
                table.append((*sizes, tasks[row.direction], visits_of(row)))
                start += len(source) + len(target)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "tokens.npy", np.concatenate(parts))
    np.save(folder / "rows.npy", np.array(table, ROW))


def pack_corpus(config: Config) -> None:
    """Write the packs `train` and `valid` under the work folder."""
    tokenizer = load_tokenizer(config).backend_tokenizer
    for name, path in (("train", config.train_corpus), ("valid", config.valid_corpus)):
        rows = _masked(read_rows(path), config.seed)
        write_pack(rows, tokenizer, config.work_folder / name, config.longest)


if __name__ == "__main__":
    pack_corpus(load_config())
