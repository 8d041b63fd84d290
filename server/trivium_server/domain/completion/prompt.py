"""The text that a model continues: the file's name, and the file up to the cursor.

Cuts fall on a coarse grid of lines, so that while the user types each prompt begins with the last
one and the engine's KV cache holds. Lengths are estimated: no tokenizer is needed here. Code from
elsewhere takes part as copies (`candidates`), not here: in the prompt it made a small model worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from trivium_server.domain import languages
from trivium_server.domain.text import Document, encodable

_BYTES_PER_TOKEN = 3.0
"""UTF-8 bytes that a token of source code spells, on the careful side."""
_GRID = 32
"""The file's window begins at a multiple of so many lines."""
_LONGEST_LINE = 600
"""Characters of one line that take part; of a longer line only its end."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Estimated tokens that each part of a prompt may have."""

    before: int = 768
    """The file up to the cursor."""
    after: int = 256
    """What follows the cursor, for models that are trained to fill in."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model gets."""

    text: str
    suffix: str


def build(document: Document, offset: int, budget: Budget = Budget()) -> Prompt:
    """The prompt for a cursor, with what fits of the file; no tokenizer takes lone surrogates."""
    before = document.text[_start(document, offset, budget.before) : offset]
    after = _after(document, offset, budget.after)
    return Prompt(encodable(_name(document) + before), encodable(after))


def estimate(text: str) -> int:
    """About how many tokens a text has."""
    return int(len(text.encode("utf-8", "surrogatepass")) / _BYTES_PER_TOKEN) + 1


def _start(document: Document, offset: int, budget: int) -> int:
    """Where the window before the cursor begins: a line's start, save within a very long line."""
    lines = document.lines
    line = lines.line_of(offset)
    start = max(lines.starts[line], offset - _LONGEST_LINE * 4)
    left = budget - estimate(document.text[start:offset])
    if start > lines.starts[line] or left < 0:
        return start
    first = line
    while first > 0:
        left -= estimate(lines.line(first - 1)[:_LONGEST_LINE])
        if left < 0:
            break
        first -= 1
    return lines.starts[_on_grid(first, line)]


def _on_grid(first: int, line: int) -> int:
    """The next multiple of the grid, unless that would leave less than half of the window."""
    rounded = -(-first // _GRID) * _GRID
    return rounded if rounded - first <= (line - first) // 2 else first


def _after(document: Document, offset: int, budget: int) -> str:
    """Whole lines behind the cursor, as many as fit, at least the rest of its line."""
    text = document.text[offset : offset + int(budget * _BYTES_PER_TOKEN)]
    cut = offset + len(text) < len(document.text) and "\n" in text
    return text[: text.rfind("\n") + 1] if cut else text


def _name(document: Document) -> str:
    """The file's name: the one line that tells a model which language this is."""
    name = PurePath(document.path).name
    language = languages.by_id(document.language)
    before, after = language.block_comment
    comment = f"{language.line_comment or '#'} {name}"
    if before and not language.line_comment:
        comment = f"{before} {name} {after}"
    return comment + "\n" if name else ""
