"""Whether a suggestion is likely enough to be shown, whole or up to where.

Two logistic models weigh the decoder's own probabilities and the evidence of copied places. `WHOLE`
answers "is this what the author writes here, to its end?", `PART` answers, at a boundary within a
suggestion, "does what the author writes begin like this?". Both were fitted on masked lines of
packages that the published figures do not use (docs/notes-completion.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a suggestion, or about its beginning up to some boundary."""

    logprobs: Sequence[float]
    """Of its tokens, natural; for a whole suggestion also of the token that ends it."""
    characters: int
    matched: int = 0
    """See `candidates.Copy`: of the best copied place that goes on in the same way."""
    followed: int = 0
    share: float = 0.0
    rival: int = 0
    """The agreement of the best copied place of all, whatever it goes on with."""
    likeliest: bool = True
    """Whether the model's own first choice says the same."""
    mid_line: bool = False
    """Whether something other than white space stands before the cursor on its line."""
    mid_word: bool = False
    """Whether a word is being typed."""

    def features(self) -> tuple[float, ...]:
        """The numbers that `WHOLE` and `PART` weigh, in their order; the first is the constant."""
        total = max(sum(self.logprobs), -20.0)
        return (
            1.0,
            total,
            max(min(self.logprobs, default=0.0), -8.0),
            max(next(iter(self.logprobs), 0.0), -8.0),
            math.log1p(len(self.logprobs)),
            math.log1p(self.characters),
            math.log1p(self.matched),
            math.log1p(self.matched) * self.share,
            math.log1p(self.followed),
            float(self.matched > 0),
            total * (self.matched > 0),
            float(self.mid_line),
            float(self.mid_word),
            float(self.likeliest),
            math.log1p(self.rival) - math.log1p(self.matched + self.followed),
        )


Weights = tuple[float, ...]

WHOLE: Weights = (
    *(0.55, 0.71, 0.30, -0.09, -0.33, 0.47, -0.70, 1.34, 0.45, -1.41),
    *(-0.62, 0.34, -0.27, -0.38, -0.19),
)
PART: Weights = (
    *(-0.73, 0.68, 0.26, -0.02, -1.38, 0.67, 0.91, 0.53, 0.45, -2.17),
    *(-0.62, 0.84, 0.04, 1.39, -0.26),
)


def probability(evidence: Evidence, weights: Weights, bias: float = 0.0) -> float:
    """The chance that the author writes just this; `bias` shifts its log-odds."""
    score = bias + sum(w * x for w, x in zip(weights, evidence.features(), strict=True))
    return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))


def least_whole(confidence: float) -> float:
    """The chance from which a whole line is shown, for the setting from 0 (all) to 1 (none)."""
    return math.pow(_within(confidence), 1.75)


def least_part(confidence: float) -> float:
    """The same for the beginning of a line: a line that stops short has to be surer."""
    return math.pow(_within(confidence), 0.25)


def boundaries(text: str) -> Iterator[int]:
    """Where a suggestion may be cut, longest first: behind a word or a mark, not within a word."""
    for index in range(len(text.rstrip()) - 1, 0, -1):
        within_word = _is_word(text[index - 1]) and _is_word(text[index])
        if not within_word and not text[index - 1].isspace():
            yield index


def _within(confidence: float) -> float:
    return min(max(confidence, 0.0), 1.0)


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()
