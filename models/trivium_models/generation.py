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


def beam_search(
    stepper: Stepper, rows: int, beams: int, rules: Rules
) -> Generator[Sketches, None, list[Written]]:
    """The likeliest answers by mean log-probability that so many beams find, side by side.

    The stepper has one row for each text at first.
    """
    texts = [_Text(beams, rules.ends) for _ in range(rows)]
    tokens = [rules.start] * rows
    for place in range(rules.most):
        logits = _next(stepper, tokens)
        if place == 0 and rules.forced is not None:
            offers = [[(0.0, rules.forced)]] * rows
        else:
            offers = _offers(logits, [ids for text in texts for _, ids in text.live], beams, rules)
        kept, tokens, first = [], [], 0
        for text in texts:
            last = first + len(text.live)
            for row, token in text.advance(offers[first:last]):
                kept.append(first + row)
                tokens.append(token)
            first = last
        if not kept:
            break
        _keep(stepper, kept)
        yield {row: text.live[0][1] for row, text in enumerate(texts) if text.live}
    return [text.best() for text in texts]


_Offers = list[tuple[float, int]]
"""Log-probability and token: how one beam may go on, best first."""


class _Text:
    """The beams of one text."""

    def __init__(self, beams: int, ends: Collection[int]) -> None:
        self._beams, self._ends = beams, ends
        self.live: list[tuple[float, list[int]]] = [(0.0, [])]
        """The sum of log-probabilities and the token ids of each beam; empty when done."""
        self._finished: list[Written] = []

    def advance(self, offers: list[_Offers]) -> list[tuple[int, int]]:
        """Take one token further; which beam goes on with which token, none when done."""
        if not self.live:
            return []
        candidates = [
            (total + logprob, row, token)
            for row, (total, _) in enumerate(self.live)
            for logprob, token in offers[row]
        ]
        best = sorted(candidates, key=lambda each: -each[0])[: 2 * self._beams]
        going = [each for each in best if each[2] not in self._ends][: self._beams]
        self._finish([each for each in best if each[2] in self._ends])
        self.live = [(total, [*self.live[row][1], token]) for total, row, token in going]
        if len(self._finished) == self._beams and self._cannot_improve():
            self.live = []
            return []
        return [(row, token) for _, row, token in going]

    def best(self) -> Written:
        """The likeliest answer."""
        cut = [Written(ids, total / max(len(ids), 1), False) for total, ids in self.live]
        return max(self._finished or cut, key=lambda each: each.logprob)

    def _finish(self, ended: list[tuple[float, int, int]]) -> None:
        for total, row, _ in ended:
            ids = self.live[row][1]
            self._finished.append(Written(ids, total / (len(ids) + 1), True))
        self._finished.sort(key=lambda each: -each.logprob)
        del self._finished[self._beams :]

    def _cannot_improve(self) -> bool:
        total, ids = self.live[0]
        return total / (len(ids) + 1) < self._finished[-1].logprob


@torch.inference_mode()
def _offers(logits: Tensor, answers: list[list[int]], beams: int, rules: Rules) -> list[_Offers]:
    """The best ways on for each row; two for each beam, since half of them may be ends."""
    logits = logits.float()
    sums = logits.logsumexp(-1, keepdim=True)
    _forbid(logits, answers, rules)
    values, tokens = logits.topk(min(2 * beams, logits.shape[1]))
    pairs = zip((values - sums).tolist(), tokens.tolist(), strict=True)
    return [list(zip(logprobs, ids, strict=True)) for logprobs, ids in pairs]


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
