"""What the user took and what the user passed over, counted by language.

It shifts the gate a little: whoever takes most suggestions sees more of them. Small, local, and
plain JSON; old decisions fade.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

_MEMORY = 200.0
"""Decisions that a language remembers: beyond it the older ones count less."""
_PRIOR = 20.0
"""Decisions' worth of belief that the gate is right as it is."""
_EXPECTED = 0.4
"""The share of suggestions that people take from a gate that is right."""
_STRONGEST = 0.7
"""Log-odds by which a history may shift the gate, either way."""
_MOST_LANGUAGES = 64


@dataclass
class History:
    """Decisions by language id."""

    counts: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Suggestions taken and suggestions passed over."""

    def record(self, language: str, *, taken: bool) -> None:
        """Add a decision."""
        yes, no = self.counts.pop(language, (0.0, 0.0))
        fade = min(1.0, _MEMORY / (yes + no + 1))
        self.counts[language] = (yes * fade + taken, no * fade + (not taken))
        while len(self.counts) > _MOST_LANGUAGES:
            del self.counts[next(iter(self.counts))]

    def bias(self, language: str) -> float:
        """What to add to the log-odds of a suggestion in this language."""
        yes, no = self.counts.get(language, (0.0, 0.0))
        share = (yes + _PRIOR * _EXPECTED) / (yes + no + _PRIOR)
        shift = math.log(share / (1 - share)) - math.log(_EXPECTED / (1 - _EXPECTED))
        return min(max(shift, -_STRONGEST), _STRONGEST)

    def to_json(self) -> dict[str, list[float]]:
        """For a file."""
        return {name: [round(each, 2) for each in pair] for name, pair in self.counts.items()}

    @classmethod
    def from_json(cls, value: object) -> History:
        """From a file; what cannot be read is left out."""
        history = cls()
        for name, pair in value.items() if isinstance(value, Mapping) else ():
            if isinstance(pair, list) and len(pair) == 2 and all(map(_is_count, pair)):
                history.counts[str(name)] = (float(pair[0]), float(pair[1]))
        return history


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 2 * _MEMORY
