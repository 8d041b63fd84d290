"""Text and positions in it.

The rest of the domain counts in offsets: indexes of code points into a `str`.
Editors count in lines and units of a negotiated encoding; `LineIndex` converts.
Only `\\n`, `\\r\\n` and `\\r` end a line (LSP 3.17, "Text Documents"), unlike `str.splitlines`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import accumulate, pairwise

_LINE_END = re.compile(r"\r\n|\n|\r")


class Encoding(StrEnum):
    """The units in which a client counts characters within a line."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a document: line from 0, character from 0 in units of an encoding."""

    line: int
    character: int


class LineIndex:
    """Converts between offsets and positions of one immutable text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts: list[int]
        """Offset of each line's first character; a final newline opens a last empty line."""
        if "\r" in text:
            ends = [(match.start(), match.end()) for match in _LINE_END.finditer(text)]
            self.starts = [0, *(end for _, end in ends)]
            self._content_ends = [*(start for start, _ in ends), len(text)]
        else:  # The same, several times faster: an index is made for every file of a workspace.
            lengths = map(len, text.split("\n"))
            self._content_ends = list(accumulate(lengths, lambda end, length: end + 1 + length))
            self.starts = [0, *(end + 1 for end in self._content_ends[:-1])]

    @property
    def count(self) -> int:
        """The number of lines, at least 1."""
        return len(self.starts)

    @cached_property
    def longest(self) -> int:
        """The length of the longest line."""
        return max(end - start for end, start in zip(self._content_ends, self.starts, strict=True))

    def line_of(self, offset: int) -> int:
        """The line that holds an offset; between `\\r` and `\\n` it is the line they end."""
        return bisect_right(self.starts, offset) - 1

    def span(self, line: int) -> tuple[int, int]:
        """First offset of a line and the offset of its line end (or of the text's end)."""
        return self.starts[line], self._content_ends[line]

    def line(self, line: int) -> str:
        """A line's text without its line end."""
        start, end = self.span(line)
        return self.text[start:end]

    def offset(self, position: Position, encoding: Encoding = Encoding.UTF16) -> int:
        """The offset of a position; beyond a line's or the text's end it is that end.

        A position inside a surrogate pair or a UTF-8 sequence is moved to the character's start.
        """
        if position.line < 0:
            return 0
        if self.count <= position.line:
            return len(self.text)
        start, end = self.span(position.line)
        return start + _chars(self.text[start:end], max(position.character, 0), encoding)

    def position(self, offset: int, encoding: Encoding = Encoding.UTF16) -> Position:
        """The position of an offset, clamped to the text and never inside a line end."""
        offset = min(max(offset, 0), len(self.text))
        line = self.line_of(offset)
        start, end = self.span(line)
        return Position(line, units(self.text[start : min(offset, end)], encoding))


class Lines:
    """A text under many edits, as its lines: an edit costs the lines it touches, not the text."""

    def __init__(self, text: str) -> None:
        self._lines = _split(text)

    def replace(self, start: Position, end: Position, text: str, encoding: Encoding) -> None:
        """Put a text in the place of a range; positions are clamped as `LineIndex` does it."""
        first, before = self._place(start, encoding)
        last, behind = max((first, before), self._place(end, encoding))
        text = self._lines[first][:before] + text + self._lines[last][behind:]
        if first and text.startswith("\n") and self._lines[first - 1].endswith("\r"):
            first -= 1  # Together they end one line.
            text = self._lines[first] + text
        is_end = last + 1 == len(self._lines)
        self._lines[first : last + 1] = _split(text) if is_end else _split(text)[:-1]

    def joined(self) -> str:
        """The text as it is now."""
        return "".join(self._lines)

    def _place(self, position: Position, encoding: Encoding) -> tuple[int, int]:
        """The line, and the offset in it."""
        if position.line < 0:
            return 0, 0
        line = min(position.line, len(self._lines) - 1)
        content = self._lines[line].rstrip("\r\n")
        if line < position.line:
            return line, len(content)
        return line, _chars(content, max(position.character, 0), encoding)


@dataclass(frozen=True)
class Document:
    """A document as the editor shows it: an immutable snapshot."""

    uri: str
    text: str
    version: int | None = None
    language: str = ""
    """A language id of `domain.languages`, or empty when nobody knows it."""
    path: str = field(default="", compare=False)
    """The file's path when it has one."""

    @cached_property
    def lines(self) -> LineIndex:
        """The line index, made once for each snapshot."""
        return LineIndex(self.text)

    @cached_property
    def newline(self) -> str:
        """The line end that the document uses: that of its first line, `\\n` when it has none."""
        match = _LINE_END.search(self.text)
        return match.group() if match else "\n"


def _split(text: str) -> list[str]:
    """A text's lines with their ends; the last has none."""
    return [text[start:end] for start, end in pairwise([*LineIndex(text).starts, len(text)])]


def encodable(text: str) -> str:
    """A text with `?` for lone surrogates, which have no UTF-8 form; as long as before."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def units(text: str, encoding: Encoding) -> int:
    """The length of a text in units of an encoding."""
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _chars(line: str, count: int, encoding: Encoding) -> int:
    """How many characters of a line lie wholly within its first `count` units."""
    if encoding is Encoding.UTF32 or line.isascii():
        return min(count, len(line))
    lengths = range(len(line) + 1)
    return bisect_right(lengths, count, key=lambda length: units(line[:length], encoding)) - 1
