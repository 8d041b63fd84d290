"""Finds definitions by name, as `workspace/symbol` is used: a few letters, mostly of word starts.

Every letter of the query must occur in the name in its order, ignoring case (LSP's "relaxed" way).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from trivium_server.domain import words
from trivium_server.domain.store import Symbol

_MINOR = frozenset({"variable", "section", "constant"})


def matching(symbols: Iterable[Symbol], query: str, limit: int) -> list[Symbol]:
    """The symbols whose names fit best, best first; any for an empty query."""
    wanted = "".join(query.split()).lower()
    scored = ((fit(wanted, each.name), each) for each in symbols)
    best = heapq.nlargest(
        limit,
        ((score, each) for score, each in scored if score > 0),
        key=lambda pair: (pair[0], pair[1].kind not in _MINOR, -len(pair[1].name), pair[1].path),
    )
    return [each for _, each in best]


def fit(wanted: str, name: str) -> float:
    """How well a name fits lower-case letters: 1 for equal, 0 for not at all."""
    lower = name.lower()
    if lower == wanted:
        return 1.0
    if lower.startswith(wanted):
        return 0.9
    if wanted == "".join(part[0] for part in words.parts(name)):
        return 0.85
    bare = lower.replace("_", "")
    at = bare.find(wanted.replace("_", ""))
    if at >= 0:
        return 0.8 if _begins_word(wanted.replace("_", ""), name) else 0.6
    return 0.3 if _in_order(wanted, lower) else 0.0


def _begins_word(wanted: str, name: str) -> bool:
    parts = words.parts(name)
    return any("".join(parts[start:]).startswith(wanted) for start in range(len(parts)))


def _in_order(wanted: str, name: str) -> bool:
    letters = iter(name)
    return all(letter in letters for letter in wanted)
