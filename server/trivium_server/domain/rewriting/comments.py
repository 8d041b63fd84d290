"""Comments and docstrings of code as passages: margins and closing marks taken off.

By the grammar, which knows a comment from a string that looks like one; `markers` is for languages
without a grammar here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING

from trivium_server.domain.languages import by_id
from trivium_server.domain.rewriting.passages import Kind, Line, Passage, indentation, line_of
from trivium_server.domain.syntax import Syntax, grammar
from trivium_server.domain.text import Document

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_COMMENTS = ("comment", "line_comment", "block_comment", "multiline_comment", "js_comment")
_DOCSTRINGS = """
(module . (comment)* . (expression_statement (string) @docstring))
(class_definition body: (block . (expression_statement (string) @docstring)))
(function_definition body: (block . (expression_statement (string) @docstring)))
"""
_LINE_MARKER = re.compile(
    r"//(?:[/!]+<(?=\s)|[/!]*)|#+[:!]?|--+(?:[ \t]+[|^](?=\s))?|;+|%+"
    r"|!+[<>]?|\"|'+|(?i:@?rem)(?=\s|$)|::(?=\s|$)"
)
FARTHEST = 500
"""So many lines above and below a place are looked at for the rest of its comment."""

_OPENER = re.compile(r"/\*[*!]*<?|<!--+|\{-[|^]?|--\[\[|=begin[^\n\r]*")
_CLOSER = re.compile(r"(?:(?<!\*)\*+/|(?<!-)--+>|-\}|(?:--)?\]\]|=end)$")
_CONTINUED = re.compile(r"\\[ \t]*[\r\n]")
"""A line of a macro, where a line without a backslash would end it."""

_OUTPUT = re.compile(r"(?:unordered )?output:", re.IGNORECASE)
"""What an example of Go must print stands below, word for word."""

_STAR = re.compile(r"[ \t]*\*(?!/)")
_QUOTES = re.compile(r"[a-zA-Z]*(\"\"\"|'''|\"|')")

Comment = tuple[int, int]
"""Start and end of a comment, without a line end that the grammar may count to it."""


def by_grammar(document: Document, syntax: Syntax, start: int, end: int) -> Iterator[Passage]:
    """The comments and docstrings on the lines of a range, and the runs that these belong to."""
    found = runs(document, _wider(document, _captures(document, syntax, start, end), syntax))
    docstrings = (
        _docstring(document, syntax.start(node), syntax.end(node))
        for node in _found(document, syntax, start, end).get("docstring", [])
    )
    both = [*(passage for passage in docstrings if passage), *found]
    yield from sorted(both, key=lambda passage: passage.start)


def _captures(document: Document, syntax: Syntax, start: int, end: int) -> list[Comment]:
    nodes = _found(document, syntax, start, end).get("comment", [])
    return sorted(_trimmed(document, syntax, node) for node in nodes)


def _wider(document: Document, found: list[Comment], syntax: Syntax) -> list[Comment]:
    """The comments found, and those on the lines directly above and below that they go on with."""
    if not found:
        return found
    lines = document.lines
    first, last = lines.line_of(found[0][0]), lines.line_of(found[-1][1])
    top, bottom = max(first - FARTHEST, 0), min(last + FARTHEST, lines.count - 1)
    while top < first and _LINE_MARKER.match(lines.line(first - 1).lstrip()):
        first -= 1
    while last < bottom and _LINE_MARKER.match(lines.line(last + 1).lstrip()):
        last += 1
    return _captures(document, syntax, lines.starts[first], lines.span(last)[1])


def _found(document: Document, syntax: Syntax, start: int, end: int) -> dict[str, list[Node]]:
    from tree_sitter import QueryCursor

    query = _query(by_id(document.language).id)
    if query is None:
        return {}
    cursor = QueryCursor(query)
    cursor.set_byte_range(max(syntax.byte(start) - 1, 0), syntax.byte(end) + 1)
    return cursor.captures(syntax.root)


@cache
def _query(language: str) -> Query | None:
    from tree_sitter import Query

    found = grammar(language)
    if found is None:
        return None
    kinds = [kind for kind in _COMMENTS if found.id_for_node_kind(kind, True)]
    patterns = "".join(f"({kind}) @comment\n" for kind in kinds)
    if language == "python":
        patterns += _DOCSTRINGS
    return Query(found, patterns) if patterns else None


def _trimmed(document: Document, syntax: Syntax, node: Node) -> Comment:
    """A comment without its line end; a line comment ends with its line, whatever ends that."""
    start, end = syntax.start(node), syntax.end(node)
    if not _OPENER.match(syntax.text, start):
        end = min(end, document.lines.span(document.lines.line_of(start))[1])
    return start, end


def runs(document: Document, found: Sequence[Comment]) -> Iterator[Passage]:
    """Passages: each block comment, and line comments that follow one another as one."""
    run: list[Comment] = []
    for comment in found:
        text = document.text[comment[0] : comment[1]]
        if text.startswith("#!" if comment[0] == 0 else "#!/"):
            continue
        if _OPENER.match(text):
            yield from _line_comments(document, run)
            run = []
            yield _block_comment(document, *comment)
        elif run and _follows(document, run[-1], comment):
            run.append(comment)
        else:
            yield from _line_comments(document, run)
            run = [comment]
    yield from _line_comments(document, run)


def _follows(document: Document, before: Comment, comment: Comment) -> bool:
    """Whether two line comments stand under each other, with nothing but them on their lines."""
    lines = document.lines
    upper, lower = lines.line_of(before[0]), lines.line_of(comment[0])
    heads = [
        document.text[lines.starts[line] : start] + _marker(document.text, start)
        for line, (start, _) in ((upper, before), (lower, comment))
    ]
    return lower == upper + 1 and heads[0] == heads[1] and not heads[0].split()[1:]


def _marker(text: str, start: int) -> str:
    match = _LINE_MARKER.match(text, start)
    return match.group() if match else ""


def _line_comments(document: Document, run: list[Comment]) -> Iterator[Passage]:
    if not run:
        return
    text = document.text
    first = run[0][0]
    marker = _marker(text, first)
    before = text[document.lines.starts[document.lines.line_of(first)] : first]
    alone = not before.strip()
    head = (before if alone else "") + marker
    bodies = [(start + len(_marker(text, start)), end) for start, end in run]
    lines = _lines(text, bodies, head)
    if document.language == "go":
        lines = list(takewhile(lambda line: not _OUTPUT.match(text, line.start, line.end), lines))
    yield Passage(Kind.COMMENT, first, run[-1][1], tuple(lines), wraps=alone)


def _block_comment(document: Document, start: int, end: int) -> Passage:
    text = document.text
    opener = _OPENER.match(text, start, end)
    first = opener.end() if opener else start
    last = max(start + len(_without_closer(text[start:end])), first)
    several = document.lines.line_of(start) != document.lines.line_of(end)
    forbidden = tuple(mark for mark in ("*/", "-->", "-}", "]]") if mark in text[first:end])
    return Passage(
        Kind.COMMENT,
        start,
        end,
        inner_lines(document, first, last, text[start:first]),
        wraps=several and not _CONTINUED.search(text, start, end),
        forbidden=forbidden,
    )


def _without_closer(comment: str) -> str:
    inner = comment.rstrip()
    closer = _CLOSER.search(inner)
    return inner[: closer.start()].rstrip() if closer else comment


def _docstring(document: Document, start: int, end: int) -> Passage | None:
    quotes = _QUOTES.match(document.text, start)
    if quotes is None or set(quotes.group().lower()) & {"b", "f"}:
        return None
    mark = quotes.group(1)
    wraps = len(mark) == 3
    first, last = quotes.end(), max(end - len(mark), quotes.end())
    raw = "r" in quotes.group().lower()
    return Passage(
        Kind.DOCSTRING,
        start,
        end,
        inner_lines(document, first, last, ""),
        wraps=wraps,
        forbidden=(mark,) if raw else (mark, "\\"),
    )


def inner_lines(document: Document, first: int, last: int, opener: str) -> tuple[Line, ...]:
    """The lines between an opening and a closing mark."""
    text, lines = document.text, document.lines
    top = lines.line_of(first)
    rest = [
        (lines.starts[number], min(lines.span(number)[1], last))
        for number in range(top + 1, lines.line_of(last) + 1)
    ]
    below = _starred(text, rest) or _lines(text, rest, "")
    margin = next((line.margin for line in below if line.start < line.end), None)
    if margin is None:
        indent = indentation(lines.line(top))
        margin = indent + (
            " * " if opener.startswith("/**") else " " * len(opener and opener + " ")
        )
    stop = min(lines.span(top)[1], last)
    content = text[first:stop]
    begin = min(first + len(content) - len(content.lstrip()), stop)
    return line_of(text, begin, stop, margin), *below


def _starred(text: str, bodies: Sequence[Comment]) -> list[Line]:
    """The lines of a comment that has a star before each; none when it has not."""
    stars = [_STAR.match(text, start, end) for start, end in bodies if text[start:end].strip()]
    if not stars or not all(stars):
        return []
    head = stars[0].group() if stars[0] else ""
    return _lines(
        text, [(start + _star_width(text[start:end]), end) for start, end in bodies], head
    )


def _star_width(line: str) -> int:
    star = _STAR.match(line)
    return star.end() if star else 0


def _lines(text: str, bodies: Sequence[Comment], head: str) -> list[Line]:
    """Lines without the white space that all of them begin with."""
    contents = [text[start:end] for start, end in bodies]
    spaces = [indentation(content) for content in contents if content.strip()]
    common = min(spaces, key=len, default=" ")
    found = []
    for (start, end), content in zip(bodies, contents, strict=True):
        begin = min(start + min(len(common), len(indentation(content))), end)
        stop = begin + len(text[begin:end].rstrip())
        found.append(Line(begin, stop, head + common))
    return found
