"""What has been generated so far: tokens, their text, and whether that is enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trivium_models.decoding.vocabulary import CONTEXT, Vocabulary
from trivium_models.types import Completion, CompletionOptions


class Continuation:
    """A growing sequence of tokens after a prompt."""

    def __init__(
        self, vocabulary: Vocabulary, prompt: Sequence[int], held: int, options: CompletionOptions
    ) -> None:
        """Go on after a prompt whose last `held` tokens are taken back, to be spelled again."""
        self._vocabulary = vocabulary
        self._options = options
        given = len(prompt) - held
        self._before = prompt[max(given - CONTEXT, 0) : given]
        self._skip = len(vocabulary.text_after(self._before, prompt[given:]))
        self._spelling = vocabulary.spelling(prompt[given:])
        self._respelled = 0
        self._ends: list[int] = []
        self.taken: list[tuple[int, float]] = []
        """Tokens and their log-probabilities, those that spell the prompt's end included."""
        self.text = ""
        """What the tokens say beyond the prompt, up to the last whole character."""
        self.finish = ""
        """Why generation is over, as in `Completion.finish`; empty while it is not."""

    @property
    def ids(self) -> list[int]:
        """The tokens taken so far."""
        return [id for id, _ in self.taken]

    @property
    def logprobs(self) -> list[float]:
        """Log-probabilities of the tokens that go beyond the prompt."""
        return [logprob for _, logprob in self.taken[self._respelled :]]

    def choices(self) -> np.ndarray | None:
        """The tokens that may come next when the prompt's end is not spelled yet, int64 [n]."""
        return self._vocabulary.spellers(self._spelling) if self._spelling else None

    def take(self, id: int, logprob: float) -> None:
        """Add a token."""
        self.taken.append((id, logprob))
        if id in self._vocabulary.control:
            self.finish = "eos"
        else:
            self._spell(id)
            self.text = self._vocabulary.text_after(self._before, self.ids)[self._skip :]
            self.finish = self._judge()
        self._ends.append(len(self.text))

    def completion(self, prompt_tokens: int, cached_tokens: int, finish: str = "") -> Completion:
        """What to hand out: the text before its stop, and the tokens that go beyond the prompt."""
        found = [self.text.find(stop) for stop in self._options.stop]
        ends = self._ends[self._respelled :]
        return Completion(
            text=self.text[: min((at for at in found if at >= 0), default=None)],
            tokens=tuple(self.text[a:b] for a, b in zip([0, *ends], ends, strict=False)),
            logprobs=tuple(self.logprobs),
            finish=finish or self.finish,
            prompt_tokens=prompt_tokens,
            cached_tokens=cached_tokens,
        )

    def _spell(self, id: int) -> None:
        if self._spelling:
            piece = self._vocabulary.spelling([id])
            self._respelled += len(piece) <= len(self._spelling)
            self._spelling = self._spelling[len(piece) :]

    def _judge(self) -> str:
        sure = self.logprobs
        if not sure:
            return ""
        if any(stop in self.text for stop in self._options.stop):
            return "stop"
        if len(sure) >= self._options.max_tokens:
            return "length"
        least = self._options.min_logprob
        return "unsure" if least is not None and sum(sure) / len(sure) < least else ""
