"""Text for people in a document: a comment, a docstring, a paragraph.

A passage knows its lines without their margins (comment markers, indentation, quote signs); what
the lines say, and how new text is laid out in their place, is the business of `layout`. Passages
are found by `finding`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from trivium_server.domain.text import Document

_QUOTES = ('"', "'", "`", "\\")


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


def clip(passage: Passage, start: int, end: int) -> Passage:
    """A passage with only those (parts of) lines that lie in a range."""
    lines = tuple(
        replace(line, start=max(line.start, start), end=min(line.end, end))
        for line in passage.lines
        if max(line.start, start) < min(line.end, end) or start <= line.start == line.end <= end
    )
    if not any(line.start < line.end for line in lines):
        return replace(passage, lines=())
    return replace(passage, lines=lines)


def raw(document: Document, start: int, end: int) -> Passage:
    """A range as it is, line by line, without quotes around it: a selection that is no comment."""
    while end - start > 1 and document.text[start] == document.text[end - 1] in _QUOTES:
        start, end = start + 1, end - 1
    lines = []
    for number in range(document.lines.line_of(start), document.lines.line_of(end) + 1):
        first, last = document.lines.span(number)
        lines.append(line_of(document.text, max(first, start), min(last, end), ""))
    return Passage(Kind.TEXT, start, end, tuple(lines), wraps=False, forbidden=_QUOTES)


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
