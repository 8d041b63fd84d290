"""Which size of model fits this machine: measured seconds and memory against what users bear.

Pure. The time of a model that was not measured is taken as proportional to its parameters, which
holds well within an architecture at these sizes; the sentence says so. An art of which nothing was
measured is estimated from the others, or from a machine with two quiet cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trivium_models import catalog, machine
from trivium_models.catalog import QUALITIES, ModelCard
from trivium_models.trial import Measured
from trivium_models.types import Art

BEARABLE = {Art.ENCODER: 0.1, Art.DECODER: 1.0, Art.REWRITER: 2.0}
"""Seconds that a unit of work may take: an hour of indexing, the first line in a place where
nothing was read ahead (the next ones take a tenth of that), a click."""
SHARE = 0.2
"""The part of the available memory that one model may take."""
NEEDED = {
    Art.ENCODER: {"embedding"},
    Art.DECODER: {"completion"},
    Art.REWRITER: {"summarize", "translate"},
}
"""What a model must have learned to serve the whole art; others are for who names them."""
_UNITS = {Art.ENCODER: "a chunk", Art.DECODER: "a line", Art.REWRITER: "60 words"}
_QUIET = {Art.ENCODER: 0.009, Art.DECODER: 0.66, Art.REWRITER: 0.25}
"""Seconds of the default models on two quiet cores with bfloat16."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A model for an art, and why."""

    art: str
    model: str
    size: str
    quality: str
    """One of `catalog.QUALITIES`."""
    seconds: float
    """Expected for a unit of work."""
    unit: str
    measured: bool
    """Whether `seconds` was measured with this very model; else it is an estimate."""
    memory: int
    """Bytes of the weights as loaded here."""
    why: str


def suggest_all(trial: Sequence[Measured], memory: int) -> list[Suggestion]:
    """A suggestion for each measured art; one that was not is estimated from those that were."""
    slower = [
        each.seconds / each.parameters / _quiet_pace(each.art) for each in trial if each.parameters
    ]
    return [suggest(each, memory, max(slower, default=None)) for each in trial]


def suggest(measured: Measured, memory: int, slower: float | None = None) -> Suggestion:
    """The best catalog model that answers within `BEARABLE` and fits into its `SHARE` of memory.

    `slower` is how much more time this machine takes than the quiet one, for an art of which
    nothing was measured.
    """
    art = measured.art
    if measured.parameters:
        pace = measured.seconds / measured.parameters
    else:
        pace = _quiet_pace(art) * (slower or 1.0)
    cards = [card for card in catalog.cards() if card.art is art and _serves(card)]
    small = [card for card in cards if _memory(card) <= SHARE * memory]
    fitting = [card for card in small if pace * card.parameters <= BEARABLE[art]]
    best = min(fitting, key=_place) if fitting else min(cards, key=_cost)
    seconds = pace * best.parameters
    return Suggestion(
        *(art.value, best.name, best.size, best.quality, seconds, _UNITS[art]),
        measured=bool(measured.parameters) and best.name == measured.model,
        memory=_memory(best),
        why=f"{_known(measured, slower)}; {_verdict(art, best, bool(fitting))}",
    )


def _known(measured: Measured, slower: float | None) -> str:
    unit = _UNITS[measured.art]
    if measured.parameters:
        return f"{measured.model} took {measured.seconds:.2g} s for {unit} here"
    reason = measured.problem.rstrip(".")
    basis = "from the arts that were measured" if slower else "from a machine with two quiet cores"
    return f"Nothing was measured ({reason}), so the time is an estimate {basis}"


def _verdict(art: Art, best: ModelCard, fits: bool) -> str:
    limits = f"{BEARABLE[art]:g} s for {_UNITS[art]} and {SHARE:.0%} of the free memory"
    if not fits:
        return f"nothing usable stays within {limits}, and this is the lightest."
    return f"of what stays within {limits}, nothing is of a better class than {best.quality}."


def _place(card: ModelCard) -> tuple[int, int, bool, int]:
    """The better class first, then few languages over many, the default, and the lighter."""
    spread = len(card.languages) > 5
    default = card == catalog.defaults()[card.art]
    return -QUALITIES.index(card.quality), spread, not default, card.parameters


def _cost(card: ModelCard) -> tuple[int, bool]:
    return card.parameters, card != catalog.defaults()[card.art]


def _serves(card: ModelCard) -> bool:
    """Whether a model serves its art as it is: without training, and better than a toy."""
    learned = set(card.tasks)
    return (
        card.parameters > 0
        and "fine-tuning" not in learned
        and card.quality != "basic"
        and learned >= NEEDED[card.art]
    )


def _quiet_pace(art: Art) -> float:
    """Seconds for each parameter on the quiet machine."""
    return _QUIET[art] / catalog.defaults()[art].parameters


def _memory(card: ModelCard) -> int:
    return card.parameters * machine.detect().width(card.art)
