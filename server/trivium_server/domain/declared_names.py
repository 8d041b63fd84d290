"""Names as definitions declare them, taken apart: what they are called and what they belong to.

Knows neither trees nor lines, only the names.
"""

from __future__ import annotations

import re

_BORROWED = re.compile(r"^&\s*(?:'\w+\s+)?(?:mut\s+|dyn\s+)?")
_ARGUMENTS = re.compile(r"<[^<>]*>(?=\s*(?:::|<|>|,|$))")
_SEPARATOR = re.compile(r"[.:]+")
_BETWEEN_LABELS = re.compile(r'"\s+"')
_WITH_DOTS = frozenset({"r"})
"""Languages in which a dot is a letter: R's `print.data`."""


def of_line(name: str, language: str) -> list[str]:
    """Lua's `a.b:c` as its parts; Terraform's `"a" "b"` is one address, `a.b`."""
    if language == "terraform":
        return [_BETWEEN_LABELS.sub(".", name)]
    return [name] if language in _WITH_DOTS else _SEPARATOR.split(name)


def of_node(name: str, *, whole: bool) -> list[str]:
    """`a::b.c` as its parts; a heading and what stands in quotes stay whole."""
    if whole:
        return [name.strip("# \t\r\n")]
    if "::" in name:
        name = _without_arguments(name)
    return re.split(r"::|\.", plain(name))


def _without_arguments(name: str) -> str:
    """`a<b<c>>::d` as `a::d`."""
    while (shorter := _ARGUMENTS.sub("", name)) != name:
        name = shorter
    return name


def plain(name: str) -> str:
    """A name without type arguments, quotes, pointer stars and what marks a symbol, on one line."""
    head = _BORROWED.sub("", name.split("\n", 1)[0]).strip("#*&:\"'` \t\r")
    return head if head.startswith(("operator", "<")) else re.sub(r"[<\[].*", "", head)
