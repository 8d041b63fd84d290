"""Continuations copied from places that look like the one at the cursor.

The code around the cursor is compared, as words and marks without their spacing, with the code
around similar spots of other texts: the file itself and places that the workspace index found. The
longer the agreement, the likelier the copy. Knows no model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

_TOKEN = re.compile(r"\w+|[^\w\s]|\n")
_AT_LEAST = 4
"""Words and marks before the cursor that a place must share to be looked at."""
_LONGEST_MATCH = 64
"""Words and marks that are compared on each side."""
LONGEST_CONTEXT = 1500
"""Characters on each side that they are looked for in."""
LARGEST_TEXT = 100_000
"""Characters of one text that are compared; of a longer one the last ones."""
_MOST_PLACES, _LONGEST_COPY = 60, 200


@dataclass(frozen=True, slots=True)
class Source:
    """A text that may be copied from."""

    text: str
    name: str = ""
    """How the user knows it, such as `utils/io.py`; empty for the file at the cursor."""
    first_line: int = 0
    """The line number, from 0, of the text's first line in its file."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A continuation and the evidence for it."""

    text: str
    """Up to the end of the line it was found on."""
    matched: int
    """How many words and marks before the cursor agree with those before the copied text."""
    followed: int
    """How many words and marks below the cursor's line agree with those below the copied line."""
    share: float
    """This continuation's part, from 0 to 1, of all places that agree as far."""
    source: str
    """`utils/io.py:42`, or `line 42` in the file at the cursor."""


def copies(before: str, after: str, sources: Iterable[Source], limit: int = 3) -> list[Copy]:
    """The best supported continuations of a text, at most one line each, best first."""
    context = _Context(before, after)
    if len(context.words) < _AT_LEAST:
        return []
    found = [copy for source in sources for copy in _of_source(context, source)]
    return _ranked(found)[:limit]


class _Context:
    """The words around the cursor, nearest first, and the word that is being typed."""

    def __init__(self, before: str, after: str) -> None:
        words = _TOKEN.findall(before[-LONGEST_CONTEXT:])[-_LONGEST_MATCH:]
        ends_in_word = bool(words) and _is_word(before[-1])
        self.typed = words.pop() if ends_in_word else ""
        self.words = _squeezed(words)[::-1]
        self.below = _below(after)
        self._spaced = ends_in_word or before[-1:].isspace()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds the places that agree in the last few words, with any spacing between them.

        It ends where the cursor stands. Possessive, and without a run of blanks at its
        start: long runs of white space cost no more than others.
        """
        words = self.words[:_AT_LEAST][::-1]
        parts = [r"\n" if word == "\n" else _whole(word) for word in words]
        gaps = [r"\s*+" if word == "\n" else r"[^\S\n]*+" for word in words]
        gaps[0] = r"[^\S\n]*+"
        if not self._spaced:
            gaps[-1] = ""
        spaced = "".join(part + gap for part, gap in zip(parts, gaps, strict=True))
        return re.compile(spaced + re.escape(self.typed))


def _whole(word: str) -> str:
    return rf"{word}(?!\w)" if _is_word(word[0]) else re.escape(word)


def _of_source(context: _Context, source: Source) -> Iterator[Copy]:
    text = source.text
    places = context.pattern.finditer(text, max(len(text) - LARGEST_TEXT, 0))
    line, counted = source.first_line + 1, 0
    for match in islice(places, _MOST_PLACES):
        start = match.end()
        if match.start() and _is_word(text[match.start()]) and _is_word(text[match.start() - 1]):
            continue
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        rest = text[start:end].rstrip()
        if not 0 < len(rest.strip()) <= _LONGEST_COPY:
            continue
        # From match to match: a text of 200 MB is counted through once, not sixty times.
        line, counted = line + text.count("\n", counted, start), start
        yield Copy(
            text=rest,
            matched=_matched(context.words, text, start - len(context.typed)),
            followed=_agreement(context.below, _below(text[end : end + LONGEST_CONTEXT])),
            share=1.0,
            source=f"{source.name}:{line}" if source.name else f"line {line}",
        )


def _matched(wanted: Sequence[str], text: str, end: int) -> int:
    before = text[max(end - LONGEST_CONTEXT, 0) : end]
    return _agreement(wanted, _squeezed(_TOKEN.findall(before))[::-1])


def _below(after: str) -> list[str]:
    """The words behind the end of a line."""
    _, _, rest = after[:LONGEST_CONTEXT].partition("\n")
    return _squeezed(_TOKEN.findall(rest.lstrip()))[:_LONGEST_MATCH]


def _agreement(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words agree from the first one on."""
    pairs = zip(one, other, strict=False)
    differing = next((index for index, (a, b) in enumerate(pairs) if a != b), None)
    return min(len(one), len(other)) if differing is None else differing


def _ranked(found: list[Copy]) -> list[Copy]:
    """One copy for each continuation, with its share of the places that agree as far."""
    best: dict[str, Copy] = {}
    for copy in found:
        known = best.get(copy.text)
        if known is None or _support(known) < _support(copy):
            best[copy.text] = copy
    ranked = []
    for copy in best.values():
        as_far = [each for each in found if each.matched >= copy.matched - 1]
        share = sum(each.text == copy.text for each in as_far) / len(as_far)
        ranked.append(replace(copy, share=share))
    return sorted(ranked, key=lambda copy: (_support(copy), copy.share), reverse=True)


def _support(copy: Copy) -> int:
    return copy.matched + copy.followed


def _squeezed(words: list[str]) -> list[str]:
    """Line ends in a row count as one."""
    return [word for i, word in enumerate(words) if word != "\n" or i == 0 or words[i - 1] != "\n"]


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()
