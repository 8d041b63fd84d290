"""The validation rows of each task, and a model's plain answers to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from training.corpus import Row, read_rows, turned_round
from trivium_models.client import EngineClient
from trivium_models.types import Answer, Priority, RewriteOptions

CORPUS = Path("/work/shared/corpus/valid.jsonl.zst")
_AT_ONCE = 64


def choose(corpus: Path, count: int) -> dict[str, list[Row]]:
    """Up to `count` rows of each direction, evenly spread over the file."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in read_rows(corpus):
        found[row.direction].append(row)
        if row.direction.startswith("translate"):
            turned = turned_round(row)
            found[turned.direction].append(turned)
    return {name: rows[:: max(1, len(rows) // count)][:count] for name, rows in found.items()}


async def ask(client: EngineClient, prefix: str, texts: Sequence[str]) -> list[Answer]:
    """The model's plain answers."""
    answers: list[Answer] = []
    for first in range(0, len(texts), _AT_ONCE):
        answers += await client.rewrite(
            prefix,
            texts[first : first + _AT_ONCE],
            RewriteOptions(max_tokens=160),
            priority=Priority.INDEXING,
        )
    return answers
