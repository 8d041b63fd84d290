"""The plain values that callers and the engine exchange.

Nothing here runs a model or touches a file; numpy at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Art(StrEnum):
    """The three arts, named as in the catalog and in settings."""

    ENCODER = "encoder"
    DECODER = "decoder"
    REWRITER = "rewriter"


class Role(StrEnum):
    """What a text is to the texts that it will be compared with."""

    QUERY = "query"
    """A question, for which passages are looked for."""
    PASSAGE = "passage"
    """What may answer one; also a text that is compared with its like."""


class Priority(IntEnum):
    """Who goes first in the engine; the lower number always runs first."""

    TYPING = 0
    QUERY = 1
    ACTION = 2
    INDEXING = 3


@dataclass(frozen=True, slots=True)
class CompletionOptions:
    """How far a decoder may go, and when it stops."""

    max_tokens: int = 48
    """The most new tokens."""
    stop: tuple[str, ...] = ("\n",)
    """Generation ends when the text contains one of these; the text is cut before it."""
    candidates: int = 1
    """How many different continuations; the first is the greedy one."""
    min_logprob: float | None = None
    """Stop early once the mean log-probability of the tokens so far falls below this."""
    heal: bool = True
    """Token healing: the prompt's last tokens are taken back and generated again, held to spell
    the prompt's end, so that a half-typed word, or indentation whose last space belongs to the
    next token, goes on as the model learned it. The texts returned begin at the prompt's end."""
    drafts: tuple[str, ...] = ()
    """Continuations that may be right, such as copies of similar code. Each comes back, after the
    generated ones, as a `Completion` with finish `draft` and the log-probabilities of all of its
    tokens (and of the token that would end it, when `stop` has one), from one batched pass."""


@dataclass(frozen=True, slots=True)
class Completion:
    """One continuation and how sure the model was of it."""

    text: str
    tokens: tuple[str, ...]
    """The generated tokens as text, in order; joined they hold `text` as a prefix."""
    logprobs: tuple[float, ...]
    """Natural log-probability of each token under the model, same length as `tokens`."""
    finish: str
    """`stop`, `eos`, `length` or `unsure` (below `min_logprob`)."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """How many of the prompt's tokens were found in the KV cache."""


@dataclass(frozen=True, slots=True)
class RewriteOptions:
    """How an encoder-decoder decodes."""

    max_tokens: int = 256
    beams: int = 0
    """0: as many as the model's own generation configuration says."""
    source_language: str | None = None
    """For models that are told languages apart from the prompt (mT5, BART, MarianMT)."""
    target_language: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text-to-text model wrote, and how sure it was of it."""

    text: str
    logprob: float = 0.0
    """Mean natural log-probability of its tokens, the end included, under the model."""
    ended: bool = True
    """False when it was cut at the most tokens."""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """One model as the engine sees it."""

    id: str
    art: Art
    state: str
    """`off`, `loading`, `ready` or `error`."""
    message: str = ""
    bytes: int = 0
    """Memory of the weights as loaded."""
    context: int = 0
    """The most tokens that the model reads in one piece."""
    dtype: str = ""
    truncated: int = 0
    """How many texts were cut at `context` since it was loaded."""


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The engine process as its supervisor sees it."""

    state: str
    """`off`, `starting`, `ready`, `busy` or `error`."""
    pid: int | None = None
    resident_bytes: int | None = None
    """Known to who asks, not told to who listens."""
    models: tuple[ModelStatus, ...] = ()
    message: str = ""
