"""Words and word pieces: what a text is made of for BM25, and how long it is for a model.

Pure and fast: no tokenizer is loaded. `Pieces` estimates WordPiece counts (BERT's uncased
vocabulary) from character classes; a test holds it against the real tokenizer.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# What a character costs in pieces, fitted on source code in a dozen languages: most short words are
# in the vocabulary whole, joined words and numbers fall apart.
_PLACE_COST = np.array([0.75, 0, 0.22, 0.22, 0.08, 0.05, 0.02, 0.02, 0.05, 0.1], np.float32)
_HUMP_COST, _DIGIT_COST, _NUMBER_COST, _MARK_COST = 1.45, 0.42, 1.4, 1.12
_SPACE, _MARK, _LOWER, _UPPER, _DIGIT, _ALONE = range(6)


def words(text: str) -> list[str]:
    """The lower-case words of a text; identifiers are split at underscores and humps."""
    return [word.lower() for word in _WORD.findall(split_humps(text))]


def split_humps(text: str) -> str:
    """`parseHTTPHeader` as `parse HTTP Header`; underscores are left alone."""
    return _HUMP.sub(" ", text)


class Pieces:
    """How many word pieces any range of one text has, roughly, in constant time for each range."""

    def __init__(self, text: str) -> None:
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        known = _classes()
        classes = known[np.minimum(codes, len(known) - 1)]
        self._sums = np.concatenate([[0.0], np.cumsum(_costs(classes), dtype=np.float64)])

    def count(self, start: int, end: int) -> int:
        """Word pieces between two offsets."""
        return round(float(self._sums[end] - self._sums[start]))

    def reach(self, start: int, pieces: int) -> int:
        """The largest offset up to which a text from `start` holds at most so many pieces."""
        return int(np.searchsorted(self._sums, self._sums[start] + pieces, side="right")) - 1


def count(text: str) -> int:
    """Word pieces of a whole text."""
    return Pieces(text).count(0, len(text))


def _costs(classes: np.ndarray) -> np.ndarray:
    before = np.concatenate([[_SPACE], classes[:-1]]) if len(classes) else classes
    digit, letter = classes == _DIGIT, (classes == _LOWER) | (classes == _UPPER)
    hump = (classes == _UPPER) & (before == _LOWER)
    number = (digit & (before != _DIGIT)) | (letter & (before == _DIGIT))
    index = np.arange(len(classes), dtype=np.int32)
    starts = hump | number | (letter & (before < _LOWER))
    place = index - np.maximum.accumulate(np.where(starts, index, 0))
    cost = np.where(letter, _PLACE_COST[np.minimum(place, len(_PLACE_COST) - 1)], 0)
    cost[classes == _MARK] = _MARK_COST
    cost[classes == _ALONE] = 1
    cost[digit] = _DIGIT_COST
    cost[number & (before >= _LOWER)] = _NUMBER_COST
    cost[number & (before < _LOWER)] = _PLACE_COST[0]
    cost[hump] = _HUMP_COST
    return cost


@cache
def _classes() -> np.ndarray:
    """A class for each character below U+3000; the last entry stands for all above (CJK)."""
    classes = np.full(0x3001, _ALONE, dtype=np.uint8)
    for code in range(0x3000):
        char = chr(code)
        if char.isspace() or not char.isprintable():
            classes[code] = _SPACE
        elif char.isalpha():
            classes[code] = _UPPER if char.isupper() else _LOWER
        else:
            classes[code] = _DIGIT if char.isdigit() else _MARK
    return classes
