"""From a prompt's tokens to continuations: the greedy one, alternatives, and scores of drafts.

In each step the network reads the last token and a few guesses after it; a guess counts as long as
it is what would have been picked. So the result is the same with and without guesses, in fewer
steps (Leviathan et al., "Fast Inference from Transformers via Speculative Decoding", 2023, with
text copied from the prompt in place of a smaller model).
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np
import torch
from torch import Tensor

from trivium_models.architectures import Steps
from trivium_models.decoding.cache import PrefixCache
from trivium_models.decoding.continuation import Continuation
from trivium_models.decoding.drafts import LONGEST, Copier
from trivium_models.decoding.vocabulary import Vocabulary
from trivium_models.threads import one_thread
from trivium_models.types import CompletionOptions

Choice = tuple[int, float]
"""A token and its natural log-probability."""

_TRIES = 3
"""For each alternative wanted so many branches are tried, as some end in a text known already."""


class Generation:
    """One request: a prompt, and everything that is generated for it."""

    def __init__(
        self,
        cache: PrefixCache,
        vocabulary: Vocabulary,
        prompt: Sequence[int],
        held: int,
        options: CompletionOptions,
    ) -> None:
        """Go on after a prompt whose last `held` tokens are taken back, to be spelled again."""
        self._cache = cache
        self._vocabulary = vocabulary
        self._prompt = prompt
        self._held = held
        self._given = len(prompt) - held
        self._options = options
        self._branches: list[tuple[float, list[Choice]]] = []
        """A heap of beginnings that were not followed, by the negative of their log-probability."""

    def greedy(self, copier: Copier) -> Steps[Continuation]:
        """The likeliest token again and again."""
        path = self._start(())
        yield from self._extend(path, self._first_guesses(copier), copier)
        return path

    def _first_guesses(self, copier: Copier) -> list[int]:
        """A copy that begins with the text taken back, else the very tokens that were.

        Either is checked in the pass that reads the prompt's end, so healing costs nothing where
        the prompt's own tokens turn out to be the likeliest.
        """
        taken = list(self._prompt[self._given :])
        before = self._prompt[max(self._given - LONGEST, 0) : self._given]
        copied = copier.propose(before, self._held + self._cache.network.draft)
        spelling = self._vocabulary.spelling
        return copied if spelling(copied).startswith(spelling(taken)) else taken

    def alternatives(self, best: Continuation, copier: Copier) -> Steps[list[Continuation]]:
        """Different texts: greedy again, from the likeliest tokens that were not picked."""
        wanted = self._options.candidates - 1
        found: dict[str, Continuation] = {}
        for _ in range(_TRIES * wanted):
            if len(found) == wanted or not self._branches:
                break
            path = self._start(heappop(self._branches)[1])
            yield from self._extend(path, (), copier)
            text = path.text.strip()
            if text and text != best.text.strip():
                found.setdefault(text, path)
        return list(found.values())

    def score(self, draft: Sequence[int]) -> Steps[Continuation]:
        """A continuation that the model did not choose, with its log-probabilities.

        Its tokens follow the prompt less those taken back. One token that ends it is added.
        """
        path = self._start(())
        known = [*self._prompt[: self._given], *draft]
        rows = yield from self._cache.read(known, len(draft) + 1)
        for id, row in zip(draft, rows, strict=False):
            path.take(id, _logprob(row, id, path.choices()))
            if path.finish:
                return path
        closers = self._vocabulary.closers(self._options.stop)
        if closers:
            id = max(closers, key=rows[-1].tolist().__getitem__)
            path.take(id, _logprob(rows[-1], id, None))
        return path

    def _start(self, choices: Sequence[Choice]) -> Continuation:
        path = Continuation(self._vocabulary, self._prompt, self._held, self._options)
        for choice in choices:
            path.take(*choice)
        return path

    def _extend(self, path: Continuation, guesses: Sequence[int], copier: Copier) -> Steps[None]:
        """Generate until the path is finished."""
        known = [*self._prompt[: self._given], *path.ids]
        while not path.finish:
            rows = yield from self._cache.read([*known, *guesses], len(guesses) + 1)
            for row, guess in zip(rows, [*guesses, None], strict=True):
                known.append(self._pick(path, row))
                if path.finish or known[-1] != guess:
                    break
            guesses = copier.propose(known[-LONGEST:], self._cache.network.draft)
            yield

    def _pick(self, path: Continuation, row: Tensor) -> int:
        """Take the likeliest token; where alternatives are wanted, remember the next ones."""
        best, *others = _likeliest(row, path.choices(), self._options.candidates)
        for id, logprob in others:
            if id not in self._vocabulary.control:
                heappush(
                    self._branches,
                    (-logprob - sum(lp for _, lp in path.taken), [*path.taken, (id, logprob)]),
                )
        path.take(*best)
        return best[0]


@torch.inference_mode()
def _likeliest(row: Tensor, choices: np.ndarray | None, count: int) -> list[Choice]:
    """The best tokens of a row of logits, best first, with log-probabilities among `choices`."""
    with one_thread():
        if choices is not None:
            row = row[torch.from_numpy(choices)]
        logits, places = row.topk(min(count, len(row)))
        logprobs = (logits - row.logsumexp(0)).tolist()
    ids = places.tolist() if choices is None else choices[places.numpy()].tolist()
    return list(zip(ids, logprobs, strict=True))


@torch.inference_mode()
def _logprob(row: Tensor, id: int, choices: np.ndarray | None) -> float:
    """A token's log-probability, among `choices` when it is one of them."""
    with one_thread():
        if choices is not None and id in choices:
            return float(row[id] - row[torch.from_numpy(choices)].logsumexp(0))
        return float(row[id] - row.logsumexp(0))
