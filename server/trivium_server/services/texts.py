"""What the models can say of any text: its nearest label, its likeness, its answer to a prompt.

A text that a model does not take in one piece is read in pieces: their vectors are averaged, their
answers joined. Knows no LSP.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from trivium_models.client import EngineClient
from trivium_models.types import Priority, RewriteOptions
from trivium_server.domain import labelling
from trivium_server.domain.arrays import Floats
from trivium_server.domain.labelling import Label
from trivium_server.domain.text import encodable
from trivium_server.services import abilities
from trivium_server.settings import Settings


@dataclass(frozen=True, slots=True)
class Example:
    """A text of which the user says what it is."""

    label: str
    text: str


class TextService:
    """The encoder and the encoder-decoder for whatever text a user has."""

    def __init__(self, engine: EngineClient, settings: Callable[[], Settings]) -> None:
        self._engine = engine
        self._settings = settings

    async def label(self, text: str, examples: Sequence[Example]) -> list[Label]:
        """The labels of the examples, that of the nearest first.

        Raises ValueError without an example, or when there is nothing to compare.
        """
        if not examples:
            raise ValueError("A label needs at least one example.")
        if not text.strip():
            raise ValueError("The text is empty.")
        if empty := [each.label for each in examples if not each.text.strip()]:
            raise ValueError(f"An example of {empty[0]!r} is empty.")
        vectors = await self._vectors([text, *(each.text for each in examples)])
        return labelling.nearest(vectors[0], vectors[1:], [each.label for each in examples])

    async def similarity(self, first: str, second: str) -> float:
        """The cosine of two texts: 1 for the same, near 0 for what has nothing in common."""
        one, other = await self._vectors([first, second])
        return float(one @ other)

    async def prompt(
        self,
        prompt: str,
        text: str,
        max_tokens: int,
        on_text: Callable[[str], None] | None = None,
    ) -> str:
        """What the text-to-text model answers to a prompt, which it reads before the text.

        `on_text` is given the answer as it grows.
        """
        longest = abilities.of_model(self._settings().models.rewriter).longest
        pieces = labelling.pieces(encodable(text), longest)
        growing = [""] * len(pieces)

        def grown(index: int, answer: str) -> None:
            growing[index] = answer
            if on_text:
                on_text(_joined(growing))

        options = RewriteOptions(max_tokens=max_tokens)
        answers = await self._engine.rewrite(
            encodable(prompt),
            pieces,
            options,
            priority=Priority.ACTION,
            on_text=grown if on_text else None,
        )
        return _joined([answer.text for answer in answers])

    async def _vectors(self, texts: Sequence[str]) -> Floats:
        """A unit vector for each text, float32 [n, dimensions]."""
        pieces = [labelling.pieces(encodable(text)) for text in texts]
        flat = [piece for each in pieces for piece in each]
        matrix = await self._engine.embed(flat, priority=Priority.QUERY)
        ends = np.cumsum([len(each) for each in pieces])[:-1]
        return np.stack([labelling.mean(rows) for rows in np.split(matrix, ends)])


def _joined(answers: Sequence[str]) -> str:
    return "\n".join(answer for answer in answers if answer)
