"""Orders what the index found for a question: files with their chunks in, best places first out.

A file is judged as a whole by the rules of `ranking_rules`, a weighted sum; its best chunk stands
for it, further chunks of it follow behind the other files. Pure: no index, no disk, no models.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from trivium_server.domain import words
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.ranking_rules import BEST, RULES, Asked, Evidence, Meaning, Rule

_SPREAD = 8.0
"""Difference of two sums at which the lower scores 1/e of the higher."""
_MEANING = 2.5
"""What a cosine counts beside BM25 as a part of the best: both then spread about as much."""
_SPOKEN = re.compile(r"[^\W\d][\w.:#]*")
_QUALIFIER = re.compile(r"::|[.#]")
_CODE = re.compile(r"[a-z0-9][A-Z]|[^\W_]_[^\W_]|[A-Z]{2,}[a-z]{2,}|\w(?:::|[.#])\w")
# NAME stands for the name. A keyword before it …
_DECLARES = (
    r"\b(?:class|struct|enum|union|interface|trait|protocol|module|namespace|object|type|typedef|"
    r"record|concept|macro|mixin|def|defp|defmodule|defmacro|fn|func|fun|function)"
    r"\s+(?:\w+(?:::|\.))*NAME\b(?!\s*;)"
    # … or a body behind it, where C's relatives need no keyword: not a prototype, not a call.
    r"|^(?!\s*(?:if|while|for|switch|return|else|case)\b)[\w \t*&:<>,~]*(?<!operator )\bNAME\s*"
    r"\([^;{}]*\)[\w\s:&]*\{"
)
# Rust's `pub use`, JavaScript's `export … from`, Python's `__all__`.
_PASSES_ON = r"(?:\bpub use|\bexport|__all__)\b[^;]*?\bNAME\b"
_FURTHER = 0.98
"""What a second place in a file scores at most, as a part of what the last file scores."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that words or meaning brought up."""

    chunk: Chunk
    """With its path, relative to the workspace folder."""
    words: float
    """BM25 score, 0 where no word matched."""
    meaning: float
    """Cosine to the question; NaN where the vector is not there yet or no model is."""
    asked: frozenset[str] = frozenset()
    """Identifiers of the question that are defined here, fields too, which are no chunk's names."""

    @property
    def names(self) -> frozenset[str]:
        """What it defines, of qualified names (Elixir's `Plug.Conn`) the last part."""
        return self.asked.union(_QUALIFIER.split(name)[-1] for name in self.chunk.names)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that words or meaning brought up."""

    candidates: tuple[Candidate, ...]
    """At least one; all of one file."""
    words: float = 0.0
    """BM25 score of the whole file."""
    meaning: Meaning = field(default_factory=Meaning)
    """Of all its chunks, those that are no candidates too."""
    size: int = 1
    """How many chunks it has."""

    @property
    def path(self) -> str:
        """Where it is, relative to its workspace folder."""
        return self.candidates[0].chunk.path


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place."""

    candidate: Candidate
    score: float
    """Between 0 and 1; comparable within one answer."""


def rank(
    question: str,
    found: Sequence[Found],
    rarity: Mapping[str, float],
    rules: Sequence[Rule] = RULES,
) -> list[Ranked]:
    """The candidates, best first: one place for each file, then their further places.

    `rarity` says for each term of the question how telling it is in paths, 0…1.
    """
    asked = ask(question, rarity)
    scales = Scales.of(found, asked.identifiers)
    judged = [(_sum(rules, asked, evidence(asked, each, scales)), each) for each in found]
    judged.sort(key=lambda pair: -pair[0])
    first, further = [], []
    for total, each in judged:
        score = math.exp((total - judged[0][0]) / _SPREAD)
        head, *tail = _best_first(asked, each, scales)
        first.append(Ranked(head, score))
        further += [Ranked(each, score) for each in tail if not each.chunk.only_closes]
    below = first[-1].score * _FURTHER if first else 0.0
    return first + [Ranked(each.candidate, below * each.score) for each in further]


def promising(
    candidates: Mapping[str, Sequence[Candidate]], whole: Mapping[str, float]
) -> list[str]:
    """The paths of candidates, the most promising first: by a look at the best chunk alone."""
    found = [Found(tuple(each), whole.get(path, 0.0)) for path, each in candidates.items()]
    scales = Scales.of(found)
    best = {
        file.path: max(_chunk_score(each, scales) for each in file.candidates)
        + file.words / scales.file_words
        for file in found
    }
    return sorted(best, key=lambda path: -best[path])


