"""Which lines of a passage belong together: paragraphs, list items, descriptions of arguments.

What lies between them (rulers, code, doctests, section names) is left out and so never touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trivium_server.domain.rewriting import columns, prose
from trivium_server.domain.rewriting.passages import Line, indentation

SENTENCE_END = re.compile(r"[.!?:…。][\"'”»)\]]*$")

_FENCE = re.compile(r"\s*(```|~~~)")
_SAMPLE = re.compile(r"\s*[@\\](?:example|code)\b")
_SAMPLE_END = re.compile(r"\s*[@\\](?!example|code\b)\w+")
_RULER = re.compile(r"\s*([-=~^\"'`#*+.])\1{2,}\s*$")

_APART = re.compile(
    r"(?:!!!|\?\?\?\+?|===|:{3,}|/{3,}|\+{3,})(?:\s|$)|:{3,}\w|\{[%#]|\{\{[<%]|\$\$|\[\[?_?TOC_?\]\]?$"
    r"|(?:\[!\[[^\]]*\]\([^)]*\)\](?:\([^)]*\)|\[[^\]]*\])|!\[[^\]]*\]\([^)]*\)|\s)+$"
)
"""Lines of Markdown's dialects that are no text: admonitions, tabs, templates, formulas, badges."""

_DEFINITION = re.compile(r":\s+(?=\S)")
_ALONE = re.compile(rf"{_DEFINITION.pattern}|(\*\*|__)(?:(?!\1).)+\1[:.]?$")
"""A definition of a list of terms; a line that is bold as a heading is."""

_ADDRESS = re.compile(r"\s*([A-Z][\w ]{0,20}:\s*)?<?https?://\S+\s*$")
_HEADING = re.compile(r"\s*#{1,6}\s")
_SENTENCE = re.compile(r"\s*[A-Z][a-z]+,? [a-z]+\b")

_OPENER = re.compile(
    r"\s*(?:The|This|That|These|Those|We|They|It|If|When|There|You|In|On|For|To|An?|As|At|By|With|And"
    r"|But|So|Since|Because|Otherwise|However|Use|Not|No|All|Der|Die|Das|Den|Dem|Diese[rsmn]?|Eine?[rsmn]?"
    r"|Wir|Es|Wenn|Falls|Bei|Les?|La|Une?|Cette|Ce|Ces|Nous|Il|Elle|Si|El|Los|Las|Una|Est[ea]|Cuando|Gli"
    r"|Quest[oa]|Se|Quando)(?![\w'’-])"
)
"""A word that has a capital at the beginning of a sentence only."""
_WAITS = re.compile(
    r"(?:[,(\[{/-]|\b(?:the|an?|and|or|of|for|to|in|on|at|as|is|are|be|by|with|from|than|that|der|die|das"
    r"|und|oder|von|zu|mit|ist|les?|la|des?|du|et|ou|à|el|los|las|del?|y|o|il|di|e|che))$",
    re.IGNORECASE,
)
"""The end of a line after which its sentence goes on, whatever follows."""

