"""Orders what the index found for a question: candidates with their scores in, best first out.

Pure: no index, no files, no models.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trivium_server.domain.chunking import Chunk


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that words or meaning brought up."""

    chunk: Chunk
    """With its path, relative to the workspace folder."""
    words: float
    """BM25 score, 0 where no word matched."""
    meaning: float
    """Cosine to the question; NaN where the vector is not there yet or no model is."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place."""

    candidate: Candidate
    score: float
    """Between 0 and 1; comparable within one answer."""
    reason: str = ""
    """Why it matched, for a person: `defines parse_config`, `words: retry, backoff`."""


def rank(question: str, candidates: Sequence[Candidate]) -> list[Ranked]:
    """The candidates, best first: both scores brought to 0…1 and averaged."""
    words = _scaled([each.words for each in candidates])
    meaning = _scaled([each.meaning for each in candidates])
    scored = [Ranked(*row) for row in zip(candidates, map(_mean, words, meaning), strict=True)]
    return sorted(scored, key=lambda each: -each.score)


def _mean(left: float, right: float) -> float:
    return (left + right) / 2


def _scaled(scores: list[float]) -> list[float]:
    known = [score for score in scores if not math.isnan(score)]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if high <= low:
        return [0.0 if math.isnan(score) else 1.0 for score in scores]
    return [0.0 if math.isnan(score) else (score - low) / (high - low) for score in scores]