def ask(question: str, rarity: Mapping[str, float]) -> Asked:
    """A question with what the rules want to know of it."""
    code = [each for each in _spoken(question) if _CODE.search(each)]
    parts = (part for each in code for part in _QUALIFIER.split(each))
    plain = question
    for each in code:
        plain = plain.replace(each, " ")
    return Asked(
        {term: rarity.get(term, 1.0) for term in words.question_terms(question)},
        identifiers(question),
        tuple(frozenset(words.terms(part)) for part in parts),
        frozenset(words.terms(plain)),
    )


def identifiers(question: str) -> frozenset[str]:
    """The words of a question that are written as code is; a question of one word is one.

    Of a qualified name (`http::Response`, `Plug.Conn`) it is the last part that is defined.
    """
    spoken = _spoken(question)
    if len(spoken) > 1:
        spoken = [each for each in spoken if _CODE.search(each)]
    return frozenset(_QUALIFIER.split(each)[-1] for each in spoken)


def _spoken(question: str) -> list[str]:
    """What a question says, word by word, a qualified name being one."""
    return [match.group().rstrip(".:#") for match in _SPOKEN.finditer(question)]


@dataclass(frozen=True, slots=True)
class Scales:
    """What scores are measured by: the best of their kind in one answer."""

    words: float
    file_words: float
    foreign: frozenset[str]
    """Identifiers of the question that no file found defines."""
    unknown: float
    """Stands for the cosine of a chunk that has no vector yet: the middle of those known."""

    @staticmethod
    def of(found: Sequence[Found], asked: frozenset[str] = frozenset()) -> Scales:
        """The scales of an answer to a question with these identifiers."""
        candidates = [each for file in found for each in file.candidates]
        known = [each.meaning for each in candidates if not math.isnan(each.meaning)]
        return Scales(
            max((each.words for each in candidates), default=0.0) or 1.0,
            max((each.words for each in found), default=0.0) or 1.0,
            asked - _defined(asked, candidates),
            sum(known) / len(known) if known else 0.0,
        )


def evidence(asked: Asked, file: Found, scales: Scales) -> Evidence:
    """What the rules see of a file."""
    return Evidence(
        file.path,
        max(_chunk_score(each, scales) for each in file.candidates),
        _meaning(file, scales),
        file.words / scales.file_words,
        _defined(asked.identifiers, file.candidates),
        frozenset(name for name in asked.identifiers if _says(file, _DECLARES, name)),
        frozenset(name for name in scales.foreign if _says(file, _PASSES_ON, name)),
        file.size,
    )


def _meaning(file: Found, scales: Scales) -> Meaning:
    if math.isnan(file.meaning.whole):
        return Meaning(scales.unknown, (scales.unknown,) * min(file.size, BEST))
    return file.meaning


def _defined(identifiers: frozenset[str], candidates: Iterable[Candidate]) -> frozenset[str]:
    """Those that chunks define."""
    if not identifiers:
        return identifiers
    return identifiers.intersection(name for each in candidates for name in each.names)


def _says(file: Found, pattern: str, name: str) -> bool:
    """Whether a chunk holds a name in the position that a pattern describes."""
    asked = re.compile(pattern.replace("NAME", re.escape(name)), re.MULTILINE)
    texts = (each.chunk.text for each in file.candidates)
    return any(name in text and asked.search(text) for text in texts)


def _sum(rules: Sequence[Rule], asked: Asked, file: Evidence) -> float:
    return sum(rule.weight * rule.value(asked, file) for rule in rules)


def _best_first(asked: Asked, file: Found, scales: Scales) -> list[Candidate]:
    """A file's chunks; one that defines what the question names stands for the file."""
    return sorted(
        file.candidates,
        key=lambda each: (
            each.chunk.only_closes,
            not _defined(asked.identifiers, [each]),
            -_chunk_score(each, scales),
        ),
    )


def _chunk_score(candidate: Candidate, scales: Scales) -> float:
    meaning = scales.unknown if math.isnan(candidate.meaning) else candidate.meaning
    return _MEANING * meaning + candidate.words / scales.words
