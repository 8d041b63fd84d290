"""Labels for a text from examples, and the pieces in which a model reads a long one.

The nearest example decides how well a label fits. Pure numpy; knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from trivium_server.domain.arrays import Floats

PIECE = 800
"""Characters of a piece: 256 word pieces hold them in prose and nearly always in code."""
_PLACES = (r"\n[ \t]*\n\s*", r"\n", r"(?<=[.!?;])\s+", r"\s+")
"""Where a text is cut: between paragraphs, lines, sentences, words; the first that helps."""


@dataclass(frozen=True, slots=True)
class Label:
    """How near a text is to a label: the cosine to the label's nearest example, and which it is."""

    name: str
    score: float
    example: int


def nearest(text: Floats, examples: Floats, labels: Sequence[str]) -> list[Label]:
    """Every label, the nearest first.

    `text` is [dimensions], `examples` [n, dimensions], both of unit length; `labels` names each
    example's.
    """
    cosines = examples @ text
    found: dict[str, Label] = {}
    for place in np.argsort(-cosines, kind="stable").tolist():
        found.setdefault(labels[place], Label(labels[place], float(cosines[place]), place))
    return list(found.values())


def mean(vectors: Floats) -> Floats:
    """The direction of the mean of unit vectors [n, dimensions]; zeros stay zeros."""
    middle: Floats = vectors.mean(axis=0)
    length = float(np.linalg.norm(middle))
    return middle / length if length > 1e-12 else middle


def pieces(text: str, longest: int = PIECE) -> list[str]:
    """A text in parts of at most so many characters, cut where it has joints; never empty."""
    return list(_pieces(text.strip(), longest, _PLACES)) or [""]


def _pieces(text: str, longest: int, places: Sequence[str]) -> Iterator[str]:
    if len(text) <= longest:
        if text:
            yield text
        return
    if not places:
        yield from (text[at : at + longest] for at in range(0, len(text), longest))
        return
    held = ""
    for part in _parts(text, places[0]):
        if len((held + part).rstrip()) > longest:
            yield from _pieces(held.strip(), longest, places[1:])
            held = ""
        held += part
    yield from _pieces(held.strip(), longest, places[1:])


def _parts(text: str, place: str) -> Iterator[str]:
    """The text cut behind every joint of a kind."""
    start = 0
    for match in re.finditer(place, text):
        yield text[start : match.end()]
        start = match.end()
    yield text[start:]
