"""How much to suggest: one line, or a block where the syntax says that one begins.

Judged from the lines around the cursor, so that half-written code and unknown languages work;
comments and strings are told apart by the syntax tree where there is a grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from trivium_server.domain import languages, syntax
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

_OPENS_BLOCK = re.compile(r"(\{|:|=>|->|\bdo|\bthen|\belse|\bbegin)\s*(#.*|//.*)?$")
_OPENS_LIST = re.compile(r"[(\[]\s*$")
_WORD = re.compile(r"\w+")
_COLON_LANGUAGES = frozenset({"python", "yaml", ""})
_NEAR = 60
"""Lines."""
_FAR = 2000
"""Lines above and below that a block is followed."""
_LARGEST_PARSED = 100_000
"""Characters; beyond this the tree is not worth its milliseconds, nor is what lies farther off."""


@dataclass(frozen=True)
class Spot:
    """A cursor and the lines around it, taken apart once."""

    document: Document
    offset: int

    @cached_property
    def line(self) -> int:
        """The cursor's line."""
        return self.document.lines.line_of(self.offset)

    @cached_property
    def typed(self) -> str:
        """The cursor's line up to the cursor."""
        return self.document.text[self.document.lines.starts[self.line] : self.offset]

    @cached_property
    def rest(self) -> str:
        """The cursor's line behind the cursor."""
        return self.document.text[self.offset : self.document.lines.span(self.line)[1]]

    @cached_property
    def word_behind(self) -> str:
        """The word, or its end, that follows the cursor immediately."""
        match = _WORD.match(self.rest)
        return match.group() if match else ""

    @cached_property
    def split(self) -> str:
        """The end of the word within which the cursor stands; empty when it stands in none."""
        return self.word_behind if _WORD.match(self.typed[-1:]) else ""

    @cached_property
    def indent(self) -> str:
        """The white space that the cursor's line begins with."""
        return self.typed[: len(self.typed) - len(self.typed.lstrip())]

    @cached_property
    def above(self) -> str:
        """The nearest line above that is not blank."""
        return next(iter(self.lines_above(1)), "")

    @cached_property
    def near_above(self) -> str:
        """The lines above in which the brackets that are open here were opened, most likely."""
        first = self.document.lines.starts[max(self.line - _NEAR, 0)]
        end = self.document.lines.starts[self.line]
        return self.document.text[max(first, end - 80 * _NEAR) : end]

    @cached_property
    def around(self) -> str:
        """The text on both sides of the cursor, as much as is worth looking at."""
        first = max(self.offset - _LARGEST_PARSED, 0)
        return self.document.text[first : self.offset + _LARGEST_PARSED]

    def lines_above(self, count: int) -> list[str]:
        """The nearest lines above that are not blank, nearest first."""
        return self._near(range(self.line - 1, -1, -1), count)

    def lines_below(self, count: int) -> list[str]:
        """The nearest lines below that are not blank, nearest first."""
        return self._near(range(self.line + 1, self.document.lines.count), count)

    @cached_property
    def block(self) -> set[str]:
        """The other lines of the block around the cursor that are indented as the cursor's is.

        The block ends at a line with less before it; nested ones are passed over.
        """
        numbers = (
            range(self.line - 1, max(self.line - _FAR, -1), -1),
            range(self.line + 1, min(self.line + _FAR, self.document.lines.count)),
        )
        return {line for part in numbers for line in self._beside(part)}

    def _beside(self, numbers: range) -> Iterator[str]:
        wanted = _width(self.indent + "x")
        for number in numbers:
            line = self.document.lines.line(number)
            width = _width(line) if line.strip() else wanted + 1
            if width < wanted:
                break
            if width == wanted:
                yield line.rstrip()

    def _near(self, numbers: range, count: int) -> list[str]:
        found: list[str] = []
        for number in numbers[: 4 * count + 16]:
            line = self.document.lines.line(number)
            if line.strip():
                found.append(line)
            if len(found) == count:
                break
        return found

    @cached_property
    def tree(self) -> Syntax | None:
        """The syntax tree of the document; None for a long one or one without a grammar."""
        if len(self.document.text) > _LARGEST_PARSED:
            return None
        return syntax.parse(self.document.text, self.document.language)

    @cached_property
    def in_prose(self) -> bool:
        """Whether the cursor stands in a comment or a string."""
        language = languages.by_id(self.document.language)
        if language.line_comment and self.typed.lstrip().startswith(language.line_comment):
            return True
        tree = self.tree
        if tree is None or self.offset == 0:
            return False
        place = tree.byte(self.offset)
        node = tree.root.descendant_for_byte_range(place - 1, place)
        while node is not None:
            inside = node.start_byte < place < node.end_byte or node.type == "line_comment"
            if inside and ("comment" in node.type or "string" in node.type):
                return True
            node = node.parent
        return False


def wants_block(spot: Spot) -> bool:
    """Whether an empty block is waiting at the cursor to be filled."""
    if spot.typed.strip() or spot.rest.strip() or not _opens_block(spot):
        return False
    following = next(iter(spot.lines_below(1)), "")
    opener = _width(spot.above)
    is_empty = not following or _width(following) <= opener
    return is_empty and _width(spot.typed + "x") > opener and not spot.in_prose


def next_indent(spot: Spot) -> str:
    """The indentation that an editor gives to the line after the cursor's."""
    typed = spot.typed.rstrip()
    if not _OPENS_BLOCK.search(typed) and not _OPENS_LIST.search(typed):
        return spot.indent
    return spot.indent + ("\t" if "\t" in spot.indent else " " * _unit(spot))


def stops(*, block: bool) -> tuple[str, ...]:
    """What ends a generation."""
    return ("\n\n",) if block else ("\n",)


def within_block(text: str, indent: str) -> str:
    """A suggestion cut before the first line that is less indented than the cursor's."""
    lines = text.split("\n")
    for index, line in enumerate(lines[1:], 1):
        if line.strip() and _width(line) < _width(indent + "x"):
            return "\n".join(lines[:index]).rstrip()
    return text


def _unit(spot: Spot) -> int:
    """How many spaces deeper a block is in this file: the smallest indentation above."""
    lines = (spot.near_above + spot.typed).split("\n")
    widths = [_width(line) for line in lines if line.startswith(" ")]
    return min((width for width in widths if width in (2, 3, 4, 8)), default=4)


def _opens_block(spot: Spot) -> bool:
    match = _OPENS_BLOCK.search(spot.above.rstrip())
    if not match:
        return False
    return match.group(1) != ":" or spot.document.language in _COLON_LANGUAGES


def _width(line: str) -> int:
    """Columns of white space before a line's first character; a tab goes to the next four."""
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip())
