"""Where the passages of a document are.

Found by the grammar where there is one, by comment markers or blank lines elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from trivium_server.domain import languages
from trivium_server.domain.languages import Language
from trivium_server.domain.rewriting import comments, heredocs, markdown
from trivium_server.domain.rewriting.passages import Kind, Passage, clip, indentation, line_of
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

_TEXT = frozenset({"markdown", "plaintext", "restructuredtext"})


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
    """Documentation, and the comments outside of it."""
    documentation = list(heredocs.passages(document, start, end))
    marked = comments.by_markers(document, language, start, end)
    outside = [
        each
        for each in marked
        if not any(doc.start < each.start < doc.end for doc in documentation)
    ]
    yield from sorted([*documentation, *outside], key=lambda each: each.start)


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
        lines.append(line_of(document.text, start + own, end, margin))
    return Passage(
        Kind.PARAGRAPH,
        document.lines.starts[numbers[0]],
        document.lines.span(numbers[-1])[1],
        tuple(lines),
    )
