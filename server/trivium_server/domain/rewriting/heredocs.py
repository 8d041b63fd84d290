"""Documentation that a language without a grammar here keeps in strings of several lines.

Elixir's `@doc` and `@moduledoc`. What looks like a comment inside of them is a heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trivium_server.domain.rewriting import comments
from trivium_server.domain.rewriting.passages import Kind, Passage
from trivium_server.domain.text import Document

_DOCUMENTATION = {
    "elixir": re.compile(
        r'^[ \t]*@(?:module|type)?doc[ \t]+(?:~[sS])?(?P<open>""")[ \t]*\r?\n'
        r'(?:(?![ \t]*""").*\n)*[ \t]*(?P<close>""")',
        re.MULTILINE,
    )
}


def passages(document: Document, start: int, end: int) -> Iterator[Passage]:
    """The strings of documentation that touch a range."""
    pattern = _DOCUMENTATION.get(document.language)
    for match in pattern.finditer(document.text) if pattern else ():
        first, last = match.end("open"), match.start("close")
        if first <= end and start <= last:
            lines = comments.inner_lines(document, first, last, "")
            yield Passage(
                Kind.DOCSTRING,
                match.start("open"),
                match.end("close"),
                lines,
                forbidden=('"""', "\\", "#{"),
            )
