"""The paragraphs, headings and table cells of a Markdown document as passages.

The grammar tells them from code, HTML, front matter and link definitions, none of which is ever
touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from trivium_server.domain.rewriting.passages import Kind, Line, Passage, line_of
from trivium_server.domain.syntax import Syntax, grammar
from trivium_server.domain.text import Document

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_MARGIN = re.compile(r"[ \t>]*")
_MODULE = re.compile(r"(?:import|export)\s")
_NOT_MARGIN = re.compile(r"[^ \t>]")
_LABEL = re.compile(r"\[\^[^\]]+\]:\s*|\[![A-Z]+\][ \t]*$", re.MULTILINE)


def paragraphs(document: Document, syntax: Syntax, start: int, end: int) -> Iterator[Passage]:
    """The paragraphs, headings and cells that touch a range."""
    from tree_sitter import QueryCursor

    cursor = QueryCursor(_query())
    cursor.set_byte_range(max(syntax.byte(start) - 1, 0), syntax.byte(end) + 1)
    nodes = [node for found in cursor.captures(syntax.root).values() for node in found]
    for node in sorted(nodes, key=lambda each: each.start_byte):
        if node.type == "pipe_table_cell":
            yield from _cell(document, syntax, node)
        elif not (document.path.endswith(".mdx") and _MODULE.match(syntax.source(node))):
            yield _passage(document, syntax, node)


@cache
def _query() -> Query:
    from tree_sitter import Query

    found = grammar("markdown")
    assert found is not None
    texts = "(paragraph (inline) @text) (atx_heading (inline) @text) (pipe_table_cell) @text"
    return Query(found, texts)


def _cell(document: Document, syntax: Syntax, node: Node) -> Iterator[Passage]:
    """The text of a cell, unless it is a single word, which is a name as often as not.

    A translation that holds the sign between two cells is refused.
    """
    start = syntax.start(node)
    line = line_of(document.text, start, syntax.end(node), "")
    if len(document.text[line.start : line.end].split()) > 1:
        yield Passage(Kind.CELL, start, line.end, (line,), wraps=False, forbidden=("|",))


def _passage(document: Document, syntax: Syntax, node: Node) -> Passage:
    text, lines = document.text, document.lines
    start, end = syntax.start(node), syntax.end(node)
    first, last = lines.line_of(start), lines.line_of(end)
    margin = _NOT_MARGIN.sub(" ", text[lines.starts[first] : start])
    label = _LABEL.match(text, start, end)
    found = [_line(document, label.end() if label else start, end, margin)]
    for number in range(first + 1, last + 1):
        inner = _MARGIN.match(text, lines.starts[number])
        begin = inner.end() if inner else lines.starts[number]
        if begin <= end:
            found.append(_line(document, begin, end, text[lines.starts[number] : begin]))
    if len(found) > 1:
        found[0] = Line(found[0].start, found[0].end, found[1].margin)
    kinds = [each.type for each in (node.parent, node.parent and node.parent.parent) if each]
    heading = any(kind.endswith("heading") for kind in kinds)
    kind = Kind.HEADING if heading else Kind.PARAGRAPH
    return Passage(kind, start, end, tuple(found), wraps=not heading)


def _line(document: Document, start: int, end: int, margin: str) -> Line:
    stop = min(document.lines.span(document.lines.line_of(start))[1], end)
    content = document.text[start:stop]
    start = min(start, stop) + len(content) - len(content.lstrip())
    return Line(start, start + len(document.text[start:stop].rstrip()), margin)
