"""Comments and strings of several lines in languages without a grammar here.

Examples stand in them, whose lines look like those that open a definition. Knows no definition.
"""

from __future__ import annotations

import re
from functools import cache

from trivium_server.domain import delimited

_QUOTED = r"\"(?:\\.|[^\"\\\n])*\""
_QUOTED_EITHER = rf"{_QUOTED}|'(?:\\.|[^'\\\n])*'"
_TRIPLE = r"(?P<open>\"\"\"|''')"
_C_LIKE = rf"{_TRIPLE}|(?P<slash>/\*)|//[^\n]*|{_QUOTED_EITHER}"
_OPENERS = {
    "elixir": rf"{_TRIPLE}|\#[^\n]*|{_QUOTED}",
    "lua": rf"(?:--)?\[(?P<level>=*)\[|--[^\n]*|{_QUOTED_EITHER}",
    "sql": r"(?P<open>')|(?P<slash>/\*)|--[^\n]*",
    "haskell": rf"(?P<open>\{{-)|--[^\n]*|{_QUOTED}",
    "perl": r"(?m)^(?P<open>=)[a-z]",
    "css": _C_LIKE,
    "scss": _C_LIKE,
    "less": _C_LIKE,
    "proto": _C_LIKE,
    "graphql": rf"{_TRIPLE}|\#[^\n]*|{_QUOTED}",
    "dart": _C_LIKE,
    "groovy": _C_LIKE,
}
"""What begins one; other comments and strings are read, since no mark in them counts."""
_NOT_LINE_END = re.compile(r"[^\r\n]")
_CLOSERS = {"{-": "-}", "=": "\n=cut"}


def blanked(text: str, language: str) -> str:
    """The text with spaces for them; every other character stays where it was."""
    opener = _opener(language)
    if opener is None:
        return text
    parts, done = [], 0
    for match, end in delimited.pieces(text, opener, _closer):
        parts += [text[done : match.start()], _NOT_LINE_END.sub(" ", text[match.start() : end])]
        done = end
    return "".join(parts) + text[done:]


@cache
def _opener(language: str) -> re.Pattern[str] | None:
    pattern = _OPENERS.get(language)
    return None if pattern is None else re.compile(pattern)


def _closer(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups.get("level") is not None:
        return f"]{groups['level']}]"
    opened = groups.get("open") or ""
    return "*/" if groups.get("slash") else _CLOSERS.get(opened, opened)
