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


_BETWEEN = -1
"""Stands between two texts; no token has this id."""


class Copier:
    """Looks up how a sequence went on after earlier occurrences of its last tokens."""

    def __init__(self, *texts: Sequence[int]) -> None:
        """Take the token sequences to copy from; of equal agreements the last one counts."""
        separated: list[int] = []
        for ids in texts:
            separated += [_BETWEEN, *ids]
        self._ids = np.array(separated, dtype=np.int64)

    def propose(self, tail: Sequence[int], most: int) -> list[int]:
        """Tokens that followed the longest agreement with the end of `tail`.

        At most `most`, and no more than agreed: a longer agreement makes a longer copy likely.
        """
        ids = self._ids
        if not tail or most < 1:
            return []
        places = np.flatnonzero(ids[:-1] == tail[-1])
        agreed = 1
        while agreed < min(LONGEST, len(tail)):
            longer = places[places >= agreed]
            longer = longer[ids[longer - agreed] == tail[-1 - agreed]]
            if not len(longer):
                break
            places = longer
            agreed += 1
        if not len(places):
            return []
        start = int(places[-1]) + 1
        guess: list[int] = ids[start : start + min(most, agreed)].tolist()
        return guess[: guess.index(_BETWEEN)] if _BETWEEN in guess else guess
