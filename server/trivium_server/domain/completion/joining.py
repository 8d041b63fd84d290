"""What of a continuation is not behind the cursor yet: the rest of its line is never said twice.

What the editor closes by itself stands there already, and so does what the author wrote before
going back. Knows no grammar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trivium_server.domain.completion import brackets
from trivium_server.domain.completion.boundaries import Spot

_CLOSERS = (")", "]", "}")
_ENDS = (*_CLOSERS, '"', "'", "`")
_BRACKET = re.compile(r"[(\[{]")
_OPERATOR = re.compile(r"[-+*/%=<>&|^~!?.,]\s*$")


class Dropped(Exception):
    """Nothing of a continuation is left; `str` is the reason."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text for the editor: it takes the place of so many characters behind the cursor."""

    text: str
    replaced: int = 0


def joined_to_rest(text: str, spot: Spot) -> Fitted:
    """Make the end of a suggestion and what follows the cursor one text.

    A word that the cursor splits is said to its end and replaced: inserted, it would be there
    twice. `return t|otal` becomes `return total * discount` or nothing.
    """
    word = spot.split
    if not text.startswith(word):
        raise Dropped("the word at the cursor goes on differently")
    joined = _joined(text[len(word) :], spot.rest[len(word) :].rstrip(), spot)
    if not joined.text.strip():
        return joined
    return Fitted(word + joined.text, len(word) + joined.replaced)


def _joined(text: str, rest: str, spot: Spot) -> Fitted:
    """The part of a suggestion that is not in `rest` yet.

    What the suggestion says again is cut off. Closers that it closes earlier are replaced:
    `foo(|)` with `a, b):` becomes `foo(a, b):`. Where more follows than closers, it ends where it
    closes them: `new(|) -> Self {` with `a: u8) -> User {` becomes `new(a: u8) -> Self {`.
    """
    if not rest.strip():
        return Fitted(text)
    if "\n" in text:
        text = text.split("\n", 1)[0].rstrip()
    for length in range(min(len(rest), len(text)), 0, -1):
        if text.endswith(rest[:length]) and _may_overlap(rest[:length]):
            return Fitted(text[:-length])
    if rest[0] in _CLOSERS:
        text = text.removesuffix(",")
    if len(rest) <= 4 and not re.search(r"\w", rest) and brackets.are_within(rest, text):
        return Fitted(text, len(rest))
    if rest[0] in _ENDS:
        text = brackets.until_closed(text, rest[0], spot.typed, spot.document.language)
    return Fitted(_without_arguments(text, rest))


def _without_arguments(text: str, rest: str) -> str:
    """Cut before a suggestion's own arguments where some follow the cursor already.

    Not where it ends with an operator: then what follows is an operand of its own.
    """
    first = _BRACKET.search(text)
    twice = first and rest[0] in "([" and first.group() == rest[0]
    return text[: first.start()] if first and twice and not _OPERATOR.search(text) else text


def _may_overlap(shared: str) -> bool:
    """A single letter that happens to be the same is no overlap; a bracket is."""
    return len(shared) > 2 or not shared[0].isalnum()
