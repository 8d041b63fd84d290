"""Syntax trees, in offsets of the text instead of bytes.

Grammars are loaded on first use, once for the process. Half-written code parses too: tree-sitter
marks what it could not read and keeps the rest, so there is always a tree for a known language.
"""

from __future__ import annotations

import importlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from trivium_server.domain import languages

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Tree

_MOST_PIECES = 20_000
"""Of what is one error from end to end: a query takes time with their square, 0.3 s for so many,
minutes for a megabyte, and holds the interpreter meanwhile."""

_WIDE = re.compile(r"[^\x00-\x7f]")


class Syntax:
    """A parsed text; converts tree-sitter's byte offsets to offsets of the `str`."""

    def __init__(self, text: str, tree: Tree) -> None:
        self.text = text
        self.tree = tree
        self.root = tree.root_node
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

    def faults(self) -> int:
        """How many places there are that the grammar could not read."""
        found, stack = 0, [self.root]
        while stack:
            node = stack.pop()
            found += node.is_error or node.is_missing
            stack.extend(child for child in node.children if child.has_error)
        return found

    def walk(self) -> Iterator[Node]:
        """Every named node, parents before their children, in the order of the text."""
        stack = [self.root]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.named_children))


def parse(text: str, language: str, old: Syntax | None = None) -> Syntax | None:
    """Parse a text; None without a grammar for its language, or where it is nothing like it.

    With the syntax of an earlier version of the same document, in the same language, only what
    changed since is read again.
    """
    parser = _parser(languages.by_id(language).id)
    if parser is None:
        return None
    encoded = _encode(text)
    tree = parser.parse(encoded, _edited(old, encoded)) if old else parser.parse(encoded)
    return None if _is_one_long_error(tree.root_node) else Syntax(text, tree)


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


def _is_one_long_error(root: Node) -> bool:
    return root.is_error and root.child_count > _MOST_PIECES


def _encode(text: str) -> bytes:
    """UTF-8. A lone surrogate cannot be encoded: one byte stands for it.

    Offsets stay right because `_wide_characters` counts it as one byte too.
    """
    return text.encode("utf-8", "replace")


def _edited(old: Syntax, new: bytes) -> Tree:
    """The old tree, told that the bytes between the common start and the common end changed."""
    before = _encode(old.text)
    start = _common(before, new)
    end = _common(before[start:][::-1], new[start:][::-1])
    tree = old.tree.copy()
    tree.edit(
        start,
        len(before) - end,
        len(new) - end,
        _point(before, start),
        _point(before, len(before) - end),
        _point(new, len(new) - end),
    )
    return tree


def _common(a: bytes, b: bytes) -> int:
    """How many bytes at the start are the same: by halving, because comparing slices is fast."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _point(text: bytes, byte: int) -> tuple[int, int]:
    """The row and the column, in bytes, of a byte."""
    return text.count(b"\n", 0, byte), byte - (text.rfind(b"\n", 0, byte) + 1)


def _wide_characters(text: str) -> list[tuple[int, int]]:
    """For each character of several bytes: the byte behind it, and bytes minus characters there."""
    found = []
    surplus = 0
    for match in _WIDE.finditer(text):
        char = match.group()
        width = 1 if "\ud800" <= char <= "\udfff" else len(char.encode())
        surplus += width - 1
        found.append((match.end() + surplus, surplus))
    return found
