"""A definition's code as a model reads it, and its documentation as the language writes it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trivium_server.domain import languages, syntax
from trivium_server.domain.definitions import Definition
from trivium_server.domain.rewriting.passages import indentation
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

if TYPE_CHECKING:
    from tree_sitter import Node

DESCRIBED = frozenset({"function", "method", "constructor", "class", "struct", "interface", "enum"})
"""Kinds of definitions that a sentence can be said about."""

_WIDTH = 88
_STAR_COMMENTS = frozenset(
    "javascript typescript typescriptreact java php kotlin scala c cpp".split()
)
_TRIPLE_SLASHES = frozenset({"rust", "swift"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a definition's documentation would stand."""

    offset: int
    indent: str
    as_docstring: bool


def code_of(document: Document, definition: Definition, longest: int) -> str:
    """The source of a definition without its docstring and outer indentation.

    A long one is cut behind the last whole line that fits.
    """
    lines = document.lines
    numbers = range(lines.line_of(definition.start), lines.line_of(definition.end) + 1)
    source = [lines.line(number) for number in numbers if not _is_doc(document, definition, number)]
    text = textwrap.dedent("\n".join(source)).strip()
    if len(text) <= longest:
        return text
    return text[: longest + 1].rpartition("\n")[0] or text[:longest]


def place_of(document: Document, definition: Definition) -> Place | None:
    """Where documentation can be put; None when there is some, or no room on the line."""
    if definition.doc:
        return None
    lines = document.lines
    first = lines.line_of(definition.start)
    if document.language != "python":
        before = document.text[lines.starts[first] : definition.start]
        return None if before.strip() else Place(lines.starts[first], before, False)
    return _inside(document, definition)


def written(document: Document, place: Place, sentence: str) -> str:
    """A sentence as the documentation comment of its language, with its last line end."""
    opening, middle, closing = _marks(document, place)
    width = _WIDTH - len(place.indent) - len(opening) - len(closing)
    lines = textwrap.wrap(sentence, max(width, 40), break_long_words=False) or [""]
    if len(lines) == 1 or not closing:
        body = [f"{opening if number == 0 else middle}{line}" for number, line in enumerate(lines)]
        body[-1] += closing
    elif opening.startswith("/**"):
        body = ["/**", *(f"{middle}{line}" for line in lines), closing]
    else:
        body = [opening + lines[0], *lines[1:], closing]
    return "".join(f"{place.indent}{line}{document.newline}" for line in body)


def comment(document: Document, offset: int, text: str) -> str:
    """A text as whole lines of comment, indented as the line that begins at an offset.

    Where a language has no comments it is the text itself.
    """
    language = languages.by_id(document.language)
    indent = indentation(document.text[offset:].partition("\n")[0])
    opener, closer = language.block_comment
    lines = text.splitlines()
    if language.line_comment:
        lines = [f"{language.line_comment} {line}".rstrip() for line in lines]
    elif opener and closer not in text:
        lines = [f"{opener} {lines[0]}", *lines[1:]]
        lines[-1] += f" {closer}"
    return "".join(f"{indent}{line}{document.newline}" for line in lines)


def _marks(document: Document, place: Place) -> tuple[str, str, str]:
    """What stands before the first line, before the others and behind the last."""
    language = languages.by_id(document.language)
    if place.as_docstring:
        return '"""', "", '"""'
    if language.id in _STAR_COMMENTS:
        return "/** ", " * ", " */"
    if language.id in _TRIPLE_SLASHES:
        return "/// ", "/// ", ""
    if language.id == "csharp":
        return "/// <summary>", "/// ", "</summary>"
    marker = language.line_comment or "#"
    return f"{marker} ", f"{marker} ", ""


def _is_doc(document: Document, definition: Definition, number: int) -> bool:
    """Whether a line holds nothing but documentation."""
    start, end = document.lines.span(number)
    first, last = definition.doc or (0, 0)
    return (
        first < end
        and start < last
        and not document.text[start : max(first, start)].strip()
        and not document.text[min(last, end) : end].strip()
    )


def _inside(document: Document, definition: Definition) -> Place | None:
    """Python: the line behind the one that ends the definition's head."""
    tree = syntax.parse(document.text[definition.start : definition.end], "python")
    body = _body(tree) if tree else None
    if tree is None or body is None or body.prev_sibling is None:
        return None
    colon = body.prev_sibling
    while colon.type == "comment" and colon.prev_sibling is not None:
        colon = colon.prev_sibling
    lines = document.lines
    head = lines.line_of(definition.start + tree.start(colon))
    first = lines.line_of(definition.start + tree.start(body))
    if first == head:
        return None
    return Place(lines.starts[head + 1], indentation(lines.line(first)), True)


def _body(tree: Syntax) -> Node | None:
    """The body of the first function or class."""
    for node in tree.walk():
        if node.type in ("function_definition", "class_definition"):
            return node.child_by_field_name("body")
    return None
