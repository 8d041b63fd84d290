"""What two models of one art are measured with on a user's own code, and how answers are scored.

Lines that the project's history added, to be continued; sentences of docstrings and commits, to be
found or written. Pure: who runs git or a model hands its words in.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from trivium_server.domain import definitions
from trivium_server.domain.arrays import Floats
from trivium_server.domain.rewriting import documentation
from trivium_server.domain.text import Document

_T = TypeVar("_T")

_MOST_CODE = 1600
"""Characters of a definition that is asked about: what a small encoder reads in one piece."""
_PROMPT = 2300
"""Characters before a masked line that are given: about as many as the editor gives."""
_LONG_ENOUGH = 16
"""Characters of a line that is worth continuing."""
_WORDS = re.compile(r"\w+")
_HUNK = re.compile(r"^\+\+\+ b/(?P<path>.*)$|^\+(?!\+\+ )(?P<line>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """A line whose end is hidden."""

    prompt: str
    expected: str
    """The rest of the line."""
    suffix: str


@dataclass(frozen=True, slots=True)
class Described:
    """A definition without its documentation, and the documentation's first sentence."""

    path: str
    code: str
    sentence: str


def added_lines(patch: str) -> dict[str, set[str]]:
    """The lines that a patch (`git log -p`) adds, by path."""
    found: dict[str, set[str]] = {}
    path = ""
    for match in _HUNK.finditer(patch):
        if match["path"] is not None:
            path = match["path"].strip().strip('"')
        elif path:
            found.setdefault(path, set()).add(match["line"])
    return found


def masked(text: str, added: set[str] | None = None) -> list[Place]:
    """The lines of a text that can be asked for: long enough, and added where that is known.

    A line is shown up to its second word; what follows is to be told.
    """
    lines = text.split("\n")
    counts = Counter(line.strip() for line in lines)
    places = []
    start = 0
    for line in lines:
        code = line.strip()
        wanted = added is None or line in added
        if wanted and len(code) >= _LONG_ENOUGH and counts[code] == 1 and code[0].isalpha():
            cut = start + _second_word(line)
            prompt = text[max(0, cut - _PROMPT) : cut]
            end = start + len(line)
            places.append(Place(prompt, text[cut:end].rstrip(), text[end : end + _PROMPT]))
        start += len(line) + 1
    return [place for place in places if place.expected.strip()]


def described(document: Document, path: str) -> list[Described]:
    """The documented definitions of a file."""
    found = []
    for each in definitions.of_text(document.text, document.language):
        if each.doc is None or each.kind not in documentation.DESCRIBED:
            continue
        sentence = _first_sentence(document.text[slice(*each.doc)])
        code = documentation.code_of(document, each, _MOST_CODE)
        if len(_WORDS.findall(sentence)) >= 3 and code:
            found.append(Described(path, code, sentence))
    return found


def spread(items: Sequence[_T], count: int) -> list[_T]:
    """So many of the items, evenly from all of them."""
    if len(items) <= count:
        return list(items)
    return [items[len(items) * place // count] for place in range(count)]


def reciprocal_rank(question: Floats, passages: Floats, right: Iterable[int]) -> float:
    """1 over the place of the first right passage [n, dimensions] by cosine; 0 beyond the tenth."""
    cosines = passages @ question
    best = np.argsort(-cosines, kind="stable")[:10].tolist()
    wanted = set(right)
    return next((1 / (place + 1) for place, row in enumerate(best) if row in wanted), 0.0)


def bits(logprobs: Sequence[float], text: str) -> float:
    """Bits that a model needs for a character of a text, by its tokens' log-probabilities."""
    return -sum(logprobs) / math.log(2) / max(len(text), 1)


def chrf(answer: str, expected: str, longest: int = 6, beta: float = 2.0) -> float:
    """How alike two sentences are in runs of characters, 0 to 1 (chrF2, Popović 2015)."""
    shares: list[tuple[float, float]] = []
    for length in range(1, longest + 1):
        one, other = _runs(answer, length), _runs(expected, length)
        if one and other:
            shared = (one & other).total()
            shares.append((shared / one.total(), shared / other.total()))
    orders = max(len(shares), 1)
    precision = sum(of_answer for of_answer, _ in shares) / orders
    recall = sum(of_expected for _, of_expected in shares) / orders
    if precision + recall == 0:
        return 0.0
    square = beta * beta
    return (1 + square) * precision * recall / (square * precision + recall)


def _runs(text: str, length: int) -> Counter[str]:
    letters = "".join(text.split())
    return Counter(letters[at : at + length] for at in range(len(letters) - length + 1))


def _second_word(line: str) -> int:
    """Where a line is cut: behind its first word and what joins it to the next."""
    indent = len(line) - len(line.lstrip())
    match = re.compile(r"\w+\W*").match(line, indent)
    return match.end() if match else indent


def _first_sentence(doc: str) -> str:
    words = re.sub(r"^[\s/*#!\"'rbu]+|[\s/*\"']+$", "", doc)
    words = re.sub(r"\n\s*[/*#!]*\s*", "\n", words)
    paragraph = " ".join(words.partition("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]
