"""A passage's sentences as blocks of text without line breaks, and new text in their place.

`blocks` takes the layout off: margins, bullets, wrapping. `fill` puts it back around other text, at
the width that the original has. A block whose text did not change is its own source again, so what
is not rewritten is not touched, whatever it looked like.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from trivium_server.domain.rewriting import grouping, prose, references, sentences
from trivium_server.domain.rewriting.grouping import Group
from trivium_server.domain.rewriting.passages import Kind, Line, Passage, indentation
from trivium_server.domain.text import Document

# What would begin something new if it came first on a line.
_UNSAFE = re.compile(
    r"[-*+•‣>|=~:@\\]|\#+$|\(?(?:\d{1,3}|\#)[.)]$|\(?[a-zA-Z]\)$|\.\.$|```|[A-Z]\w+:{1,2}$"
)

# Two spaces may mean something, so no line is broken there; nor at a no-break space.
_WORDS = re.compile(r"[^ \t\n]+(?:[ \t]{2,}[^ \t\n]+)*")

_DEFAULT_WIDTH = 80
_NEAR = 200
"""Characters of a comment, and of the code below it, in which a name is looked for."""
_WIDEST = 120
_WIDEST_CODE = 100
"""Longer lines are no sign of where a document, or code, is wrapped."""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list item, a field's description: what is rewritten in one go."""

    start: int
    end: int
    text: str
    """The words without the line breaks."""
    source: str
    """The same with line breaks and margins, as in the document."""
    hang: str
    """What each further line begins with."""
    column: int
    """How far to the right the first line's text begins."""
    width: int
    """The column that no line goes beyond; 0 for a text that is never wrapped."""
    newline: str
    parts: tuple[tuple[int, int], ...]
    """Where each line's share of the text stands in the document."""
    by_sentence: bool = False
    """Whether every sentence has a line of its own."""
    links: tuple[str, ...] = ()
    """The links by reference in it, and names, which must stay as they are."""

    def place(self, first: int, last: int) -> tuple[int, int]:
        """The range in the document of a range of the text, which is not empty."""
        return self._offset(first), self._offset(last - 1) + 1

    def _offset(self, index: int) -> int:
        for start, end in self.parts:
            if index <= end - start:
                return start + index
            index -= end - start + 1
        return self.end


def blocks(document: Document, passage: Passage) -> list[Block]:
    """The blocks of a passage in order; what is not in one is never touched."""
    group = grouping.of_markdown if _is_markdown(document, passage) else grouping.of_lines
    groups = list(group(document.text, passage.lines))
    width = _width(document, passage, groups)
    names: tuple[str, ...] = ()
    if document.language == "go" and groups:
        start, end = groups[0].lines[0].start, passage.end
        code = document.text[end : end + _NEAR].lstrip()
        names = references.documented(document.text[start : start + _NEAR], code)
    return [_block(document, group, width, names) for group in groups]


def of_text(text: str) -> Block:
    """A text without a layout as a block."""
    end = len(text)
    return Block(0, end, text, text, hang="", column=0, width=0, newline="\n", parts=((0, end),))


def fill(block: Block, text: str) -> str:
    """New text in the layout of a block."""
    if text == block.text:
        return block.source
    return _joined(block, _wrapped(block, text))


def insertion_above(block: Block, text: str) -> str:
    """Text to insert at a block's start so that it stands above as a paragraph of its own."""
    margin = block.hang
    lines = [*_wrapped(block, text), ""]
    return _joined(block, lines) + block.newline + margin


def _joined(block: Block, lines: Sequence[str]) -> str:
    head, *rest = lines
    return block.newline.join([head, *((block.hang + line).rstrip() for line in rest)])


def _wrapped(block: Block, text: str) -> list[str]:
    """The lines of a text, none beginning with a word that would make it something else."""
    if not block.by_sentence:
        return _wrap(_WORDS.findall(text), block.width, block.column, _columns(block.hang))
    lines: list[str] = []
    for sentence in sentences.split(text, len(text) + 1):
        if lines and not _begins_a_line(sentence.text):
            lines[-1] += " " + sentence.text
        else:
            lines.append(sentence.text)
    return lines


def _begins_a_line(sentence: str) -> bool:
    """Whether it is read as a sentence there, and not as an item, a rule or a row of figures."""
    wordy = any(map(str.isalpha, sentence))
    return wordy and not _UNSAFE.match(sentence.split(" ", 1)[0])


