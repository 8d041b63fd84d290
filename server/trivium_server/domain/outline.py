"""Definitions of languages without a grammar here, read off the lines that open them.

A keyword at the start of a line (`defmodule`, `pub fn`, `sub`, `data`, …) and the name behind it
open a definition; indentation says where it ends. Rough on purpose: enough to cut chunks at, to
name them and to find them. What opens one is in `outline_patterns`; `definitions` turns the result
into its own kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from trivium_server.domain import languages, outline_patterns, outline_strings

_LONGEST = 500
"""Characters of a line that a pattern is tried on."""
_BLOCKS = {"*/": "/*", "-}": "{-", '"""': '"""'}
"""What ends a comment of several lines, or a string that documents, and what begins it."""
_LONGEST_BLOCK = 200
"""Lines of one that are looked through for where it begins."""
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
    entries = _entries(text, lines, languages.by_id(language))
    return list(_clauses(text, entries) if languages.by_id(language).id == "erlang" else entries)


def _entries(
    text: str, lines: list[tuple[int, int]], language: languages.Language
) -> Iterator[Entry]:
    openers = outline_patterns.openers(language.id)
    code = outline_strings.blanked(text, language.id)
    marks = (language.line_comment or language.block_comment[0] or "#", "@")
    for number, (start, end) in enumerate(lines):
        line = code[start : min(end, start + _LONGEST)]
        found = _opened(line, openers)
        if found:
            depth = len(found["indent"])
            last = lines[_last_line(code, lines, number, depth)]
            above = _comment(text, lines, number, marks)
            yield Entry(
                found["name"].rstrip(".:,"),
                outline_patterns.kind(found),
                start + depth,
                last[0] + len(text[slice(*last)].rstrip()),
                start + found.start("name"),
                start + depth if above == number else lines[above][0],
            )


def _opened(line: str, openers: tuple[re.Pattern[str], ...]) -> re.Match[str] | None:
    if not line.strip():
        return None
    return next(filter(None, (opener.match(line) for opener in openers)), None)


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


def _clauses(text: str, entries: Iterator[Entry]) -> Iterator[Entry]:
    """Erlang's clauses of one function, and the `-spec` before them, as one definition."""
    held: Entry | None = None
    for each in entries:
        goes_on = held is not None and (held.name, held.kind) == (each.name, each.kind)
        before = text[held.start : held.end] if held is not None else ""
        if held is not None and goes_on and before.startswith("-spec") | before.endswith(";"):
            held = replace(held, end=each.end)
            continue
        if held is not None:
            yield held
        held = each
    if held is not None:
        yield held


def _comment(text: str, lines: list[tuple[int, int]], opener: int, marks: tuple[str, ...]) -> int:
    """The first line of the comments and annotations right above a line; that line without any."""
    first = opener
    while first:
        if text[slice(*lines[first - 1])].lstrip().startswith(marks):
            first -= 1
        elif (begins := _block(text, lines, first - 1, marks)) is not None:
            first = begins
        else:
            break
    return first


def _block(
    text: str, lines: list[tuple[int, int]], last: int, marks: tuple[str, ...]
) -> int | None:
    """The first line of a comment or string of several lines that ends in a line."""
    ended = text[slice(*lines[last])].rstrip()
    opening = next((_BLOCKS[closer] for closer in _BLOCKS if ended.endswith(closer)), None)
    if opening is None:
        return None
    own = ended.lstrip().startswith(opening) and len(ended.strip()) > len(opening)
    for number in range(last - (not own), max(last - _LONGEST_BLOCK, -1), -1):
        line = text[slice(*lines[number])].lstrip()
        if opening in line:
            return number if line.startswith((opening, *marks)) else None
    return None
