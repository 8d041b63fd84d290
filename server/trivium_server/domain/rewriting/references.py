"""Links by reference, as `[the guide]` with `[the guide]: https://example.org` elsewhere.

The words between the brackets are what the link is found by, so they cannot be rewritten. Without
a definition in the document brackets are punctuation.
"""

from __future__ import annotations

import re
from functools import lru_cache

_REFERENCE = re.compile(r"\[([^\[\]]+)\](?:\[\])?(?![\[(])")
_DEFINITION = re.compile(
    r"^[ \t]*(?:[>*/!#;-]+[ \t]*)?\[([^\[\]^\n][^\[\]\n]*)\]:[ \t]*\S", re.MULTILINE
)


def in_text(text: str, document: str) -> tuple[str, ...]:
    """The links of a text whose label the document defines, as they are written."""
    found = {match.group(): _label(match[1]) for match in _REFERENCE.finditer(text)}
    if not found:
        return ()
    known = _defined(document)
    return tuple(link for link, label in found.items() if label in known)


@lru_cache(maxsize=4)
def _defined(document: str) -> frozenset[str]:
    return frozenset(_label(match[1]) for match in _DEFINITION.finditer(document))


def _label(text: str) -> str:
    """A label as Markdown compares them."""
    return " ".join(text.split()).casefold()
