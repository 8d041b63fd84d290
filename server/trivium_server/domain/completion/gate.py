"""Whether a suggestion is likely enough to be shown, and up to where.

A logistic model of what the decoder's own probabilities and copied evidence say about the question
"did the author write just this?", fitted on masked lines (docs/notes-completion.md). It is asked at
every boundary of a suggestion; what is shown ends at the last boundary that is sure enough.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the beginning of a suggestion, up to some boundary."""

    logprobs: Sequence[float]
    """Of its tokens, natural."""
    characters: int
    copied: int = 0
    """Words and marks that agree before a copied place which goes on in the same way."""
    share: float = 0.0
    """That copy's part among the places that agree as far."""
    mid_line: bool = False
    """Whether something other than white space stands before the cursor on its line."""
    mid_word: bool = False
    """Whether a word is being typed."""

    def features(self) -> tuple[float, ...]:
        """The numbers that `WEIGHTS` weighs, in its order; the first one is the constant."""
        count = len(self.logprobs)
        total = sum(self.logprobs)
        return (
            1.0,
            max(total, -20.0),
            max(min(self.logprobs, default=0.0), -8.0),
            max(self.logprobs[0] if count else 0.0, -8.0),
            math.log1p(count),
            math.log1p(self.characters),
            math.log1p(self.copied),
            math.log1p(self.copied) * self.share,
            float(self.mid_line),
            float(self.mid_word),
        )


WEIGHTS = (0.4, 0.8, 0.1, 0.1, 0.0, 0.0, 0.2, 0.3, 0.3, 0.2)


def probability(evidence: Evidence, bias: float = 0.0) -> float:
    """The chance that the author writes just this; `bias` shifts its log-odds."""
    score = bias + sum(w * x for w, x in zip(WEIGHTS, evidence.features(), strict=True))
    return 1 / (1 + math.exp(-score))


def threshold(confidence: float) -> float:
    """The least chance for a suggestion to be shown, for the setting from 0 (all) to 1 (none)."""
    return math.pow(min(max(confidence, 0.0), 1.0), 1.5)


def boundaries(text: str) -> Iterator[int]:
    """Where a suggestion may end, longest first: behind a word or a mark, never within a word."""
    end = len(text.rstrip())
    for index in range(end, 0, -1):
        within_word = index < len(text) and _is_word(text[index - 1]) and _is_word(text[index])
        if not within_word and not text[index - 1].isspace():
            yield index


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()
