"""Definitions of languages without a grammar here, read off the lines that open them.

A keyword at the start of a line (`defmodule`, `pub fn`, `sub`, `data`, …) and the name behind it
open a definition; indentation says where it ends. Rough on purpose: enough to cut chunks at, to
name them and to find them. `definitions` turns the result into its own kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trivium_server.domain import languages

_MODIFIERS = (
    r"(?:(?:pub|public|private|protected|internal|static|abstract|final|sealed|export|extern|"
    r"inline|async|local|override|virtual|open|data|unsafe|const|mutable|noinline|comptime)"
    r"(?:\([\w ]*\))?\s+)*"
)
_KINDS = {
    "module": "module package namespace defmodule defimpl library",
    "class": "class object actor",
    "interface": "interface trait protocol defprotocol mixin typeclass",
    "struct": "struct record union message defexception defstruct",
    "enum": "enum",
    "impl": "impl extension instance",
    "function": "def defp fn fun func function sub proc procedure method macro defmacro defmacrop "
    "defguard defdelegate defun defn rpc let rec",
    "type": "type typedef newtype data table view service",
}
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_NAME = r"(?P<name>[^\W\d][\w.:!?'#-]*)"
_OPENER = re.compile(
    rf"(?P<indent>[ \t]*)\(?{_MODIFIERS}(?P<word>{'|'.join(sorted(_KIND_OF, key=len)[::-1])})"
    rf"\s+{_NAME}",
    re.IGNORECASE,
)
# Zig's `const Name = struct {`, R's and Lua's `name = function(`, SQL's `CREATE … TABLE name`.
_ASSIGNED = re.compile(
    rf"(?P<indent>[ \t]*)(?:pub |local |const |val |var )*{_NAME}\s*(?::=|=|<-)\s*"
    r"(?P<word>struct|enum|union|class|function|fn)\b"
)
_CREATED = re.compile(
    rf"(?P<indent>)create\s+(?:or\s+replace\s+)?(?:\w+\s+)?(?P<word>table|view|function|procedure)"
    rf"\s+(?:if\s+not\s+exists\s+)?{_NAME}",
    re.IGNORECASE,
)
_CLOSER = re.compile(r"\s*(?:[)\]}]|end\b)")
_PROSE = frozenset({"plaintext", "restructuredtext", "markdown", "toml", "yaml", "json", "html"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition in offsets of the text."""

    name: str
    kind: str
    start: int
    end: int
    name_start: int
    comment: int
    """Where the comment right above it begins; `start` when there is none."""


def of_text(text: str, language: str) -> list[Entry]:
    """The definitions of a text in order; none in prose and data."""
    if languages.by_id(language).id in _PROSE:
        return []
    lines = [match.span() for match in re.finditer(r"[^\r\n]*(?:\r\n|\r|\n|$)", text)]
    marker = languages.by_id(language).line_comment or "#"
    return list(_entries(text, lines, marker))


def _entries(text: str, lines: list[tuple[int, int]], marker: str) -> Iterator[Entry]:
    for number, (start, end) in enumerate(lines):
        found = _opener(text[start:end])
        if found:
            depth = len(found["indent"])
            last = lines[_last_line(text, lines, number, depth)]
            above = _comment(text, lines, number, marker)
            yield Entry(
                found["name"].rstrip(".:,"),
                _KIND_OF.get(found["word"].lower(), "function"),
                start + depth,
                last[0] + len(text[slice(*last)].rstrip()),
                start + found.start("name"),
                start + depth if above == number else lines[above][0],
            )


def _opener(line: str) -> re.Match[str] | None:
    return _OPENER.match(line) or _ASSIGNED.match(line) or _CREATED.match(line)


def _last_line(text: str, lines: list[tuple[int, int]], opener: int, depth: int) -> int:
    """The last line of a definition: what follows it deeper, and the line that closes it."""
    last = opener
    for number in range(opener + 1, len(lines)):
        line = text[slice(*lines[number])]
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip())
        if indent <= depth:
            return number if indent == depth and _CLOSER.match(line) else last
        last = number
    return last


def _comment(text: str, lines: list[tuple[int, int]], opener: int, marker: str) -> int:
    """The first line of the comments and annotations right above a line; that line without any."""
    first = opener
    while first and text[slice(*lines[first - 1])].lstrip().startswith((marker, "@")):
        first -= 1
    return first
