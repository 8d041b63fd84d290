"""Macros of C and C++ that hide a definition from a grammar, which cannot expand them.

`class SOME_API name {`, `SOME_INLINE int f() {` and `SOME_BEGIN_NAMESPACE` on its line are read as
something else than a class, a function and nothing. Knows texts only.
"""

from __future__ import annotations

import re

_NAME = r"[A-Z][A-Z\d]*_[A-Z\d_]+"
_KEYWORDS = "class|struct|union|enum|namespace|template|static|inline|constexpr|extern|const|using"
_DECLARES = rf"(?:{_KEYWORDS}|virtual|explicit|typedef)\b|[\w:<>]+[ \t*&]+[\w:~]+[ \t]*\(|\w+::"
"""How a declaration goes on behind a macro: where only a name follows, the macro may be a type."""
_MACRO = re.compile(
    rf"(?<=\bclass ){_NAME}(?=\s+(?!final\b)\w[^;(){{}}]{{0,300}}\{{)"
    rf"|(?<=\bstruct ){_NAME}(?=\s+(?!final\b)\w[^;(){{}}]{{0,300}}\{{)"
    rf"|^[ \t]*{_NAME}(?=[ \t]+(?:{_DECLARES})|[ \t]*$)",
    re.MULTILINE,
)


def blanked(text: str) -> str:
    """The text with spaces for such macros; every other character stays where it was."""
    return _MACRO.sub(lambda match: " " * len(match.group()), text)
