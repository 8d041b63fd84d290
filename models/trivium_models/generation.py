"""Greedy decoding and beam search as generators, over anything that can take a step.

Knows logits and token ids, no model and no text. Both searches yield after every token what they
have so far, and return each answer's token ids without its end, and how sure the model was of them.
"""

from __future__ import annotations

from collections.abc import Collection, Generator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor


class Stepper(Protocol):
    """A decoder in the middle of several texts, one to a row."""

    def next(self, tokens: Tensor) -> Tensor:
        """Append one token [rows] to each row; the logits [rows, vocabulary] of the next one."""
        ...

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows only, in this order; one may be taken several times."""
        ...


@dataclass(frozen=True)
class Rules:
    """What an answer begins and ends with."""

    start: int
    """The token that the decoder is given first."""
    ends: Collection[int]
    most: int
    """The most tokens of an answer."""
    forced: int | None = None
    """The first token that is generated, when the model is told the language by it."""
    banned: tuple[int, ...] = ()
    """Tokens that are never generated."""
    unrepeated: int = 0
    """No so many tokens in a row occur twice in an answer; 0 allows anything."""


class Written(NamedTuple):
    """An answer's token ids."""

    ids: list[int]
    logprob: float
    """Mean natural log-probability of the tokens, the end included where there is one."""
    ended: bool
    """False when the most tokens were reached."""


Sketches = dict[int, list[int]]
"""Row to its token ids so far, of the rows that are still being written."""


def greedy(stepper: Stepper, rows: int, rules: Rules) -> Generator[Sketches, None, list[Written]]:
    """The likeliest token at each place, for several rows side by side."""
    answers: list[list[int]] = [[] for _ in range(rows)]
    sums = [0.0] * rows
    alive = list(range(rows))
    tokens = [rules.start] * rows
    for place in range(rules.most):
        logits = _next(stepper, tokens)
        _forbid(logits, [answers[row] for row in alive], rules)
        if place == 0 and rules.forced is not None:
            tokens = [rules.forced] * len(alive)
        else:
            tokens, logprobs = _likeliest(logits)
            for row, logprob in zip(alive, logprobs, strict=True):
                sums[row] += logprob
        going = [at for at, token in enumerate(tokens) if token not in rules.ends]
        if len(going) < len(alive):
            alive, tokens = [alive[at] for at in going], [tokens[at] for at in going]
            if not going:
                break
            _keep(stepper, going)
        for row, token in zip(alive, tokens, strict=True):
            answers[row].append(token)
        yield {row: answers[row] for row in alive}
    cut = set(alive)
    return [
        Written(ids, total / max(len(ids) + (row not in cut), 1), row not in cut)
        for row, (ids, total) in enumerate(zip(answers, sums, strict=True))
    ]


def beam_search(stepper: Stepper, beams: int, rules: Rules) -> Generator[Sketches, None, Written]:
    """The likeliest answer by mean log-probability that so many beams find; for one text.

    The stepper has one row at first.
    """
    live: list[tuple[float, list[int]]] = [(0.0, [])]
    finished: list[Written] = []
    tokens = [rules.start]
    for place in range(rules.most):
        scores = torch.log_softmax(_next(stepper, tokens).float(), -1)
        _forbid(scores, [ids for _, ids in live], rules)
        if place == 0 and rules.forced is not None:
            candidates = [(live[0][0], 0, rules.forced)]
        else:
            candidates = _best(scores, [score for score, _ in live], 2 * beams)
        ended = [each for each in candidates if each[2] in rules.ends]
        going = [each for each in candidates if each[2] not in rules.ends][:beams]
        finished += [Written(live[row][1], score / (place + 1), True) for score, row, _ in ended]
        live = [(score, [*live[row][1], token]) for score, row, token in going]
        finished = sorted(finished, key=lambda each: each.logprob, reverse=True)[:beams]
        if len(finished) == beams and live[0][0] / (place + 2) < finished[-1].logprob:
            break
        _keep(stepper, [row for _, row, _ in going])
        tokens = [token for *_, token in going]
        yield {0: live[0][1]}
    if not finished:
        finished = [Written(ids, score / max(len(ids), 1), False) for score, ids in live]
    return max(finished, key=lambda each: each.logprob)


@torch.inference_mode()
def _next(stepper: Stepper, tokens: list[int]) -> Tensor:
    return stepper.next(torch.tensor(tokens))


@torch.inference_mode()
def _likeliest(logits: Tensor) -> tuple[list[int], list[float]]:
    """The likeliest token of each row, and its log-probability."""
    logits = logits.float()
    best, tokens = logits.max(-1)
    return tokens.tolist(), (best - logits.logsumexp(-1)).tolist()


@torch.inference_mode()
def _forbid(scores: Tensor, answers: list[list[int]], rules: Rules) -> None:
    """Put what the rules forbid out of reach, in place."""
    if rules.banned:
        scores[:, list(rules.banned)] = -torch.inf
    if rules.unrepeated:
        for row, answer in zip(scores, answers, strict=True):
            row[_repeating(answer, rules.unrepeated)] = -torch.inf


def _repeating(answer: list[int], count: int) -> list[int]:
    """The tokens that would complete a run of so many tokens for the second time."""
    end = answer[len(answer) - count + 1 :]
    runs = range(len(answer) - count + 1) if count <= len(answer) else ()
    return [answer[at + count - 1] for at in runs if answer[at : at + count - 1] == end]


@torch.inference_mode()
def _keep(stepper: Stepper, rows: list[int]) -> None:
    stepper.keep(torch.tensor(rows))


def _best(scores: Tensor, sums: list[float], count: int) -> list[tuple[float, int, int]]:
    """The best (sum of log-probabilities, row, token) of all continuations."""
    totals = scores + torch.tensor(sums)[:, None]
    values, places = totals.flatten().topk(min(count, totals.numel()))
    vocabulary = scores.shape[1]
    return [
        (value, place // vocabulary, place % vocabulary)
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    ]