_LONGEST_LINE = 10_000
"""A longer line is data, not text for people."""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that make one block."""

    lines: tuple[Line, ...]
    skip: int
    """Characters of the first line before the text."""


def of_lines(text: str, lines: Sequence[Line]) -> Iterator[Group]:
    """Blocks of a comment, a docstring or a plain text, by what its lines look like.

    A backslash at a line's end is the language's, and would be no longer at the end.
    """
    for group in _paragraphs(text, lines):
        if not any(text.endswith("\\", line.start, line.end) for line in group.lines):
            yield group


def _paragraphs(text: str, lines: Sequence[Line]) -> Iterator[Group]:
    group: list[Line] = []
    skip = 0
    state = _State()
    contents = [text[line.start : line.end] for line in lines]
    contents = ["" if len(content) > _LONGEST_LINE else content for content in contents]
    apart = columns.apart(contents)
    for index, (line, content) in enumerate(zip(lines, contents, strict=True)):
        below = contents[index + 1] if index + 1 < len(contents) else ""
        continues = bool(group) and _is_open(text, group) and _goes_on(text, group, content, False)
        if state.skips(content, below, continues) or index in apart:
            if group:
                yield Group(tuple(group), skip)
            group = []
        elif group and _goes_on(text, group, content, state.item):
            group.append(line)
        else:
            if group:
                yield Group(tuple(group), skip)
            group, skip = [line], prose.lead(content, state.item)
    if group:
        yield Group(tuple(group), skip)


def of_markdown(text: str, lines: Sequence[Line]) -> Iterator[Group]:
    """A Markdown paragraph, cut at hard line breaks and at what dialects put on lines of their own.

    The grammar knows CommonMark: the marks of admonitions, tabs and formulas are paragraphs to it.
    """
    group: list[Line] = []
    formula = False
    for line in lines:
        content = text[line.start : line.end]
        apart = formula or bool(_APART.match(content)) or not 0 < len(content) <= _LONGEST_LINE
        formula ^= apart and content.count("$$") == 1
        if group and (apart or _ALONE.match(content)):
            yield _markdown_group(text, group)
            group = []
        if not apart:
            group.append(line)
        if group and (_ALONE.match(content) or _breaks(text, line)):
            yield _markdown_group(text, group)
            group = []
    if group:
        yield _markdown_group(text, group)


def _breaks(text: str, line: Line) -> bool:
    """Whether a line ends with a hard line break."""
    return text.startswith("  ", line.end) or text.endswith("\\", line.start, line.end)


def _markdown_group(text: str, group: Sequence[Line]) -> Group:
    definition = _DEFINITION.match(text, group[0].start, group[0].end)
    return Group(tuple(group), definition.end() - group[0].start if definition else 0)


class _State:
    """What earlier lines mean for a line: inside a fence, a literal block, a section."""

    def __init__(self) -> None:
        self.item = False
        """Inside a section of arguments, where `name: description` is an item."""
        self._fence = ""
        self._sample = False
        self._doctest = False
        self._literal = -1
        """The indentation that a literal block must exceed, -1 outside of one."""
        self._above = ""
        """The line above, blank lines left out."""
        self._behind_blank = False

    def skips(self, line: str, below: str, continues: bool) -> bool:
        """Whether a line is to be left alone; takes note of it."""
        fence = _FENCE.match(line)
        if self._fence or fence:
            closing = fence and (not self._fence or fence[1] == self._fence)
            self._fence = ("" if self._fence else fence[1]) if fence and closing else self._fence
            return True
        if not line.strip():
            self._doctest, self._behind_blank = False, True
            return True
        skipped = self._skips_indented(line) or self._skips_line(line, below, continues)
        self._above, self._behind_blank = line, False
        return skipped

    def _skips_indented(self, line: str) -> bool:
        indent = len(line) - len(line.lstrip())
        if self._literal >= 0:
            if self._literal < indent:
                return True
            self._literal = -1
        if self._is_sample(line):
            self._literal = len(self._above) - len(self._above.lstrip())
            return True
        if line.lstrip().startswith(".. ") or line.rstrip().endswith("::"):
            self._literal = indent
        if self._sample and _SAMPLE_END.match(line):
            self._sample = False
        elif _SAMPLE.match(line):
            self._sample = True
        return self._sample

    def _is_sample(self, line: str) -> bool:
        """Whether an indented block begins, as RDoc's and Markdown's samples of code are."""
        deeper = len(indentation(line).expandtabs()) - len(indentation(self._above).expandtabs())
        return bool(
            self._above
            and (self._behind_blank or prose.is_sample(self._above))
            and deeper >= 2
            and (prose.is_sample(self._above) or not prose.is_section(self._above))
            and not prose.begins_item(line, self.item)
            and (_HEADING.match(self._above) or not prose.begins_item(self._above, self.item))
            and not _SENTENCE.match(line)
        )

    def _skips_line(self, line: str, below: str, continues: bool) -> bool:
        self._doctest = self._doctest or line.lstrip().startswith(">>> ")
        if prose.is_section(line):
            self.item = True
        return (
            self._doctest
            or prose.is_untouchable(line, continues)
            or (not continues and (prose.is_code(line) or _ADDRESS.match(line) is not None))
            or bool(_RULER.match(below))
            or _is_type(line, below)
        )


def _is_type(line: str, below: str) -> bool:
    """Whether a line is the type in a docstring's list of results: a name, its meaning below."""
    deeper = len(below) - len(below.lstrip()) > len(line) - len(line.lstrip())
    return bool(below.strip()) and deeper and len(line.split()) == 1 and line[-1:].isalnum()


def _is_open(text: str, group: Sequence[Line]) -> bool:
    """Whether the last line of a block ends in the middle of a sentence."""
    return not SENTENCE_END.search(text, group[-1].start, group[-1].end)


def _goes_on(text: str, group: Sequence[Line], content: str, item: bool) -> bool:
    """Whether a line continues the block above it."""
    if prose.begins_item(content, item):
        return False
    first = text[group[0].start : group[0].end]
    if prose.are_items(first, content) or _is_reference(text, group, content):
        return False
    if begins_sentence(text[group[-1].start : group[-1].end], content):
        return False
    indent = len(content) - len(content.lstrip())
    own = len(first) - len(first.lstrip())
    if len(group) > 1:
        second = text[group[1].start : group[1].end]
        return indent == len(second) - len(second.lstrip())
    if indent == own or prose.begins_item(first, item):
        return own <= indent
    # A hanging line, as in `name(…): says what it` followed by the rest, deeper.
    return own < indent and len(first.split()) > 4 and not SENTENCE_END.search(first)


def begins_sentence(above: str, line: str) -> bool:
    """Whether a line begins a sentence although no stop ends the one above.

    Who writes a comment leaves a full stop out, but no capital.
    """
    opens = _OPENER.match(line) is not None
    return opens and not (SENTENCE_END.search(above) or _WAITS.search(above))


def _is_reference(text: str, group: Sequence[Line], content: str) -> bool:
    """Whether a line is an address with nothing before and behind it that belongs to it."""
    address = _ADDRESS.match(content)
    above = text[group[-1].start : group[-1].end]
    closed = not _is_open(text, group) or _ADDRESS.match(above)
    return bool(address and (address[1] or closed))
