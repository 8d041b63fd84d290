"""From what the model and copied places propose to what is shown.

Each proposal is made to fit its place, cut at the last boundary that is sure enough, and compared
with the others by the characters it can be expected to save. Knows no engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trivium_models.types import Completion
from trivium_server.domain.completion import filters, gate
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.candidates import Copy
from trivium_server.domain.completion.filters import Dropped
from trivium_server.domain.completion.gate import Evidence

_LEAST_AUTOMATIC = 3
"""Characters that are not white space; fewer are not worth a look while typing."""
_DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that was found for one cursor."""

    spot: Spot
    block: bool
    completions: Sequence[Completion]
    copies: Sequence[Copy]


@dataclass(frozen=True, slots=True)
class Choice:
    """A text to show."""

    text: str
    replaced: int
    probability: float
    source: str = ""

    @property
    def worth(self) -> float:
        """Characters that it can be expected to save."""
        return self.probability * len("".join(self.text.split()))


def select(
    proposal: Proposal, *, confidence: float, bias: float = 0.0, invoked: bool = False
) -> tuple[list[Choice], str]:
    """What to show, best first, or nothing and the reason.

    While typing it is one text, as far as it is sure; when invoked it is every text that fits.
    """
    choices: dict[str, Choice] = {}
    reasons: list[str] = []
    least = 0.0 if invoked else gate.threshold(confidence)
    for completion in proposal.completions:
        try:
            choice = _choice(completion, proposal, least, bias)
        except Dropped as dropped:
            reasons.append(str(dropped))
        else:
            choices.setdefault(choice.text, choice)
    ranked = sorted(choices.values(), key=lambda choice: choice.worth, reverse=True)
    if not invoked:
        ranked = [choice for choice in ranked if _is_worth_showing(choice)][:1]
        reasons.append("it is too short to be worth a look")
    return ranked, "" if ranked else reasons[0] if reasons else "the model has nothing to add here"


def _choice(completion: Completion, proposal: Proposal, least: float, bias: float) -> Choice:
    """A completion fitted and cut; raises `Dropped` when nothing sure enough is left."""
    spot = proposal.spot
    fitted = filters.fit(completion.text, spot, block=proposal.block)
    source = _source(completion, proposal)
    best = 0.0
    for end in gate.boundaries(fitted.text):
        evidence = evidence_at(completion, proposal, fitted.text[:end])
        chance = gate.probability(evidence, bias)
        best = max(best, chance)
        whole = end == len(fitted.text)
        if chance >= least and (whole or filters.is_partial(fitted.text[:end], spot)):
            replaced = fitted.replaced if whole else 0
            return Choice(fitted.text[:end], replaced, chance, source)
    raise Dropped(f"not sure enough: {best:.0%}, and {least:.0%} is asked for")


def evidence_at(completion: Completion, proposal: Proposal, text: str) -> Evidence:
    """What is known of the beginning of a completion."""
    spot = proposal.spot
    lead = max(completion.text.find(text[:1]), 0)
    end = lead + len(text)
    spelled = 0
    logprobs = []
    for token, logprob in zip(completion.tokens, completion.logprobs, strict=True):
        if spelled >= end:
            break
        spelled += len(token)
        logprobs.append(logprob)
    agreeing = [copy for copy in proposal.copies if copy.text.startswith(text.strip())]
    best = max(agreeing, key=lambda copy: copy.matched, default=None)
    return Evidence(
        logprobs,
        characters=len(text),
        copied=best.matched if best else 0,
        share=best.share if best else 0.0,
        mid_line=bool(spot.typed.strip()),
        mid_word=spot.typed[-1:].isalnum() or spot.typed.endswith("_"),
    )


def _source(completion: Completion, proposal: Proposal) -> str:
    """Where a copied text comes from; the model's own texts come from nowhere."""
    if completion.finish != _DRAFT:
        return ""
    copies: Iterable[Copy] = proposal.copies
    return next((copy.source for copy in copies if copy.text == completion.text), "")


def _is_worth_showing(choice: Choice) -> bool:
    return len("".join(choice.text.split())) >= _LEAST_AUTOMATIC
