"""What a request is about: the passages and definitions that a cursor or a selection means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from trivium_server.domain import definitions, languages
from trivium_server.domain.definitions import Definition
from trivium_server.domain.rewriting import finding, layout, passages, prose
from trivium_server.domain.rewriting.detect import language_of
from trivium_server.domain.rewriting.documentation import DESCRIBED
from trivium_server.domain.rewriting.layout import Block
from trivium_server.domain.rewriting.passages import Kind, Passage
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

_TEXT_NODE = re.compile(r"string|text|heredoc|(?<!element_)content")

_OTHER_TEXT = frozenset({"latex", "asciidoc", "org", "subtitles"})
"""Text for people in forms that nothing here reads: a selection is taken line by line."""
_BORDER = re.compile(r"^\s*(?:#\+|\\begin\b|\\end\b|\[[a-z]+|[-.=_+*/]{4,}\s*$)", re.MULTILINE)
"""What stands around code, tables and formulas there."""

_LONGEST_LINE = 50_000
_NO_TEXT = "there is no text for people in it"
_NO_LINE = f"a line here is longer than {_LONGEST_LINE:,} characters"


@dataclass(frozen=True, slots=True)
class Subject:
    """Text for people, code, or both, and what a person calls it."""

    noun: str
    passages: tuple[Passage, ...] = ()
    definitions: tuple[Definition, ...] = ()
    span: tuple[int, int] | None = None
    """What was selected, if it can be read."""
    why: str = ""
    """Where there is nothing for people in it: the reason."""

    def __bool__(self) -> bool:
        return bool(self.passages or self.definitions)

    def blocks(self, document: Document) -> list[list[Block]]:
        """The blocks of each passage."""
        return [layout.blocks(document, passage) for passage in self.passages]


def of_cursor(document: Document, tree: Syntax | None, offset: int) -> Subject:
    """The comment, docstring, paragraph or function at a cursor."""
    if _minified(document, offset, offset):
        return Subject("", why=_NO_LINE)
    passage = finding.at(document, tree, offset)
    if passage and layout.blocks(document, passage):
        return Subject(passage.kind, (passage,))
    around = _described(document, tree, offset, offset)
    if around:
        return Subject(_noun(around[-1:]), definitions=(around[-1],))
    return Subject(
        "",
        why="there is no text here: put the cursor into a comment, a docstring, a paragraph or a "
        "function, or select some text",
    )


def of_selection(document: Document, tree: Syntax | None, start: int, end: int) -> Subject:
    """What a selection holds, cut to it."""
    selected = document.text[start:end]
    if not selected.strip():
        return Subject("", why="the selection is empty")
    if passages.binary(selected):
        return Subject("", why="the selection is not text")
    if _minified(document, start, end):
        return Subject("", why=_NO_LINE)
    found = tuple(
        passage
        for passage in finding.within(document, tree, start, end)
        if layout.blocks(document, passage) and not _is_licence(document, passage, start, end)
    )
    span = (start, end)
    if finding.is_text(document):
        noun = "selection" if selected != document.text else "document"
        return Subject(noun, found, span=span, why=_NO_TEXT)
    inside = _holding(document, tree, start, end)
    if inside:
        whole = bool(found) and found[0].lines == inside.lines
        return Subject(inside.kind if whole else "selection", found, span=span, why=_NO_TEXT)
    selected_definitions = tuple(_outer(_described(document, tree, start, end), start, end))
    if not found and not selected_definitions and _is_prose(document, tree, start, end):
        return Subject("selection", (passages.raw(document, start, end),), span=span)
    noun = "comments" if len(found) > 1 or not found else found[0].kind
    return Subject(noun, found, selected_definitions, span, _NO_TEXT)


def code_noun(subject: Subject) -> str:
    """What a person calls the code of a subject."""
    return _noun(subject.definitions)


def language(document: Document, subject: Subject, most: int = 8) -> str:
    """The language of a subject's text, by its first passages; empty when they do not tell."""
    texts = [
        block.text
        for passage in islice(subject.passages, most)
        for block in layout.blocks(document, passage)
    ]
    return language_of(" ".join(texts))


def _noun(found: tuple[Definition, ...] | list[Definition]) -> str:
    if len(found) == 1:
        return found[0].kind
    kinds = {definition.kind for definition in found}
    return f"{len(found)} " + ("functions" if kinds <= {"function", "method"} else "definitions")


def _holding(document: Document, tree: Syntax | None, start: int, end: int) -> Passage | None:
    """The passage that a selection lies in."""
    passage = finding.at(document, tree, start)
    if passage and passage.kind is not Kind.TEXT and end <= passage.end:
        return passage
    return None


def _is_licence(document: Document, passage: Passage, start: int, end: int) -> bool:
    """Whether a passage is a licence's comment that is selected together with other things."""
    if finding.is_text(document) or (passage.start <= start and end <= passage.end):
        return False
    return prose.is_legal(document.text[passage.start : passage.end])


def _minified(document: Document, start: int, end: int) -> bool:
    """Whether a range touches a line that a machine wrote: looking through one takes seconds."""
    lines = document.lines
    numbers = range(lines.line_of(start), lines.line_of(end) + 1)
    return any(stop - begin > _LONGEST_LINE for begin, stop in map(lines.span, numbers))


def _is_prose(document: Document, tree: Syntax | None, start: int, end: int) -> bool:
    """Whether selected code is text for people: the inside of a string, or of an element.

    Without a grammar nobody knows whether whole lines are code: a part of one is taken for text.
    """
    if tree is not None:
        return bool(_TEXT_NODE.search(tree.at(start, end).type))
    language = languages.by_id(document.language)
    selected = document.text[start:end]
    if language.id in _OTHER_TEXT:
        lines = [] if _BORDER.search(selected) else selected.splitlines()
    elif language.id and not (language.line_comment or language.block_comment[0]):
        return False
    else:
        lines = _part_of_line(document, start, end)
    return bool(lines) and not any(map(prose.is_code, lines))


def _part_of_line(document: Document, start: int, end: int) -> list[str]:
    """What is selected of a line besides which there is more on it."""
    first, last = document.lines.span(document.lines.line_of(start))
    selected = document.text[start:end].strip()
    part = end <= last and selected != document.text[first:last].strip()
    return [selected] if part else []


def _described(document: Document, tree: Syntax | None, start: int, end: int) -> list[Definition]:
    """The functions and types that a range touches, outer before inner."""
    if tree is None:
        return []
    found = definitions.definitions(tree, document.language, (start, end))
    return [each for each in found if each.kind in DESCRIBED]


def _outer(found: list[Definition], start: int, end: int) -> list[Definition]:
    """Those that begin in a selection, with the methods of types; else the innermost around it."""
    begun = [each for each in found if start <= each.name_start < end]
    if not begun:
        return found[-1:]
    functions = [each for each in begun if each.kind in ("function", "method", "constructor")]
    return [
        each
        for each in begun
        if not any(
            outer is not each and outer.start <= each.start and each.end <= outer.end
            for outer in functions
        )
    ]
