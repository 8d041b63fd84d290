"""Finds definitions by name, as `workspace/symbol` is used: a few letters, mostly of word starts.

Every letter of the query must occur in the name in its order, ignoring case (LSP's "relaxed" way),
and in a word of the name whose first letter is one of them: others are there by chance. Of a
qualified name (`Router.get`, `fmt::join`) the last part is looked for, in what the others name.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from itertools import takewhile

from trivium_server.domain import definitions, file_kinds, words
from trivium_server.domain.symbol_table import Symbol

NAMED = 0.6
"""How well a name fits that holds what was typed as it was typed; below it is a guess."""
_MINOR = definitions.PARTS | {"variable", "section", "constant"}
_SECOND = frozenset({"test", "example", "old"})
"""Kinds of files that are asked for less often than what they test, show or were replaced by."""
_PART = 0.85
"""What a field counts beside a function that fits as well: there are many more of them."""
_SEPARATOR = re.compile(r"::|[.:#]")
_WORDS = 12
"""Words of a name that letters are looked for in."""


def matching(symbols: Iterable[Symbol], query: str, limit: int) -> list[tuple[float, Symbol]]:
    """The symbols whose names fit best, with how well they do, best first; any for no query.

    Of overloads, which stand in one place under one name, the longest: that is the implementation.
    """
    scope, wanted = qualified(query.lower())
    longest: dict[tuple[str, str, str], Symbol] = {}
    for each in symbols:
        key = (each.path, each.container, each.name)
        if key not in longest or _lines(longest[key]) < _lines(each):
            longest[key] = each
    scored = ((_score(scope, wanted, each), each) for each in longest.values())
    fitting = (pair for pair in scored if pair[0] > 0)
    typed = qualified(query)[1]  # A letter may fit every name of a workspace: once, not for each.
    return heapq.nlargest(limit, fitting, key=lambda pair: _rank(pair[0], pair[1], scope, typed))


def qualified(query: str) -> tuple[str, str]:
    """What the name is to be in, its parts joined and followed by a dot, and the name itself."""
    *scope, name = _SEPARATOR.split("".join(query.split()).rstrip(".:#"))
    return "".join(f"{part}." for part in scope if part), name


def _score(scope: str, wanted: str, symbol: Symbol) -> float:
    if scope and scope not in _own(symbol) and scope not in _module(symbol) + _own(symbol):
        return 0.0
    return fit(wanted, symbol.name) * (_PART if symbol.kind in definitions.PARTS else 1.0)


def _own(symbol: Symbol) -> str:
    """A name in its containers, in lower case, each part behind a dot."""
    return f".{symbol.container}.{symbol.name}".lower()


def _module(symbol: Symbol) -> str:
    """Folder and file, which a name may be qualified with as well: Go's and Erlang's way."""
    folder, _, file = symbol.path.lower().rpartition("/")
    return f".{folder.rpartition('/')[2]}.{file.rpartition('.')[0] or file}"


def _whole(scope: str, symbol: Symbol) -> tuple[bool, bool]:
    """Whether what a name is to be in are whole names: of its containers, or of its file too."""
    if not scope:
        return True, True
    own = _own(symbol)
    return f".{scope}" in own, f".{scope}" in _module(symbol) + own


def _rank(score: float, symbol: Symbol, scope: str, typed: str) -> tuple[float | str, ...]:
    """What makes one that fits as well stand higher: the first difference decides."""
    kinds = file_kinds.kinds(symbol.path)
    return (
        score,
        *_whole(scope, symbol),
        "declared" not in kinds,
        symbol.kind not in _MINOR,
        not _SECOND & kinds,
        typed in symbol.name,
        -len(symbol.name),
        _lines(symbol),
        symbol.path,
    )


def _lines(symbol: Symbol) -> int:
    return symbol.end_line - symbol.start_line


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
        return 0.8 if _begins_word(wanted.replace("_", ""), name) else NAMED
    return 0.3 if _in_words(wanted.replace("_", ""), words.parts(name)[:_WORDS]) else 0.0


def _begins_word(wanted: str, name: str) -> bool:
    parts = words.parts(name)
    return any("".join(parts[start:]).startswith(wanted) for start in range(len(parts)))


def _in_words(wanted: str, parts: list[str]) -> bool:
    """Whether letters occur in order in words, each of which gives its first letter."""
    return not wanted or any(
        _in_words(wanted[count:], parts[at + 1 :])
        for at, part in enumerate(parts)
        if part[0] == wanted[0]
        for count in range(_in_order(wanted, part), 0, -1)
    )


def _in_order(wanted: str, part: str) -> int:
    """How many letters from the first on occur in a word in their order."""
    letters = iter(part)
    return sum(1 for _ in takewhile(lambda letter: letter in letters, wanted))
