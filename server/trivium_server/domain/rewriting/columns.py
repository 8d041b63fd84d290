"""Lines that cannot be joined with others: tables, lists of options, blocks of lines.

What makes a column is a wide gap between words, or one below another. Two spaces behind the end of
a sentence are none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from trivium_server.domain.rewriting import prose

_GAP = re.compile(r"(?<=\S)(?: {2,}|\t[ \t]*)(?=\S)")
_PAUSE = re.compile(r"[.!?:;,…][\"'”»)\]*_`]*$")
_KEY = re.compile(r"\s*[\w.-]+:$")
_LINE_BLOCK = re.compile(r"\s*\|(?:\s|$)")
_BORDER = re.compile(r"\s*=+(?: +=+)+\s*$")
_ENCLOSED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|`[^`]*`")


def apart(lines: Sequence[str]) -> set[int]:
    """The numbers of the lines that stay as they are, with what hangs below them."""
    found = _tables(lines)
    hanging = -1
    for number, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if not line.strip() or indent <= hanging:
            hanging = -1
        if hanging < 0 and line.strip() and _is_apart(lines, number):
            hanging = indent
            found.add(number)
        elif hanging >= 0:
            found.add(number)
    return found


def _tables(lines: Sequence[str]) -> set[int]:
    """What lies between two borders of a simple table of reStructuredText."""
    last = {line: number for number, line in enumerate(lines) if _BORDER.match(line)}
    found: set[int] = set()
    for number, line in enumerate(lines):
        found.update(range(number, last.get(line, -1) + 1) if number not in found else ())
    return found


def _is_apart(lines: Sequence[str], number: int) -> bool:
    line = lines[number]
    around = [*lines[max(number - 1, 0) : number], *lines[number + 1 : number + 2]]
    pipes = _pipes(line)
    return (
        bool(_LINE_BLOCK.match(line))
        or pipes > 1
        or any(pipes and pipes == _pipes(other) for other in around)
        or _has_columns(line, around)
    )


def _pipes(line: str) -> int:
    return _ENCLOSED.sub("", line).count(" | ")


def _has_columns(line: str, around: Sequence[str]) -> bool:
    begin = prose.lead(line)
    gaps = [gap for gap in _GAP.finditer(line, begin) if not _is_pause(line, gap)]
    others = {gap.end() for other in around for gap in _GAP.finditer(other)}
    return any(
        len(gap[0]) > 2 or "\t" in gap[0] or gap.end() in others or prose.is_option(line)
        for gap in gaps
    )


def _is_pause(line: str, gap: re.Match[str]) -> bool:
    """Whether two spaces stand where a typist puts them: behind a sentence or a part of one."""
    before = line[: gap.start()]
    return len(gap[0]) == 2 and bool(_PAUSE.search(before)) and not _KEY.match(before)
