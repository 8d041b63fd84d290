"""What kind of file a path names, as far as the order of results depends on it.

Conventions of file and folder names that hold across languages and projects, nothing else. Knows
no question and no content.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePosixPath

from trivium_server.domain import words

_TEST = re.compile(
    r"(^|/)([Tt]ests?|integration[_-]?tests?|testing|testdata|specs?|__tests__|__mocks__|mocks?"
    r"|fixtures?|e2e)/|(^|/)testing(_\w+)?\.go$"
    r"|(^|/)(test_[^/]*\.(py|c|cc|cpp|rb)|conftest\.py)$|[^/](_test|_spec|\.test|\.spec|Tests?|Spec)\.\w+$",
)
_EXAMPLE = re.compile(r"(^|/)_?(examples?|samples?|demos?|bench(es|marks?)?|tutorials?)/", re.I)
_PROSE = re.compile(
    r"\.(md|mdx|markdown|rst|adoc|asciidoc|org|rdoc|textile|txt)$"
    r"|(^|/)(licen[cs]e|copying|unlicense|changelog|authors|notice)[^/]*$",
    re.I,
)
_OLD = re.compile(
    r"(^|/)_?(v\d+|old|legacy|deprecated?|compat(ibility)?|obsolete|vendor|third_party)/"
    r"|(^|/)[^/]*(deprecat|compat|legacy)[^/]*$",
    re.I,
)
_DECLARED = re.compile(r"\.d\.[mc]?ts$|\.pyi$")
_PRIVATE = re.compile(r"(^|/)(_[a-z]\w*|internals?)(/|\.\w+$)", re.I)
_SAYS_NOTHING = frozenset(
    {"index", "mod", "__init__", "init", "main", "lib", "package", "src", "source", "sources"}
)


@lru_cache(maxsize=1 << 14)
def kinds(path: str) -> frozenset[str]:
    """Which of `test`, `example`, `prose`, `old`, `declared` and `private` a file is."""
    found = {name for name, pattern in _KINDS.items() if pattern.search(path)}
    return frozenset(found - {"test", "example"} if "prose" in found else found)


_KINDS = {
    "test": _TEST,
    "example": _EXAMPLE,
    "prose": _PROSE,
    "old": _OLD,
    "declared": _DECLARED,
    "private": _PRIVATE,
}


@lru_cache(maxsize=1 << 14)
def name(path: str) -> str:
    """The name that says what a file is about: that of a folder where its own says nothing."""
    place = PurePosixPath(path)
    stem = place.name.lstrip(".").partition(".")[0] or place.name
    parts = (stem, *reversed(place.parts[:-1]))
    return next((part for part in parts if part.lower() not in _SAYS_NOTHING), stem)


@lru_cache(maxsize=1 << 14)
def name_terms(path: str) -> frozenset[str]:
    """The stems of that name."""
    return frozenset(words.terms(name(path)))
