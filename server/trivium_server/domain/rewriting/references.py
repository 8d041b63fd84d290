"""What in a text must stay because of what stands elsewhere in its document.

Links by reference, as `[the guide]` with `[the guide]: https://example.org`: the words between the
brackets are what the link is found by; without a definition brackets are punctuation. And the name
that a comment of Go begins with, which looks like any word: `Get returns the value`.
"""

from __future__ import annotations

import re
from functools import lru_cache

_REFERENCE = re.compile(r"\[([^\[\]]+)\](?:\[\])?(?![\[(])")
_DEFINITION = re.compile(
    r"^[ \t]*(?:[>*/!#;-]+[ \t]*)?\[([^\[\]^\n][^\[\]\n]*)\]:[ \t]*\S", re.MULTILINE
)

_GO_NAME = re.compile(
    r"\s*(?:func(?: *\([^()]*\))?|type|package|var|const)? *(?P<name>[^\W\d]\w*)\b[^\n]*"
)
"""A declaration of Go."""
_OPENING_WORDS = 3
"""`Get returns`, `A Reader reads`, `Package cache stores`."""


def documented(text: str, code: str) -> tuple[str, ...]:
    """The name that the code below a comment of Go declares, if the comment begins with it."""
    declared = _GO_NAME.match(code)
    opening = re.findall(r"\w+", text)[:_OPENING_WORDS]
    return (declared["name"],) if declared and declared["name"] in opening else ()


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
