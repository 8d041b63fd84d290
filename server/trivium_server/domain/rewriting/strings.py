"""Strings of several lines in languages without a grammar here.

What begins like a comment inside of them is text for a program: a script, a file to be written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trivium_server.domain.rewriting.passages import indentation
from trivium_server.domain.text import Document

_QUOTED = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_HEREDOC = (
    r"(?P<string><<[-~]?(?:(?P<quote>[\"'`])(?P<quoted>\w+)(?P=quote)|(?P<name>[A-Z]\w+))[^\n]*\n"
    r"(?:[^\n]*\n){0,1000}?[ \t]*(?:(?P=quoted)|(?P=name))\b)"
)
_STRINGS = {
    language: re.compile(pattern, re.MULTILINE | re.DOTALL)
    for language, pattern in {
        "toml": rf"(?P<string>(\"\"\"|''')(?:\\.|(?!\2).)*\2)|{_QUOTED}|\#[^\n]*",
        "elixir": r"(?P<string>(\"\"\"|''')[ \t]*\r?\n.*?^[ \t]*\2)",
        "lua": rf"--\[(=*)\[.*?(?:\]\1\]|\Z)|--[^\n]*|{_QUOTED}"
        r"|(?P<string>\[(=*)\[.*?(?:\]\3\]|\Z))",
        "makefile": r"(?P<string>^[ \t]*define\b.*?^[ \t]*endef\b)",
        "perl": _HEREDOC,
        "dockerfile": _HEREDOC,
        "": _HEREDOC,
    }.items()
}
"""The group `string`; comments and other strings are read so that no quote in them counts."""

_SCALAR = re.compile(
    r"^(?P<indent> *(?:- +)*)(?P<key>[^\s#].*?: +)?(?:[&!]\S+ +)*[|>][-+\d]* *(?:#.*)?\r?$",
    re.MULTILINE,
)
"""The line above a block scalar of YAML."""


def ranges(document: Document) -> Iterator[tuple[int, int]]:
    """Where the strings of a document are."""
    if document.language == "yaml":
        yield from _scalars(document)
    pattern = _STRINGS.get(document.language)
    for match in pattern.finditer(document.text) if pattern else ():
        if match["string"]:
            yield match.span("string")


def _scalars(document: Document) -> Iterator[tuple[int, int]]:
    """Block scalars: the lines that are indented deeper than the key, or the dash, before."""
    lines = document.lines
    end = 0
    for match in _SCALAR.finditer(document.text):
        if match.start() < end:
            continue
        key = match["indent"] if match["key"] else match["indent"].rstrip()[:-1]
        number = lines.line_of(match.start()) + 1
        while number < lines.count and _belongs(lines.line(number), len(key)):
            number += 1
        end = lines.span(number - 1)[1]
        yield match.start(), end


def _belongs(line: str, column: int) -> bool:
    return not line.strip() or len(indentation(line)) > column
