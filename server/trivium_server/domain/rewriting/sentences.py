"""A text as sentences, and back.

A model reads a sentence or two well and a page badly, so long text goes to it in sentences.
Splitting loses nothing: the pieces joined are the text, character for character.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]

# A sentence ends with a stop and closing quotes or brackets, before white space.
_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”）]*")

# A full stop behind one of these, or behind a single letter, is an abbreviation's.
_ABBREVIATIONS = frozenset(
    """e.g i.e etc vs cf al eq fig figs no nos nr vol ch sec approx resp ca dr mr mrs ms prof st inc
    ltd dept z.b d.h u.a bzw usw ggf evtl inkl vgl s.o s.u o.ä sog abb p.ex p.e c.-à-d éd ej p.ej
    sr sra dto es ecc sig pag pág art""".split()
)
_LONGEST_WORD = 20
"""More than the longest abbreviation has, so that what is cut off is none either."""
_LAST_WORD = re.compile(r"[^\s(\[{\"'“‘«]*$")
_BREATH = re.compile(r"[;:,](?=\s)|\s(?=[-–—]\s)")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of a text: what the model reads, and the white space behind it."""

    start: int
    """Offset in the text that was split."""
    text: str
    gap: str = ""


def split(text: str, limit: int, solid: Sequence[Span] = ()) -> list[Sentence]:
    """The sentences of a text; those longer than `limit` characters are cut at a pause or a word.

    No cut falls into one of the solid spans, which are in order and do not overlap.
    """
    pieces: list[Sentence] = []
    start = 0
    for stop in [*_ends(text, solid), len(text)]:
        while limit < stop - start:
            cut = _cut(text, start, start + limit, solid)
            if stop <= cut:
                break
            pieces.append(_sentence(text, start, cut))
            start = cut
        if start < stop:
            pieces.append(_sentence(text, start, stop))
        start = stop
    return pieces


def _sentence(text: str, start: int, stop: int) -> Sentence:
    """A sentence with its white space; leading white space of the text stays with the first."""
    piece = text[start:stop]
    content = piece.rstrip()
    return Sentence(start, content, piece[len(content) :])


def _ends(text: str, solid: Sequence[Span]) -> list[int]:
    """The offsets at which a sentence and the white space behind it end."""
    found = []
    for match in _END.finditer(text):
        space = _SPACE.match(text, match.end())
        stop = space.end() if space else match.end()
        if stop < len(text) and not _inside(stop, solid) and _is_end(text, match, stop):
            found.append(stop)
    return found


def _is_end(text: str, match: re.Match[str], stop: int) -> bool:
    if not match.group().startswith("."):
        return not text[stop].islower()
    last = _LAST_WORD.search(text, max(match.start() - _LONGEST_WORD, 0), match.start())
    word = last.group().lower() if last else ""
    if word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
        return False
    if word.isdigit() and text[stop].islower():
        return False  # The German ordinal: "am 3. oktober".
    return not text[stop].islower()


def _cut(text: str, start: int, wanted: int, solid: Sequence[Span]) -> int:
    """Where a text is cut when no sentence ends: behind a pause, else behind a word."""
    pauses = [
        match.end() + len(_spaces_at(text, match.end()))
        for match in _BREATH.finditer(text, start + (wanted - start) // 2, wanted)
    ]
    words = [match.end() for match in _SPACE.finditer(text, start + 1, wanted)]
    for cut in (*reversed(pauses), *reversed(words)):
        if start < cut and not _inside(cut, solid):
            return cut
    return _behind_solid(wanted, solid)


def _spaces_at(text: str, offset: int) -> str:
    match = _SPACE.match(text, offset)
    return match.group() if match else ""


def _inside(offset: int, solid: Sequence[Span]) -> bool:
    return _behind_solid(offset, solid) != offset


def _behind_solid(offset: int, solid: Sequence[Span]) -> int:
    """The end of the span that an offset lies in, else the offset."""
    before = bisect_left(solid, (offset,)) - 1
    return max(offset, solid[before][1]) if before >= 0 else offset