def _wrap(words: Sequence[str], width: int, column: int, hang: int) -> list[str]:
    """Words in lines that are as full as the width allows."""
    lines = [""]
    room = width - column
    for word in words:
        if not lines[-1]:
            lines[-1] = word
        elif width and room < len(lines[-1]) + 1 + len(word) and _may_begin(word, lines[-1]):
            lines.append(word)
            room = width - hang
        else:
            lines[-1] += " " + word
    return lines


def _may_begin(word: str, above: str) -> bool:
    """Whether a line may begin with a word and still belong to the one above."""
    return not (_UNSAFE.match(word) or grouping.begins_sentence(above, word))


def _block(document: Document, group: Group, width: int, names: tuple[str, ...]) -> Block:
    text = document.text
    head, *rest = group.lines
    start, end = head.start + group.skip, group.lines[-1].end
    if rest:
        first = text[rest[0].start : rest[0].end]
        hang = rest[0].margin + first[: len(first) - len(first.lstrip())]
    else:
        hang = head.margin + _hang(text[head.start : head.end], group.skip)
    begin = document.lines.starts[document.lines.line_of(start)]
    parts = [(start, head.end), *(_stripped(text, line) for line in rest)]
    words = [text[first:last] for first, last in parts]
    joined = " ".join(words)
    return Block(
        start=start,
        end=end,
        text=joined,
        source=text[start:end],
        hang=hang,
        column=_columns(text[begin:start]),
        width=width,
        newline=_newline(document, start),
        parts=tuple(parts),
        by_sentence=_one_sentence_a_line(words, width),
        links=(*references.in_text(joined, text), *names),
    )


def _hang(line: str, skip: int) -> str:
    """What further lines of a block that has none yet begin with: below a bullet's text."""
    indent = indentation(line[:skip])
    lead = skip - len(indent)
    if prose.is_bullet(line):
        return indent + " " * lead
    if not lead or prose.is_head(line):
        return indent
    return indent + ("\t" if indent.endswith("\t") else "    ")


def _newline(document: Document, offset: int) -> str:
    """The end of a line: some documents have several kinds. The last line has that of the first."""
    lines = document.lines
    number = lines.line_of(offset)
    if number + 1 == lines.count:
        return document.newline
    return document.text[lines.span(number)[1] : lines.starts[number + 1]]


def _stripped(text: str, line: Line) -> tuple[int, int]:
    content = text[line.start : line.end]
    return line.start + len(content) - len(content.lstrip()), line.end


def _one_sentence_a_line(parts: Sequence[str], width: int) -> bool:
    """Whether lines end where sentences do although more would have fitted."""
    return (
        len(parts) > 1
        and all(grouping.SENTENCE_END.search(part) for part in parts[:-1])
        and any(
            len(part) + 1 + len(following.split(" ", 1)[0]) < min(width, 60)
            for part, following in pairwise(parts)
        )
    )


def _width(document: Document, passage: Passage, groups: Sequence[Group]) -> int:
    """Where a passage is wrapped: at its own longest line, or where the document is."""
    if not passage.wraps:
        return 0
    lengths = [_length(document, line) for group in groups for line in group.lines]
    wrapped = [group.lines for group in groups if _is_wrapped(document.text, group.lines)]
    if wrapped:
        # Two lines say little about the width: the first may end where a sentence does.
        likely = _DEFAULT_WIDTH if any(lines[2:] for lines in wrapped) else _WIDEST_CODE
        sure = max(_length(document, line) for lines in wrapped for line in lines)
        return max(length for length in lengths if length <= max(likely, sure))
    longest = document.lines.longest
    if _is_prose(passage):
        return 0 if longest > _WIDEST else max(longest, _DEFAULT_WIDTH)
    return max(*lengths, min(longest, _WIDEST_CODE), _DEFAULT_WIDTH)


def _is_wrapped(text: str, lines: Sequence[Line]) -> bool:
    """Whether a line ends because there was no more room: not where each is a sentence."""
    return any(not grouping.SENTENCE_END.search(text, line.start, line.end) for line in lines[:-1])


def _length(document: Document, line: Line) -> int:
    start = document.lines.starts[document.lines.line_of(line.start)]
    return _columns(document.text[start : line.end])


def _columns(text: str) -> int:
    return len(text.expandtabs(4))


def _is_prose(passage: Passage) -> bool:
    return passage.kind in (Kind.PARAGRAPH, Kind.HEADING, Kind.CELL)


def _is_markdown(document: Document, passage: Passage) -> bool:
    return document.language == "markdown" and _is_prose(passage)
