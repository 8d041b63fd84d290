"""Strings of several lines in languages without a grammar here.

What begins like a comment inside of them is text for a program: a script, a file to be written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from trivium_server.domain import delimited
from trivium_server.domain.rewriting.passages import indentation
from trivium_server.domain.text import Document

_QUOTED = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"
_OPENERS = {
    "toml": re.compile(rf"(?P<mark>\"\"\"|''')|{_QUOTED}|\#[^\n]*"),
    "elixir": re.compile(r"(?P<mark>\"\"\"|''')[ \t]*\r?$", re.MULTILINE),
    "lua": re.compile(rf"(?P<comment>--)?\[(?P<level>=*)\[|--[^\n]*|{_QUOTED}"),
    "sql": re.compile(rf"{_QUOTED}|(?P<mark>')|(?P<comment>/\*)|--[^\n]*"),
    "makefile": re.compile(r"^[ \t]*(?P<mark>define)\b", re.MULTILINE),
}
"""What begins such a string; comments and other strings are read: no quote in them counts."""

_HEREDOC = re.compile(r"<<[-~]?(?:(?P<quote>[\"'`])(?P<quoted>\w+)(?P=quote)|(?P<name>[A-Z]\w+))")
_FIRST_WORD = re.compile(r"^[ \t]*(\w+)", re.MULTILINE)
_HEREDOC_LANGUAGES = ("perl", "dockerfile", "")

_SCALAR = re.compile(
    r"^(?P<indent> *(?:- +)*)(?P<key>[^\s#].*?: +)?(?:[&!]\S+ +)*[|>][-+\d]* *(?:#.*)?\r?$",
    re.MULTILINE,
)
"""The line above a block scalar of YAML."""


def ranges(document: Document) -> Iterator[tuple[int, int]]:
    """Where the strings of a document are, in order."""
    if document.language == "yaml":
        yield from _scalars(document)
    elif document.language in _HEREDOC_LANGUAGES:
        yield from _heredocs(document.text)
    elif document.language in _OPENERS:
        yield from _delimited(document.text, _OPENERS[document.language])


def _delimited(text: str, opener: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    for match, end in delimited.pieces(text, opener, _closer):
        if not match.groupdict().get("comment"):
            yield match.start(), end


def _closer(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups.get("level") is not None:
        return f"]{groups['level']}]"
    if groups.get("comment"):
        return "*/"
    mark = groups.get("mark") or ""
    return "endef" if mark == "define" else mark


def _heredocs(text: str) -> Iterator[tuple[int, int]]:
    """From the mark to the line that begins with the word it names."""
    ends: dict[str, list[int]] = {}
    for word in _FIRST_WORD.finditer(text):
        ends.setdefault(word[1], []).append(word.end())
    at = 0
    while match := _HEREDOC.search(text, at):
        at = match.end()
        known = ends.get(match["quoted"] or match["name"], [])
        behind = bisect_right(known, at)
        if behind < len(known):
            at = known[behind]
            yield match.start(), at


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
