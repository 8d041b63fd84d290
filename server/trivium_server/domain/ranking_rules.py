"""The rules by which a file found for a question is judged: one value each, between 0 and about 1.

Every rule is a general fact about code and questions; none names a project. The weights are round
numbers; docs/notes-ranking.md says how they were found and what each rule brings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from trivium_server.domain import file_kinds, words

_WITHOUT_KEYWORD = 0.6
"""What a definition counts that no keyword announces."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, taken apart once."""

    text: str
    terms: Mapping[str, float]
    """Its stems without stop words, and how telling each is among files, 0…1."""
    path_terms: Mapping[str, float]
    """The same among paths: a word that is in all of them names the project."""
    identifiers: frozenset[str]
    """What is written as code is, such as `parse_config` or `HTTPServer`."""

    def share(self, terms: frozenset[str]) -> float:
        """The part of the question that these terms cover, 0…1."""
        total = sum(self.terms.values())
        return sum(self.terms.get(term, 0.0) for term in terms) / total if total else 0.0

    def path_share(self, terms: frozenset[str]) -> float:
        """The same, weighed by how telling the words are in paths."""
        total = sum(self.path_terms.values())
        return sum(self.path_terms.get(term, 0.0) for term in terms) / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one file when it is judged."""

    path: str
    best: float
    """The score of its best chunk, words and meaning together, 0…1."""
    cosines: tuple[float, ...]
    """Of all its chunks, highest first; empty without vectors."""
    words: float
    """BM25 of the whole file as a part of the best file's."""
    comments: float
    """The same for its comments."""
    names: frozenset[str]
    """Definitions in the chunks that were found."""
    declared: frozenset[str]
    """Identifiers of the question that stand here behind a keyword such as `class` or `def`."""
    passed_on: frozenset[str]
    """Identifiers of the question that it re-exports, of those that no file found defines."""
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
    further = (*file.cosines[1:4], 0.0, 0.0, 0.0)[:3]
    return sum(further) / 3


def whole_meaning(asked: Asked, file: Evidence) -> float:
    """The mean cosine of all chunks: the file is about it, it does not just mention it."""
    return sum(file.cosines) / len(file.cosines) if file.cosines else 0.0


def file_name(asked: Asked, file: Evidence) -> float:
    """The part of the file's name that the question says, times its most telling word."""
    name = file_kinds.name_terms(file.path)
    said = [asked.path_terms[term] for term in name if term in asked.path_terms]
    return len(said) / len(name) * max(said) if said else 0.0


def path_words(asked: Asked, file: Evidence) -> float:
    """The part of the question that the file's name and its folders say."""
    return asked.path_share(file_kinds.path_terms(file.path))


def definition_name(asked: Asked, file: Evidence) -> float:
    """How well one name of a definition covers the question and is covered by it."""
    return max((_fit(asked, frozenset(words.terms(name))) for name in file.names), default=0.0)


def _fit(asked: Asked, name: frozenset[str]) -> float:
    said = name & asked.terms.keys()
    return asked.share(said) * len(said) / len(name) if said else 0.0


def defines(asked: Asked, file: Evidence) -> float:
    """Whether an identifier of the question is defined here; surest behind a keyword.

    Macros hide a definition from a grammar, and a grammar takes a cast for a definition.
    """
    return max(
        1.0 if asked.identifiers & file.declared else 0.0,
        _WITHOUT_KEYWORD if asked.identifiers & file.names else 0.0,
    )


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


def _of_kind(kind: str, *words_for_it: str) -> Callable[[Asked, Evidence], float]:
    """Whether a file is of a kind that the question does not ask for."""
    wanted = frozenset(words.stem(word) for word in words_for_it)

    def value(asked: Asked, file: Evidence) -> float:
        return float(kind in file_kinds.kinds(file.path) and not wanted & asked.terms.keys())

    return value


RULES: tuple[Rule, ...] = (
    Rule("best chunk", 1.5, lambda asked, file: file.best),
    Rule("further chunks", 5.0, further_chunks),
    Rule("meaning of the whole file", 5.0, whole_meaning),
    Rule("words of the whole file", 0.7, lambda asked, file: file.words),
    Rule("words of the comments", 0.5, lambda asked, file: file.comments),
    Rule("file name", 1.5, file_name),
    Rule("path words", 0.3, path_words),
    Rule("definition name", 1.0, definition_name),
    Rule("defines the identifier", 1.5, defines),
    Rule("re-exports the identifier", 1.5, passes_on),
    Rule("file bears the identifier", 1.0, named_like),
    Rule("size", 0.8, size),
    Rule("test", -2.5, _of_kind("test", "test", "spec", "mock", "fixture")),
    Rule(
        "example", -1.5, _of_kind("example", "example", "sample", "demo", "benchmark", "tutorial")
    ),
    Rule(
        "prose", -4.0, _of_kind("prose", "readme", "documentation", "docs", "changelog", "license")
    ),
    Rule("data", -1.5, _of_kind("data", "config", "configuration", "settings", "build", "css")),
    Rule("old", -2.0, _of_kind("old", "old", "legacy", "deprecated", "compatibility", "vendor")),
    Rule("private", -1.5, _of_kind("private", "private", "internal")),
)
