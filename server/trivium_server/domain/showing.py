"""What a person is shown of a place: why it answers a question, and the lines that tell it best.

Knows chunks and words; nothing of how places were found or put in order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from trivium_server.domain import word_index, words
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.ranking import Candidate
from trivium_server.domain.symbol_table import Symbol
from trivium_server.domain.text import LineIndex

_LINES = 12
_COLUMNS = 200
_MOST_WORDS = 5
_LONGEST = 2000
"""Characters of a question whose words are looked for; a selection may be a whole file."""
_OPENS = (":", "{")
"""What ends a line that belongs to what is around a definition: `public:`, `class A {`."""
_LINE_END = re.compile(r"\r\n|\n|\r")


class Shown:
    """Tells of places beside one question."""

    def __init__(self, question: str) -> None:
        """The question is taken apart once for all places."""
        self._terms = frozenset(words.question_terms(question[:_LONGEST]))

    def reason(self, candidate: Candidate) -> str:
        """Why a candidate matched, in a line."""
        chunk = candidate.chunk
        names = (*sorted(candidate.asked), *chunk.names)
        reasons = [f"defines {name}" for name in names if self._shared(name)][:1]
        shared = self._words(chunk)
        if shared:
            reasons.append(f"words: {', '.join(shared[:_MOST_WORDS])}")
        if not math.isnan(candidate.meaning):
            reasons.append(f"meaning {candidate.meaning:.2f}")
        return " · ".join(reasons) or "passes the filters"

    def part(self, chunk: Chunk, inside: Sequence[Symbol]) -> Chunk:
        """Of small definitions put together in a chunk the one that is meant, else the chunk.

        That is the only one which holds all that the chunk holds of the question.
        """
        lines = LineIndex(chunk.text)
        wanted = self._held(chunk.text)
        apart = _apart(inside, chunk.end_line)
        regions = [(each, _first_line(lines, chunk, each, above)) for each, above in apart]
        meant = [
            (each, first, text)
            for each, first in regions
            for text in [chunk.text[slice(*_span(lines, chunk, first, each.end_line))]]
            if wanted and wanted <= self._held(text)
        ]
        if len(regions) < 2 or len(meant) != 1:
            return chunk
        ((symbol, first, text),) = meant
        start = chunk.start + lines.starts[first - chunk.start_line]
        return replace(
            chunk,
            start=start,
            end=start + len(text),
            start_line=first,
            end_line=symbol.end_line,
            kind=symbol.kind,
            symbol=symbol.name,
            container=tuple(filter(None, symbol.container.split("."))),
            names=(symbol.name,),
            text=text,
        )

    def snippet(self, chunk: Chunk) -> str:
        """The lines of a chunk that hold most of the question, without their common indentation."""
        lines = [line[:_COLUMNS].rstrip() for line in _LINE_END.split(chunk.text)]
        if len(lines) > _LINES:
            hits = [self._hits(line) for line in lines]
            starts = range(len(lines) - _LINES + 1)
            first = max(starts, key=lambda start: (sum(hits[start : start + _LINES]), -start))
            lines = lines[first : first + _LINES]
        margin = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
        return "\n".join(line[margin:] for line in lines)

    def _words(self, chunk: Chunk) -> list[str]:
        """The words of a chunk that share a stem with the question, as they are written there."""
        shared: dict[str, str] = {}
        for identifier in dict.fromkeys(words.identifiers(f"{chunk.text} {chunk.path}")):
            if self._shared(identifier):
                for word in words.words(identifier):
                    shared.setdefault(words.stem(word), word)
        return [word for stem, word in shared.items() if stem in self._terms]

    def _hits(self, line: str) -> int:
        """How many stems of the question a line holds."""
        return len(self._held(line))

    def _held(self, text: str) -> frozenset[str]:
        """The stems of the question that a text holds."""
        return frozenset().union(*map(self._shared, words.identifiers(text)))

    def _shared(self, identifier: str) -> frozenset[str]:
        """The stems of the question that an identifier holds; most hold none."""
        return self._terms.intersection(word_index.identifier_stems(identifier).split())


def _apart(inside: Sequence[Symbol], last: int) -> Iterator[tuple[Symbol, int]]:
    """Those that end in the chunk and lie in no other, each with the line behind what precedes it.

    That is the one before, or the first line of what goes on beyond the chunk.
    """
    behind = 0
    for each in sorted(inside, key=lambda each: (each.start_line, -each.end_line)):
        if last < each.end_line:
            behind = max(behind, each.start_line + 1)
        elif each.start_line >= behind:
            yield each, behind
            behind = each.end_line + 1


def _first_line(lines: LineIndex, chunk: Chunk, symbol: Symbol, above: int) -> int:
    """Where a definition begins with what stands right above it, such as its comment."""
    first = symbol.start_line
    while max(above, chunk.start_line) < first:
        line = chunk.text[slice(*lines.span(first - 1 - chunk.start_line))].strip()
        if not line or line.endswith(_OPENS):
            break
        first -= 1
    return first


def _span(lines: LineIndex, chunk: Chunk, first: int, last: int) -> tuple[int, int]:
    """Where lines of the file stand in the text of the chunk."""
    return lines.starts[first - chunk.start_line], lines.span(last - chunk.start_line)[1]
