"""Which size of model fits this machine: measured seconds and memory against what users bear.

Pure. The time of a model that was not measured is taken as proportional to its parameters, which
holds well within an architecture at these sizes; the sentence says so.
"""

from __future__ import annotations

from dataclasses import dataclass

from trivium_models import catalog, machine
from trivium_models.catalog import ModelCard
from trivium_models.trial import Measured
from trivium_models.types import Art

BEARABLE = {Art.ENCODER: 0.1, Art.DECODER: 0.4, Art.REWRITER: 2.0}
"""Seconds that a unit of work may take: an hour of indexing, a pause in typing, a click."""
SHARE = 0.2
"""The part of the available memory that one model may take."""
_UNITS = {Art.ENCODER: "a chunk", Art.DECODER: "a line", Art.REWRITER: "60 words"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model for an art, and why."""

    art: str
    model: str
    size: str
    seconds: float
    """Expected for a unit of work; 0 when nothing could be measured."""
    memory: int
    """Bytes of the weights as loaded here."""
    why: str


def suggest(measured: Measured, memory: int) -> Suggestion:
    """The best catalog model that answers within `BEARABLE` and fits into its `SHARE` of memory."""
    art = measured.art
    if not measured.parameters:
        default = catalog.defaults()[art]
        why = f"Nothing could be measured: {measured.problem}"
        return Suggestion(art.value, default.name, default.size, 0.0, _memory(default), why)
    second = measured.seconds / measured.parameters
    cards = [card for card in catalog.cards() if card.art is art and _finished(card)]
    fitting = [
        card
        for card in cards
        if second * card.parameters <= BEARABLE[art] and _memory(card) <= SHARE * memory
    ]
    smallest = min(cards, key=lambda card: card.parameters)
    best = max(fitting, key=_worth, default=smallest)
    expected = second * best.parameters
    why = _reason(measured, best, expected, bool(fitting))
    return Suggestion(art.value, best.name, best.size, expected, _memory(best), why)


def _reason(measured: Measured, best: ModelCard, expected: float, fits: bool) -> str:
    unit, limit = _UNITS[measured.art], BEARABLE[measured.art]
    known = f"{measured.model} took {measured.seconds:.2g} s for {unit} here"
    if best.name == measured.model:
        choice = "nothing larger stays within" if fits else "it is the smallest, yet above"
        return f"{known}; {choice} {limit} s and {SHARE:.0%} of the free memory."
    verdict = "within" if fits else "the smallest there is, yet above"
    return f"{known}; by its parameters this one would take {expected:.2g} s, {verdict} {limit} s."


def _worth(card: ModelCard) -> tuple[bool, bool, int]:
    """Larger is better; knowing code, and not being spread over many languages, counts for more."""
    knows_code = "fill-in-the-middle" in card.tasks or "code" in card.languages
    return knows_code, len(card.languages) < 3, card.parameters


def _finished(card: ModelCard) -> bool:
    """Whether a model serves as it is, without training."""
    return card.parameters > 0 and "fine-tuning" not in card.tasks


def _memory(card: ModelCard) -> int:
    return card.parameters * machine.detect().width
