"""Guesses at the next tokens, copied from text that was read before ("prompt lookup decoding").

Checking a few guessed tokens costs little more than computing one, because the weights have to be
read from memory anyway, and code repeats itself. A wrong guess costs time, never correctness.
Saxena, "Prompt Lookup Decoding" (2023), is the idea.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LONGEST = 6
"""An agreement of more tokens than this does not make a copy more likely to be right."""


class Copier:
    """Looks up how a sequence went on after earlier occurrences of its last tokens."""

    def __init__(self, *texts: Sequence[int]) -> None:
        """Take the token sequences to copy from; of equal agreements the last one counts."""
        separated: list[int] = []
        for ids in texts:
            separated += [-1, *ids]
        self._ids = np.array(separated, dtype=np.int64)

    def propose(self, tail: Sequence[int], most: int) -> list[int]:
        """At most so many tokens that followed the longest agreement with the end of `tail`."""
        ids = self._ids
        if not tail or most < 1:
            return []
        places = np.flatnonzero(ids[:-1] == tail[-1])
        places = places[ids[places + 1] >= 0]
        for back in range(1, min(LONGEST, len(tail))):
            longer = places[places >= back]
            longer = longer[ids[longer - back] == tail[-1 - back]]
            if not len(longer):
                break
            places = longer
        if not len(places):
            return []
        start = int(places[-1]) + 1
        guess = ids[start : start + most]
        ends = np.flatnonzero(guess < 0)
        return [int(i) for i in (guess[: ends[0]] if len(ends) else guess)]
