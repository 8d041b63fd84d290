"""Continuations copied from places that look like the one at the cursor.

The code before the cursor is compared, as words and marks without their spacing, with the code
before every similar spot of other texts: the file itself and places that the workspace index
found. The longer the agreement, the likelier the copy. Knows nothing of models.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

_TOKEN = re.compile(r"\w+|[^\w\s]|\n")
_LONGEST_MATCH = 64
_LARGEST_TEXT = 200_000
"""Characters of one text that are compared; longer ones take part with their nearest part."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text that may be copied from."""

    text: str
    name: str = ""
    """How the user knows it, such as `utils/io.py`; empty for the file at the cursor."""
    first_line: int = 0
    """The line number, from 0, of the text's first line in its file."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A continuation and the evidence for it."""

    text: str
    """Up to the end of the line it was found on."""
    matched: int
    """How many words and marks before the cursor agree with those before the copied text."""
    votes: int
    """How many places go on in this way with as long an agreement as that, or nearly."""
    share: float
    """This continuation's part, from 0 to 1, of all places that agree as far."""
    source: str
    """`utils/io.py:42`, or `line 42` in the file at the cursor."""


def copies(before: str, sources: Iterable[Source], limit: int = 3) -> list[Copy]:
    """The best supported continuations of a text, at most one line each, best first."""
    context = _Context(before[-4000:])
    if not context.words:
        return []
    found = [copy for source in sources for copy in _of_source(context, source)]
    return _ranked(found)[:limit]


class _Context:
    """The words before the cursor, nearest first, and the word that is being typed."""

    def __init__(self, before: str) -> None:
        matches = list(_TOKEN.finditer(before))[-_LONGEST_MATCH:]
        ends_in_word = bool(matches) and matches[-1].end() == len(before) and _is_word(before[-1])
        self.typed = matches.pop().group() if ends_in_word else ""
        self.words = _squeezed([match.group() for match in matches])[::-1]


def _of_source(context: _Context, source: Source) -> Iterator[Copy]:
    text = source.text[-_LARGEST_TEXT:]
    spans = [(match.start(), match.group()) for match in _TOKEN.finditer(text)]
    words = [word for _, word in spans]
    last = context.words[0]
    for index, word in enumerate(words):
        if word != last or index + 1 == len(words):
            continue
        start, following = spans[index + 1]
        if not following.startswith(context.typed) or following == "\n":
            continue
        end = text.find("\n", start)
        rest = text[start + len(context.typed) : end if end >= 0 else len(text)].rstrip()
        if rest:
            line = source.first_line + text.count("\n", 0, start) + 1
            name = f"{source.name}:{line}" if source.name else f"line {line}"
            yield Copy(rest, _agreement(context.words, words, index), 1, 1.0, name)


def _agreement(context: list[str], words: list[str], index: int) -> int:
    """How many words agree, walking back; line ends in a row count as one."""
    count = 0
    for wanted in context:
        if index < 0 or words[index] != wanted:
            break
        count += 1
        index -= 1
        while wanted == "\n" and index >= 0 and words[index] == "\n":
            index -= 1
    return count


def _ranked(found: list[Copy]) -> list[Copy]:
    """One copy for each continuation, with its votes among the places that agree as far."""
    best: dict[str, Copy] = {}
    for copy in found:
        if copy.text not in best or copy.matched > best[copy.text].matched:
            best[copy.text] = copy
    ranked = []
    for copy in best.values():
        as_far = [each for each in found if each.matched >= copy.matched - 1]
        votes = sum(each.text == copy.text for each in as_far)
        ranked.append(replace(copy, votes=votes, share=votes / len(as_far)))
    return sorted(ranked, key=lambda copy: (copy.matched, copy.share), reverse=True)


def _squeezed(words: list[str]) -> list[str]:
    return [word for i, word in enumerate(words) if word != "\n" or i == 0 or words[i - 1] != "\n"]


def _is_word(char: str) -> bool:
    return char == "_" or char.isalnum()
