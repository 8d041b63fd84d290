"""Cuts a text into the pieces that are embedded and found.

Code is cut at definitions, Markdown at headings, everything else into windows of lines. A chunk's
own text stays below the encoder's limit with room for its header (path words and enclosing
names); small neighbours are joined, large definitions become a header and their members.
Every number and every choice of what the encoder reads is in `Sizes` and `embedding_text`.
Knows nothing of files, models or the index.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from trivium_server.domain import definitions, tokens
from trivium_server.domain.definitions import PARTS, Definition
from trivium_server.domain.text import LineIndex

VERSION = "1"
"""Part of every vector's key: raise it when the same file would give other embedding texts."""

_CLOSES = re.compile(r"\s*(?:(?:[\])};,]+|end\b|#\s*endif\b)[ \t]*(?:(?://|/\*|#|--).*)?)?\s*")
_CLOSING = 200
"""Characters of what only closes, at most."""
_NO_OWNERS = PARTS | {"variable", "constant"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large chunks are, in word pieces (MiniLM reads 256, header and two marks included)."""

    most: int = 220
    """A chunk's own text."""
    small: int = 48
    """Neighbours smaller than this are joined …"""
    joined: int = 160
    """… as long as the whole stays below this."""
    long_line: int = 4
    """How many chunks of one overlong line are kept; the rest is data, not prose or code."""


SIZES = Sizes()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text, whole lines unless a single line is too long."""

    start: int
    """Offset of the first character."""
    end: int
    start_line: int
    """From 0."""
    end_line: int
    """Inclusive."""
    kind: str
    """The kind of the definition it is or lies in (`definitions`), or `block`."""
    symbol: str
    """The name of that definition, or empty."""
    container: tuple[str, ...]
    """Names of what encloses the symbol, outermost first."""
    names: tuple[str, ...]
    """Names of all definitions that begin in it, `symbol` among them; fields are only words."""
    text: str
    path: str = field(default="", compare=False)

    def at(self, path: str) -> Chunk:
        """The same chunk in another file."""
        return replace(self, path=path)

    @property
    def header(self) -> str:
        """Path words and enclosing names: what the text itself does not say."""
        path = PurePosixPath(self.path)
        words = [*path.parts[-4:-1], path.stem]
        return " ".join(dict.fromkeys([*tokens.words(" ".join(words)), *self.container]))

    @property
    def embedding_text(self) -> str:
        """What the encoder reads."""
        symbol = "" if self.symbol in self.names else self.symbol
        return f"{self.header} {symbol}\n{self.text}"

    @property
    def only_closes(self) -> bool:
        """Whether it just ends what stands before it (`}  // namespace a`) and shows nothing.

        It has a vector all the same, one of the names around it.
        """
        small = 0 < len(self.text) < _CLOSING  # Asked of every candidate; most are larger.
        return small and all(map(_CLOSES.fullmatch, self.text.splitlines()))

    @property
    def key(self) -> int:
        """A 63-bit hash of the content and its names.

        Not of the path: a file that was moved or copied keeps the vectors it has.
        """
        content = "\0".join([VERSION, *self.container, self.symbol, self.text])
        digest = hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest) >> 1


def chunk(text: str, path: str, language: str, sizes: Sizes = SIZES) -> list[Chunk]:
    """The chunks of a text in order; together they hold every line that is not blank."""
    return from_definitions(LineIndex(text), path, definitions.of_text(text, language), sizes)


def from_definitions(
    lines: LineIndex, path: str, found: list[Definition], sizes: Sizes = SIZES
) -> list[Chunk]:
    """The same for a text whose definitions are known already."""
    text = lines.text
    if not text.strip():
        return []
    source = _Source(text, lines, tokens.Pieces(text), sizes)
    spans = source.joined(source.spans(0, source.lines.count, None, _tree(source.lines, found)))
    by_name = sorted(found, key=_name_start)
    return [source.chunk(path, span, by_name) for span in spans]


@dataclass(frozen=True, slots=True)
class _Node:
    """A definition of several lines and those inside it; lines are [first, last)."""

    definition: Definition
    first: int
    last: int
    children: list[_Node]


@dataclass(frozen=True, slots=True)
class _Span:
    """A chunk to be: lines [first, last), or a stretch of one overlong line."""

    first: int
    last: int
    owner: Definition | None
    whole: bool
    """It is the owner, not a part of it."""
    stretch: tuple[int, int] | None = None

    @property
    def scope(self) -> tuple[str, ...]:
        """What encloses the span."""
        if self.owner is None:
            return ()
        return self.owner.container if self.whole else (*self.owner.container, self.owner.name)


def _tree(lines: LineIndex, found: list[Definition]) -> list[_Node]:
    roots: list[_Node] = []
    open_: list[_Node] = []
    for each in found:
        if each.kind in PARTS:
            continue
        first = lines.line_of(each.full_start)
        last = lines.line_of(max(each.end - 1, each.start)) + 1
        while open_ and open_[-1].last <= first:
            open_.pop()
        # A definition of one line is no place to cut, and one that shares its first line with
        # its parent's first, or runs over its end, cannot be cut out in whole lines.
        if last - first < 2 or (open_ and (first <= open_[-1].first or open_[-1].last < last)):
            continue
        node = _Node(each, first, last, [])
        siblings = open_[-1].children if open_ else roots
        if siblings and first < siblings[-1].last:
            continue
        siblings.append(node)
        open_.append(node)
    return roots


@dataclass(frozen=True, slots=True)
class _Source:
    """One text on its way to chunks."""

    text: str
    lines: LineIndex
    pieces: tokens.Pieces
    sizes: Sizes

    def spans(
        self, first: int, last: int, owner: Definition | None, children: list[_Node]
    ) -> Iterator[_Span]:
        """A region cut at the definitions inside it, they themselves cut where they are large."""
        if owner is not None and self.size(first, last) <= self.sizes.most:
            yield _Span(first, last, owner, whole=True)
            return
        for child in children:
            yield from self.windows(first, child.first, owner)
            yield from self.spans(child.first, child.last, child.definition, child.children)
            first = child.last
        yield from self.windows(first, last, owner)

    def windows(self, first: int, last: int, owner: Definition | None) -> Iterator[_Span]:
        """Lines without definitions of their own, cut at blank or shallow lines where too long."""
        first, last = self.trimmed(first, last)
        while first < last:
            cut = self.cut(first, last)
            if cut == first:
                yield from self.stretches(first, owner)
                cut += 1
            else:
                yield _Span(*self.trimmed(first, cut), owner, whole=False)
            first, last = self.trimmed(cut, last)

    def trimmed(self, first: int, last: int) -> tuple[int, int]:
        """Lines without the blank ones at both ends."""
        while first < last and self.blank(first):
            first += 1
        while first < last and self.blank(last - 1):
            last -= 1
        return first, last

    def cut(self, first: int, last: int) -> int:
        """Where a window that begins at a line ends best; `first` when that line is too long."""
        reach = self.pieces.reach(self.lines.starts[first], self.sizes.most)
        end = min(self.lines.line_of(reach), last) if reach < len(self.text) else last
        if end == last or end - first < 2:
            if end == first and self.size(first, first + 1) <= self.sizes.most:
                return first + 1
            return end
        candidates = range(first + (end - first) // 2 + 1, end + 1)
        return max(candidates, key=lambda line: (-self.indentation(line), line))

    def stretches(self, line: int, owner: Definition | None) -> Iterator[_Span]:
        start, end = self.lines.span(line)
        for _ in range(self.sizes.long_line):
            reach = min(self.pieces.reach(start, self.sizes.most), end)
            reach = max(reach, start + 1)
            if self.text[start:reach].strip():
                yield _Span(line, line + 1, owner, whole=False, stretch=(start, reach))
            start = reach
            if end <= start:
                return

    def joined(self, spans: Iterator[_Span]) -> Iterator[list[_Span]]:
        """Neighbours of one scope, put together while they are small."""
        group: list[_Span] = []
        size = 0
        for span in spans:
            own = self.size(span.first, span.last)
            if group and not self.joins(group, size, span, own):
                yield group
                group, size = [], 0
            group.append(span)
            size += own
        if group:
            yield group

    def joins(self, group: list[_Span], size: int, span: _Span, own: int) -> bool:
        """Whether a span belongs to the group before it."""
        return (
            group[0].scope == span.scope
            and group[-1].stretch is None
            and span.stretch is None
            and min(size, own) < self.sizes.small
            and size + own <= self.sizes.joined
        )

    def chunk(self, path: str, group: list[_Span], by_name: list[Definition]) -> Chunk:
        first, last = group[0].first, group[-1].last
        start, end = group[0].stretch or (self.lines.starts[first], self.lines.span(last - 1)[1])
        here = slice(*(bisect_left(by_name, each, key=_name_start) for each in (start, end)))
        inside = sorted(by_name[here], key=lambda each: each.start)
        owner = self.owner(group, inside)
        return Chunk(
            start,
            end,
            first,
            last - 1,
            owner.kind if owner else "block",
            owner.name if owner else "",
            owner.container if owner else (),
            tuple(dict.fromkeys(each.name for each in inside if each.kind not in PARTS)),
            self.text[start:end],
            path,
        )

    def owner(self, group: list[_Span], inside: list[Definition]) -> Definition | None:
        """The definition a chunk is named after: the outermost in it, of these the longest."""
        owners = [span.owner for span in group if span.owner]
        owners = owners or [each for each in inside if each.kind not in _NO_OWNERS]
        depth = min((len(each.container) for each in owners), default=0)
        outermost = [each for each in owners if len(each.container) == depth]
        return max(outermost, key=lambda each: each.end - each.start, default=None)

    def size(self, first: int, last: int) -> int:
        return self.pieces.count(self.lines.starts[first], self.lines.span(last - 1)[1])

    def blank(self, line: int) -> bool:
        start, end = self.lines.span(line)
        return not self.text[start:end].strip()

    def indentation(self, line: int) -> int:
        """The depth of a line; one behind a blank line counts as the shallowest."""
        if self.lines.count <= line or self.blank(line) or self.blank(line - 1):
            return -1
        start, end = self.lines.span(line)
        code = self.text[start:end]
        closes = re.match(r"\s*[\])}]", code) is not None
        return len(code) - len(code.lstrip()) + closes * 1000


def _name_start(definition: Definition) -> int:
    return definition.name_start
