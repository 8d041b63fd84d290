"""Syntax trees, in offsets of the text instead of bytes.

Grammars are loaded on first use, once for the process. Half-written code parses too: tree-sitter
marks what it could not read and keeps the rest, so there is always a tree for a known language.
"""

from __future__ import annotations

import importlib
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from trivium_server.domain import languages

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser


class Syntax:
    """A parsed text; converts tree-sitter's byte offsets to offsets of the `str`."""

    def __init__(self, text: str, root: Node) -> None:
        self.text = text
        self.root = root
        self._wide = [] if text.isascii() else _wide_characters(text)
        self._wide_bytes = [byte for byte, _ in self._wide]

    def start(self, node: Node) -> int:
        """The offset of a node's first character."""
        return self.offset(node.start_byte)

    def end(self, node: Node) -> int:
        """The offset behind a node's last character."""
        return self.offset(node.end_byte)

    def source(self, node: Node) -> str:
        """A node's text."""
        return self.text[self.start(node) : self.end(node)]

    def offset(self, byte: int) -> int:
        """The offset of a byte of the text's UTF-8 form."""
        index = bisect_right(self._wide_bytes, byte) - 1
        return byte - self._wide[index][1] if index >= 0 else byte

    def byte(self, offset: int) -> int:
        """The byte of an offset, the inverse of `offset`."""
        return len(self.text[:offset].encode("utf-8", "replace"))

    def at(self, start: int, end: int | None = None) -> Node:
        """The smallest named node that spans an offset or a range of offsets."""
        first = self.byte(start)
        last = first if end is None else self.byte(end)
        return self.root.named_descendant_for_byte_range(first, last) or self.root

    def walk(self) -> Iterator[Node]:
        """Every named node, parents before their children, in the order of the text."""
        stack = [self.root]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.named_children))


def parse(text: str, language: str) -> Syntax | None:
    """Parse a text; None for a language without a grammar here."""
    parser = _parser(languages.by_id(language).id)
    if parser is None:
        return None
    # A lone surrogate cannot be encoded; one byte stands for it and offsets stay right because
    # `_wide_characters` counts it as one byte too.
    return Syntax(text, parser.parse(text.encode("utf-8", "replace")).root_node)


def ancestors(node: Node) -> Iterator[Node]:
    """A node's parents, nearest first."""
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


@cache
def grammar(language: str) -> Language | None:
    """The tree-sitter language for an id of `languages`, or None."""
    from tree_sitter import Language

    module, _, function = languages.by_id(language).grammar.partition(":")
    if not module:
        return None
    return Language(getattr(importlib.import_module(module), function or "language")())


@cache
def _parser(language: str) -> Parser | None:
    from tree_sitter import Parser

    found = grammar(language)
    return None if found is None else Parser(found)


def _wide_characters(text: str) -> list[tuple[int, int]]:
    """For each character of several bytes: the byte behind it, and bytes minus characters there."""
    found = []
    surplus = 0
    for index, char in enumerate(text):
        if char > "\x7f":
            width = 1 if "\ud800" <= char <= "\udfff" else len(char.encode())
            surplus += width - 1
            found.append((index + 1 + surplus, surplus))
    return found
