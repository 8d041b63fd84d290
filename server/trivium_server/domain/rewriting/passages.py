"""Where text for people stands in a document: comments, docstrings, paragraphs.

Found by the grammar where there is one, by comment markers or blank lines elsewhere. A passage
knows its lines without their margins (comment markers, indentation, quote signs); what the lines
say, and how new text is laid out in their place, is the business of `layout`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from trivium_server.domain import languages
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

PROSE_LANGUAGES = frozenset({"markdown", "plaintext", "restructuredtext", ""})
"""Documents that are text for people throughout. An unknown language is taken for one."""


class Kind(StrEnum):
    """What a passage is, as a person would call it."""

    COMMENT = "comment"
    DOCSTRING = "docstring"
    PARAGRAPH = "paragraph"
    HEADING = "heading"
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
    """Whether new text may take more lines than the old: not behind code, nor in a heading."""
    forbidden: tuple[str, ...] = ()
    """What new text may not hold, because it would end the comment or the string."""


def at(document: Document, syntax: Syntax | None, offset: int) -> Passage | None:
    """The passage at an offset; a cursor just before or behind it counts."""
    line = document.lines.line_of(offset)
    start, end = document.lines.span(line)
    near = [each for each in _around(document, syntax, start, end) if _near(each, offset)]
    return min(near, key=lambda each: each.end - each.start, default=None)


def within(document: Document, syntax: Syntax | None, start: int, end: int) -> Iterator[Passage]:
    """The passages that a range touches, cut to the range, in the order of the document."""
    for passage in _around(document, syntax, start, end):
        cut = clip(passage, start, end)
        if cut.lines:
            yield cut


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
    """A range as it is, line by line: for a selection that is no comment."""
    lines = []
    for number in range(document.lines.line_of(start), document.lines.line_of(end) + 1):
        first, last = document.lines.span(number)
        lines.append(_line(document.text, max(first, start), min(last, end), ""))
    return Passage(Kind.TEXT, start, end, tuple(lines), wraps=False)


def _near(passage: Passage, offset: int) -> bool:
    return passage.start <= offset <= passage.end


def _around(document: Document, syntax: Syntax | None, start: int, end: int) -> Iterator[Passage]:
    """The passages that touch a range, whole."""
    from trivium_server.domain.rewriting import comments, markdown

    language = languages.by_id(document.language)
    if language.id == "markdown" and syntax:
        found = markdown.paragraphs(document, syntax, start, end)
    elif language.id in PROSE_LANGUAGES:
        found = paragraphs(document, start, end)
    elif syntax:
        found = comments.by_grammar(document, syntax, start, end)
    else:
        found = comments.by_markers(document, language, start, end)
    for passage in found:
        if passage.start <= end and start <= passage.end:
            yield passage


def paragraphs(document: Document, start: int, end: int) -> Iterator[Passage]:
    """The runs of lines between blank lines that a range touches."""
    lines = document.lines
    first = lines.line_of(start)
    while first and lines.line(first - 1).strip():
        first -= 1
    run: list[int] = []
    for number in range(first, lines.count):
        if lines.line(number).strip():
            run.append(number)
            continue
        if run:
            yield _paragraph(document, run)
            run = []
        if end < lines.starts[number]:
            return
    if run:
        yield _paragraph(document, run)


def _paragraph(document: Document, numbers: list[int]) -> Passage:
    texts = [document.lines.line(number) for number in numbers]
    margin = min((indentation(text) for text in texts), key=len)
    lines = []
    for number, text in zip(numbers, texts, strict=True):
        start, end = document.lines.span(number)
        own = len(margin) if text.startswith(margin) else len(indentation(text))
        lines.append(_line(document.text, start + own, end, margin))
    return Passage(
        Kind.PARAGRAPH,
        document.lines.starts[numbers[0]],
        document.lines.span(numbers[-1])[1],
        tuple(lines),
    )


def _line(text: str, start: int, end: int, margin: str) -> Line:
    start = min(start, end)
    return Line(start, start + len(text[start:end].rstrip()), margin)


def indentation(text: str) -> str:
    """The white space that a line begins with."""
    return text[: len(text) - len(text.lstrip(" \t\f"))]


def binary(text: str) -> bool:
    """Whether a text is not meant to be read: control characters or undecodable bytes."""
    odd = len(re.findall(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd\ud800-\udfff]", text))
    return "\x00" in text or len(text) < 20 * odd
