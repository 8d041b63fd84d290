"""Text for people in a document: a comment, a docstring, a paragraph.

A passage knows its lines without their margins (comment markers, indentation, quote signs); what
the lines say, and how new text is laid out in their place, is the business of `layout`. Passages
are found by `finding`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from trivium_server.domain.rewriting import spans
from trivium_server.domain.text import Document

_WORD = re.compile(r"\\.|[\w\u0300-\u036f]+")
_LONGEST_WORD = 100
_QUOTES = ('"', "'", "`")


class Kind(StrEnum):
    """What a passage is, as a person would call it."""

    COMMENT = "comment"
    DOCSTRING = "docstring"
    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CELL = "table cell"
    TEXT = "text"
    """Lines that the user selected in code, such as the inside of a string."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line's content: its offsets without margin and without trailing white space."""

    start: int
    end: int
    margin: str
    """What stands before the content of a further line of the same passage."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines that belong together."""

    kind: Kind
    start: int
    end: int
    """The whole of it in the document, with markers and quotes."""
    lines: tuple[Line, ...]
    wraps: bool = True
    """Whether new text may take more lines than the old: not behind code, in a heading or cell."""
    forbidden: tuple[str, ...] = ()
    """What new text may not hold, because it would end the comment or the string."""


def clip(text: str, passage: Passage, start: int, end: int) -> Passage:
    """A passage of a text with only those (parts of) lines that lie in a range.

    A word at the range's edge, or what must not change there, such as code, counts as a whole:
    half of it has no translation.
    """
    if passage.start < start or end < passage.end:
        solid = spans.fine(text[passage.start : passage.end])
        places = [(passage.start + span.start, passage.start + span.end) for span in solid]
        start, end = _outwards(text, places, start, end)
    lines = [_cut(text, line, start, end) for line in passage.lines]
    if not any(line and line.start < line.end for line in lines):
        return replace(passage, lines=())
    return replace(passage, lines=tuple(filter(None, lines)))


def raw(document: Document, start: int, end: int) -> Passage:
    """A range as it is, line by line, without quotes around it: a selection that is no comment."""
    while end - start > 1 and document.text[start] == document.text[end - 1] in _QUOTES:
        start, end = start + 1, end - 1
    start, end = _outwards(document.text, [], start, end)
    lines = []
    for number in range(document.lines.line_of(start), document.lines.line_of(end) + 1):
        first, last = document.lines.span(number)
        lines.append(line_of(document.text, max(first, start), min(last, end), ""))
    forbidden = (*_quotes_around(document, start, end), "\\")
    return Passage(Kind.TEXT, start, end, tuple(lines), wraps=False, forbidden=forbidden)


def _quotes_around(document: Document, start: int, end: int) -> Sequence[str]:
    """The quotes that a range may stand between, all of them if there is none on its lines."""
    lines = document.lines
    before = document.text[lines.starts[lines.line_of(start)] : start]
    behind = document.text[end : lines.span(lines.line_of(end))[1]]
    return [quote for quote in _QUOTES if quote in before and quote in behind] or _QUOTES


def _outwards(text: str, solid: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """A range grown to the bounds of the solid parts and the words that it cuts."""
    for first, last in (*solid, _word(text, start), _word(text, end)):
        start = first if first < start < last else start
        end = last if first < end < last else end
    return start, end


def _word(text: str, offset: int) -> tuple[int, int]:
    """The word around an offset; an escape such as `\\n` before it is no part of it."""
    begin = text.rfind("\n", 0, offset) + 1
    words = _WORD.finditer(text, max(begin, offset - _LONGEST_WORD), offset + _LONGEST_WORD)
    around = (word.span() for word in words if word.start() < offset < word.end())
    return next(around, (offset, offset))


def _cut(text: str, line: Line, start: int, end: int) -> Line | None:
    """What of a line lies in a range, without white space where it is cut."""
    first, last = max(line.start, start), min(line.end, end)
    if line.start < first:
        first = max(first, last - len(text[first:last].lstrip()))
    if first < last or start <= line.start == line.end <= end:
        return line_of(text, first, last, line.margin)
    return None


def line_of(text: str, start: int, end: int, margin: str) -> Line:
    """A line without the white space at its end."""
    start = min(start, end)
    return Line(start, start + len(text[start:end].rstrip()), margin)


def indentation(text: str) -> str:
    """The white space that a line begins with."""
    return text[: len(text) - len(text.lstrip(" \t\f"))]


def binary(text: str) -> bool:
    """Whether a text is not meant to be read: control characters or undecodable bytes."""
    odd = len(re.findall(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd\ud800-\udfff]", text))
    return "\x00" in text or len(text) < 20 * odd
