"""What stands between two marks of a text, as strings and comments of several lines do.

Which marks those are is the caller's; knows no language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator


def pieces(
    text: str, opener: re.Pattern[str], closer: Callable[[re.Match[str]], str]
) -> Iterator[tuple[re.Match[str], int]]:
    """Each opening mark, and where the next of the marks that close it ends.

    What is opened with nothing to close it (an empty mark) is passed over: what a pattern matches
    so hides the marks in it. What has no end is none, and such an end is not looked for again.
    """
    at, absent = 0, set[str]()
    while match := opener.search(text, at):
        at, mark = match.end(), closer(match)
        if not mark or mark in absent:
            continue
        end = text.find(mark, at)
        if end < 0:
            absent.add(mark)
            continue
        at = end + len(mark)
        yield match, at
