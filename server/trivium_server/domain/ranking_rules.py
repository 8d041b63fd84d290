"""The rules by which a file found for a question is judged: one value each, between 0 and about 1.

Every rule is a general fact about code and questions; none names a project. The weights are round
numbers; docs/notes-ranking.md says how they were found and what each rule brings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trivium_server.domain import file_kinds, words

BEST = 4
"""How many of a file's chunks are looked at beside the whole."""
_WITHOUT_KEYWORD = 0.6
"""What a definition counts that no keyword announces."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart once."""

    terms: Mapping[str, float]
    """Its stems without stop words, and how telling each is in paths, 0…1: a word that is in all
    of them names the project."""
    identifiers: frozenset[str]
    """What is written as code is, such as `parse_config` or `HTTPServer`."""
    parts: tuple[frozenset[str], ...] = ()
    """The stems of each of these, and of each part of a qualified one."""
    plain: frozenset[str] = frozenset()
    """The stems of all other words."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a file means beside a question: cosines of its chunks."""

    whole: float = math.nan
    """The mean of all; NaN where no chunk has a vector."""
    best: tuple[float, ...] = ()
    """Of its `BEST` best chunks, or as many as have a vector, highest first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one file when it is judged."""

    path: str
    best: float
    """The score of its best chunk, words and meaning together, 0…1."""
    meaning: Meaning
    words: float
    """BM25 of the whole file as a part of the best file's."""
    defined: frozenset[str]
    """Identifiers of the question that a grammar says are defined here."""
    declared: frozenset[str]
    """Those that stand here behind a keyword such as `class` or `def`."""
    passed_on: frozenset[str]
    """Those that it re-exports and no file found defines."""
    size: int
    """How many chunks it has."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One reason for a file to stand higher, or with a negative weight lower."""

    name: str
    weight: float
    value: Callable[[Asked, Evidence], float]


def further_chunks(asked: Asked, file: Evidence) -> float:
    """The mean cosine of the second to fourth best chunk: more than one place is about it."""
    return sum(file.meaning.best[1:]) / (BEST - 1)


def whole_meaning(asked: Asked, file: Evidence) -> float:
    """The mean cosine of all chunks: the file is about it, it does not just mention it."""
    return file.meaning.whole


def file_name(asked: Asked, file: Evidence) -> float:
    """Whether the question says the whole name of the file; as telling as its rarest word.

    A part of a name tells nothing: near siblings share it. Nor does a part of an identifier:
    `load_into_table` does not say the name of `loader`.
    """
    name = file_kinds.name_terms(file.path)
    said = asked.plain.union(*(part for part in asked.parts if part <= name | asked.plain))
    return max(asked.terms[term] for term in name) if name <= said & asked.terms.keys() else 0.0


def defines(asked: Asked, file: Evidence) -> float:
    """Whether an identifier of the question is defined here; surest behind a keyword.

    Macros hide a definition from a grammar, and a grammar takes a cast for a definition.
    """
    return 1.0 if file.declared else _WITHOUT_KEYWORD if file.defined else 0.0


def is_asked_for(asked: Asked, file: Evidence) -> float:
    """Whether that identifier is all of the question: who types a name wants where it is defined.

    Long files of many definitions are about none of them.
    """
    return defines(asked, file) if asked.parts and not asked.plain else 0.0


def passes_on(asked: Asked, file: Evidence) -> float:
    """Whether it re-exports what comes from outside the workspace: as near as one can get."""
    return float(bool(file.passed_on))


def named_like(asked: Asked, file: Evidence) -> float:
    """Whether the file bears an identifier of the question as its name."""
    name = file_kinds.name(file.path).casefold()
    return float(any(name == identifier.casefold() for identifier in asked.identifiers))


def size(asked: Asked, file: Evidence) -> float:
    """Large files answer more questions than small ones; by the logarithm."""
    return math.log1p(file.size) / 6


def _of_kind(kind: str, unless: str) -> Callable[[Asked, Evidence], float]:
    """Whether a file is of a kind, unless the question asks for that in one of these words."""
    wanted = frozenset(words.terms(unless))

    def value(asked: Asked, file: Evidence) -> float:
        return float(kind in file_kinds.kinds(file.path) and not wanted & asked.terms.keys())

    return value


RULES: tuple[Rule, ...] = (
    Rule("best chunk", 1.5, lambda asked, file: file.best),
    Rule("further chunks", 4.0, further_chunks),
    Rule("meaning of the whole file", 5.0, whole_meaning),
    Rule("words of the whole file", 1.0, lambda asked, file: file.words),
    Rule("file name", 1.5, file_name),
    Rule("defines the identifier", 2.0, defines),
    Rule("is asked for by name alone", 3.0, is_asked_for),
    Rule("re-exports the identifier", 2.0, passes_on),
    Rule("file bears the identifier", 1.0, named_like),
    Rule("size", 1.0, size),
    Rule("test", -2.5, _of_kind("test", unless="test mock fixture")),
    Rule("example", -1.5, _of_kind("example", unless="example sample demo benchmark tutorial")),
    Rule(
        "prose",
        -4.0,
        _of_kind("prose", unless="readme documentation docs changelog license install guide"),
    ),
    Rule("old", -2.0, _of_kind("old", unless="old legacy deprecated compatibility vendor")),
    Rule(
        "declared",
        -2.0,
        _of_kind("declared", unless="type typing declaration interface"),
    ),
    Rule("private", -1.0, _of_kind("private", unless="private internal")),
)
