"""Comments of languages without a grammar here, by the markers that begin a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from trivium_server.domain.languages import Language
from trivium_server.domain.rewriting.comments import FARTHEST, Comment, runs
from trivium_server.domain.rewriting.passages import Passage, indentation
from trivium_server.domain.text import Document

_MARKERS = {
    "": re.compile(r"\s*(?:#+|//+|--+|;+|%+)!?(?:\s|$)"),
    "bat": re.compile(r"\s*(?:@?rem|::)(?:\s|$)", re.IGNORECASE),
}
"""Where it is not the marker of `languages`. An unknown one is followed by white space: what
`#define` and `#a-selector {` are nobody knows."""


def comments(document: Document, language: Language, start: int, end: int) -> Iterator[Passage]:
    """The comments that begin a line, of a language without a grammar; of an unknown one, too."""
    lines = document.lines
    first, last = lines.line_of(start), lines.line_of(end)
    opener, closer = language.block_comment
    marked = _marked(language)
    top, bottom = max(first - FARTHEST, 0), min(last + FARTHEST, lines.count - 1)
    while top < first and marked.match(lines.line(first - 1)):
        first -= 1
    while last < bottom and marked.match(lines.line(last + 1)):
        last += 1
    found: list[Comment] = []
    number = first
    while number <= last:
        text = lines.line(number)
        begin = lines.starts[number] + len(indentation(text))
        if opener and text.lstrip().startswith(opener):
            close = document.text.find(closer, begin)
            stop = len(document.text) if close < 0 else close + len(closer)
            found.append((begin, stop))
            number = lines.line_of(stop)
        elif marked.match(text):
            found.append((begin, lines.span(number)[1]))
        number += 1
    yield from runs(document, found)


@cache
def _marked(language: Language) -> re.Pattern[str]:
    """What begins a line that is a comment."""
    if language.id in _MARKERS:
        return _MARKERS[language.id]
    marker = language.line_comment
    return re.compile(rf"\s*{re.escape(marker)}" if marker else r"(?!)")
