"""Where the passages of a document are.

Found by the grammar where there is one, by comment markers or blank lines elsewhere.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from pathlib import PurePath

from trivium_server.domain import languages
from trivium_server.domain.languages import Language
from trivium_server.domain.rewriting import comments, heredocs, markdown, markers, strings
from trivium_server.domain.rewriting.passages import Kind, Passage, clip, indentation, line_of
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

_TEXT = frozenset({"markdown", "plaintext", "restructuredtext", "git-commit"})
_SCISSORS = re.compile(r"^# -+ >8 -+\r?$", re.MULTILINE)
"""Git's mark in a commit message above the changes."""
_LITERAL = re.compile(
    r"\s*\.\. (?:code|code-block|sourcecode|parsed-literal|math|raw|testcode|testoutput|testsetup"
    r"|doctest|graphviz|digraph|graph|mermaid|uml|plantuml|ipython|prompt|productionlist)::"
    r"|(?!\s*\.\. ).*::\s*$"
)
"""A line below which what is indented is no text: code, a formula."""
_LITERAL_LINES = 500
"""Lines above that are looked through for one: a file may be indented from end to end."""


def is_text(document: Document) -> bool:
    """Whether a document is text for people throughout.

    One of an unknown language is, unless its file has a suffix: then it may be code.
    """
    known = languages.by_id(document.language).id
    return known in _TEXT or not (known or PurePath(document.path or document.uri).suffix)


def at(document: Document, syntax: Syntax | None, offset: int) -> Passage | None:
    """The passage at an offset; a cursor just before or behind it counts."""
    line = document.lines.line_of(offset)
    start, end = document.lines.span(line)
    near = [each for each in _around(document, syntax, start, end) if _near(each, offset)]
    return min(near, key=lambda each: each.end - each.start, default=None)


def within(document: Document, syntax: Syntax | None, start: int, end: int) -> Iterator[Passage]:
    """The passages that a range touches, cut to the range, in the order of the document."""
    for passage in _around(document, syntax, start, end):
        cut = clip(document.text, passage, start, end)
        if cut.lines:
            yield cut


def _near(passage: Passage, offset: int) -> bool:
    return passage.start <= offset <= passage.end


def _around(document: Document, syntax: Syntax | None, start: int, end: int) -> Iterator[Passage]:
    """The passages that touch a range, whole."""
    language = languages.by_id(document.language)
    if language.id == "markdown" and syntax:
        found = markdown.paragraphs(document, syntax, start, end)
    elif is_text(document):
        found = paragraphs(document, start, end)
    elif syntax:
        found = comments.by_grammar(document, syntax, start, end)
    else:
        found = _without_grammar(document, language, start, end)
    for passage in found:
        if passage.start <= end and start <= passage.end:
            yield passage


def _without_grammar(
    document: Document, language: Language, start: int, end: int
) -> Iterator[Passage]:
    """Documentation, and the comments outside of it and of other strings."""
    documentation = list(heredocs.passages(document, start, end))
    marked = list(markers.comments(document, language, start, end))
    inside = [(doc.start, doc.end) for doc in documentation]
    inside = sorted([*inside, *strings.ranges(document)]) if marked else []
    ends = list(accumulate((last for _, last in inside), max))
    outside = [
        each
        for each in marked
        if not (before := bisect_left(inside, (each.start,))) or ends[before - 1] <= each.start
    ]
    yield from sorted([*documentation, *outside], key=lambda each: each.start)


def paragraphs(document: Document, start: int, end: int) -> Iterator[Passage]:
    """The runs of lines between blank lines (and comments) that a range touches."""
    lines = document.lines
    count = _said_lines(document)
    first = min(lines.line_of(start), count)
    while first and _is_said(document, first - 1):
        first -= 1
    run: list[int] = []
    for number in range(first, count):
        if _is_said(document, number):
            run.append(number)
            continue
        if run and not _is_literal(document, run[0]):
            yield _paragraph(document, run)
        run = []
        if end < lines.starts[number]:
            return
    if run and not _is_literal(document, run[0]):
        yield _paragraph(document, run)


def _is_literal(document: Document, number: int) -> bool:
    """Whether a line is in a block of code, by the lines above that are indented less."""
    depth = len(indentation(document.lines.line(number)))
    for above in range(number - 1, max(number - _LITERAL_LINES, 0) - 1, -1):
        line = document.lines.line(above)
        if line.strip() and len(indentation(line)) < depth:
            if _LITERAL.match(line):
                return True
            depth = len(indentation(line))
        if not depth:
            break
    return False


def _said_lines(document: Document) -> int:
    """How many lines may say something: below its scissors Git cuts a message off."""
    message = languages.by_id(document.language).id == "git-commit"
    cut = _SCISSORS.search(document.text) if message else None
    return document.lines.line_of(cut.start()) if cut else document.lines.count


def _is_said(document: Document, number: int) -> bool:
    """Whether a line says something: a blank line does not, nor a comment in a message for Git."""
    line = document.lines.line(number)
    marker = languages.by_id(document.language).line_comment
    return bool(line.strip()) and not (marker and line.startswith(marker))


def _paragraph(document: Document, numbers: list[int]) -> Passage:
    texts = [document.lines.line(number) for number in numbers]
    margin = min((indentation(text) for text in texts), key=len)
    lines = []
    for number, text in zip(numbers, texts, strict=True):
        start, end = document.lines.span(number)
        own = len(margin) if text.startswith(margin) else len(indentation(text))
        lines.append(line_of(document.text, start + own, end, margin))
    return Passage(
        Kind.PARAGRAPH,
        document.lines.starts[numbers[0]],
        document.lines.span(numbers[-1])[1],
        tuple(lines),
    )
