"""A text as a model reads it best: without what no reader sees.

Models have hardly seen soft hyphens, zero-width characters, odd spaces and letters in two parts in
training, and invent words at them. Documents keep theirs wherever nothing is rewritten.
"""

from __future__ import annotations

import re
import unicodedata

# The joiners U+200C and U+200D stay: scripts and emoji are made with them.
INVISIBLE = (
    "\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)

_DROPPED = dict.fromkeys(map(ord, INVISIBLE))
_HELD = re.compile(r"(\S+)([\u00a0\u202f])(?=(\S+))")
"""Two words that no line may end between."""
_SPACES = re.compile(r"(?<=\S)[^\S\n]+(?=\S)|[^\S\n\t ]")


def legible(text: str) -> str:
    """A text with composed letters, one plain space between words and nothing invisible."""
    composed = unicodedata.normalize("NFC", text.translate(_DROPPED))
    return _SPACES.sub(" ", composed)


def held(source: str, answer: str) -> str:
    """An answer with the no-break spaces of its source, wherever the same two words meet in it."""
    for one, space, other in _HELD.findall(source):
        pair = rf"(?<!\S){re.escape(one)} (?={re.escape(other)}(?!\w))"
        answer = re.sub(pair, one.replace("\\", r"\\") + space, answer)
    return answer
