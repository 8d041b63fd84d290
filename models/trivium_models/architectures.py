"""What the engine asks of each of the three architectures.

A model method is a generator: it yields after each token or micro-batch and returns its result.
Between two resumptions anything may happen: a more urgent job runs, minutes pass, or the generator
is closed because nobody wants the answer any more. So nothing may be held across a `yield` that
another job could trip over; in particular `torch.inference_mode()` is entered anew in each step
(decorate the functions that compute, not the generator).

Each architecture file (`encoder`, `decoder`, `seq2seq`) has one class that fits its protocol, with
a class method `load(path, machine)` that raises `ModelDamaged` or `ModelUnfit`. `fake` has three
more, instant and deterministic. This module imports none of them.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Protocol, TypeVar

import numpy as np

from trivium_models.types import Answer, Completion, CompletionOptions, RewriteOptions, Role

T = TypeVar("T")

Steps = Generator[None, None, T]
"""A job: yields after each step, returns its result."""

Streamed = Generator[tuple[int, str] | None, None, T]
"""A job that yields what it has so far: the index of a text and that text's answer up to now.

None is a step with nothing to show.
"""


class Model(Protocol):
    """What every loaded model can say of itself."""

    bytes: int
    """Memory of the weights as loaded."""
    context: int
    """The most tokens that it reads in one piece."""
    dtype: str
    """Precision of the weights, such as `bfloat16`."""
    truncated: int
    """How many texts have been cut at `context` since loading: truncation is never silent."""


class Encoder(Model, Protocol):
    """Texts to vectors."""

    def embed(self, texts: Sequence[str], role: Role = Role.PASSAGE) -> Steps[np.ndarray]:
        """Float32 [n, dimensions], L2-normalised, in the order of the texts.

        The role decides what a model that tells questions from passages reads before each text.
        """
        ...


class Decoder(Model, Protocol):
    """A prompt to its continuations."""

    def complete(
        self, prompt: str, suffix: str, options: CompletionOptions
    ) -> Steps[list[Completion]]:
        """The best continuations; `suffix` is what follows, for models trained to fill in."""
        ...

    def warm(self, prompt: str) -> Steps[None]:
        """Fill the KV cache for a prompt that will probably be asked for next."""
        ...


class Rewriter(Model, Protocol):
    """Texts to other texts."""

    def rewrite(
        self, prefix: str, texts: Sequence[str], options: RewriteOptions
    ) -> Streamed[list[Answer]]:
        """One answer for each text; `prefix` is the task, such as `summarize: `."""
        ...
