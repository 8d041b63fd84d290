"""From what the model and copied places propose to what is shown.

Each proposal is made to fit its place. The likeliest whole line is shown if it is likely enough;
otherwise the beginning of one that is surer still. Knows no engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from trivium_models.types import Completion
from trivium_server.domain.completion import filters, gate
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.candidates import Copy
from trivium_server.domain.completion.gate import Evidence
from trivium_server.domain.completion.joining import Dropped, Fitted

_DRAFT = "draft"
_UNFINISHED = ("length", "unsure")
_LEAST_ALTERNATIVE = 0.02
"""The chance from which a second text is worth a look when asked for: hardly one in a hundred of
those below is right, and one in ten is faulty."""
_LEAST_WHOLE, _LEAST_PART = 3, 8
"""Characters that are not white space; fewer are not worth a look while typing."""


@dataclass(frozen=True)
class Proposal:
    """Everything that was found for one cursor."""

    spot: Spot
    block: bool
    completions: Sequence[Completion]
    """Of the model, its first choice first, and with finish `draft` its judgement of copies."""
    copies: Sequence[Copy]

    @cached_property
    def likeliest(self) -> str:
        """The model's own first choice."""
        first = next((each.text for each in self.completions if each.finish != _DRAFT), "")
        return (first if self.block else first.split("\n", 1)[0]).strip()

    def reads(self, part: Choice) -> bool:
        """Whether the cursor's line can be read with the beginning of a text that can be."""
        return filters.is_readable(Fitted(part.text, part.replaced), self.spot)

    @cached_property
    def rival(self) -> int:
        """The agreement of the best copied place."""
        return max((copy.matched + copy.followed for copy in self.copies), default=0)


@dataclass(frozen=True, slots=True)
class Choice:
    """A text to show."""

    text: str
    replaced: int
    """How many characters behind the cursor it takes the place of."""
    probability: float
    source: str = ""
    """Where it was copied from."""


def select(
    proposal: Proposal, *, confidence: float, bias: float = 0.0, invoked: bool = False
) -> tuple[list[Choice], str]:
    """What to show, best first, or nothing and the reason.

    While typing it is one text or none; when invoked it is every one that has a chance, and the
    best one in any case, were it not a mark or two that hardly can be right.
    """
    fitted, reasons = _fitted(proposal)
    wholes = [_whole(each, text, proposal, bias) for each, text in fitted]
    wholes.sort(key=lambda choice: choice.probability, reverse=True)
    if invoked:
        best = [each for each in wholes[:1] if _size(each) >= _LEAST_WHOLE]
        likely = [each for each in wholes if each.probability >= _LEAST_ALTERNATIVE]
        found = likely or best
        return found, "" if found else _reason(wholes, reasons, _LEAST_ALTERNATIVE)
    least = gate.least_whole(confidence)
    shown = [each for each in wholes if least <= each.probability and _size(each) >= _LEAST_WHOLE]
    if not shown:
        least_part = gate.least_part(confidence)
        parts = [
            choice
            for completion, text in fitted
            for choice in _parts(completion, text.text, proposal, bias)
            if least_part <= choice.probability and _size(choice) >= _LEAST_PART
        ]
        best_first = sorted(parts, key=_worth, reverse=True)
        shown = list(islice(filter(proposal.reads, best_first), 1))
    return shown[:1], "" if shown else _reason(wholes, reasons, least)


def _fitted(proposal: Proposal) -> tuple[list[tuple[Completion, Fitted]], list[str]]:
    """What fits its place, each text once, and the reasons of what does not."""
    fitted: dict[str, tuple[Completion, Fitted]] = {}
    reasons = []
    for completion in proposal.completions:
        try:
            text = filters.fit(completion.text, proposal.spot, block=proposal.block)
        except Dropped as dropped:
            reasons.append(str(dropped))
        else:
            fitted.setdefault(text.text, (completion, text))
    return list(fitted.values()), reasons or ["the model has nothing to add here"]


def _whole(completion: Completion, fitted: Fitted, proposal: Proposal, bias: float) -> Choice:
    chance = 0.0
    if completion.finish not in _UNFINISHED:
        evidence = evidence_of_whole(completion, fitted.text, proposal)
        chance = gate.probability(evidence, gate.WHOLE, bias)
    return Choice(fitted.text, fitted.replaced, chance, _source(completion, proposal))


def _parts(completion: Completion, text: str, proposal: Proposal, bias: float) -> Iterator[Choice]:
    """The beginnings of a text at which it may be cut."""
    for end in gate.boundaries(text):
        part = text[:end]
        if filters.is_partial(part, proposal.spot):
            evidence = evidence_of_part(completion, part, proposal)
            chance = gate.probability(evidence, gate.PART, bias)
            yield Choice(part, 0, chance, _source(completion, proposal))


def evidence_of_whole(completion: Completion, text: str, proposal: Proposal) -> Evidence:
    """What is known about a fitted text to its end."""
    same = [copy for copy in proposal.copies if copy.text.strip() == text.strip()]
    likeliest = proposal.likeliest == text.strip()
    return _evidence(completion.logprobs, text, same, likeliest, proposal)


def evidence_of_part(completion: Completion, text: str, proposal: Proposal) -> Evidence:
    """What is known about the beginning of a completion."""
    same = [copy for copy in proposal.copies if copy.text.startswith(text.strip())]
    likeliest = proposal.likeliest.startswith(text.strip())
    end = max(completion.text.find(text[:1]), 0) + len(text)
    spelled = 0
    logprobs = []
    for token, logprob in zip(completion.tokens, completion.logprobs, strict=True):
        if spelled >= end:
            break
        spelled += len(token)
        logprobs.append(logprob)
    return _evidence(logprobs, text, same, likeliest, proposal)


def _evidence(
    logprobs: Sequence[float], text: str, same: list[Copy], likeliest: bool, proposal: Proposal
) -> Evidence:
    typed = proposal.spot.typed
    return Evidence(
        logprobs,
        characters=len(text),
        matched=max((copy.matched for copy in same), default=0),
        followed=max((copy.followed for copy in same), default=0),
        share=max((copy.share for copy in same), default=0.0),
        rival=proposal.rival,
        likeliest=likeliest,
        mid_line=bool(typed.strip()),
        mid_word=typed[-1:].isalnum() or typed.endswith("_"),
    )


def _source(completion: Completion, proposal: Proposal) -> str:
    """Where a copied text comes from; the model's own texts come from nowhere."""
    if completion.finish != _DRAFT:
        return ""
    return next((copy.source for copy in proposal.copies if copy.text == completion.text), "")


def _size(choice: Choice) -> int:
    return len("".join(choice.text.split()))


def _worth(choice: Choice) -> float:
    """Characters that it can be expected to save."""
    return choice.probability * _size(choice)


def _reason(wholes: list[Choice], reasons: list[str], least: float) -> str:
    if not wholes:
        return reasons[0]
    best = wholes[0]
    if _size(best) < _LEAST_WHOLE:
        return "it is too short to be worth a look"
    return f"not sure enough: {best.probability:.0%}, and {least:.0%} is asked for"
