"""Models without weights: deterministic, instant, and useful enough to test everything around them.

The spec `fake` selects them for any art, in the real engine process; `fake:20` makes each step
last 20 milliseconds, so that cancelling and priorities can be watched. Encoders of two specs are
two models: what one made of a text says nothing to the other.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np

from trivium_models.architectures import Steps, Streamed
from trivium_models.types import Answer, Art, Completion, CompletionOptions, RewriteOptions, Role

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+")
_PIECE = re.compile(r"\n|[^\S\n]+|\w+|[^\w\s]")
_SENTENCE = re.compile(r".*?[.!?](?=\s|$)", re.DOTALL)
_TARGET = re.compile(r"translate .*?\bto (\w+)")
_CODES = {"english": "en", "german": "de", "french": "fr", "spanish": "es", "italian": "it"}


def is_fake(spec: str) -> bool:
    """Whether a model spec names a fake."""
    return spec == "fake" or spec.startswith("fake:")


def load(art: Art, spec: str) -> FakeEncoder | FakeDecoder | FakeRewriter:
    """The fake of an art."""
    pause = float(spec.partition(":")[2] or 0) / 1000
    match art:
        case Art.ENCODER:
            return FakeEncoder(pause, crc32(spec.encode()))
        case Art.DECODER:
            return FakeDecoder(pause)
        case Art.REWRITER:
            return FakeRewriter(pause)


class _Fake:
    bytes = 0
    context = 256
    dtype = "float32"
    truncated = 0

    def __init__(self, pause: float = 0.0) -> None:
        self._pause = pause

    def _step(self) -> None:
        if self._pause:
            time.sleep(self._pause)


class FakeEncoder(_Fake):
    """A hashed bag of words and their beginnings: texts that share words are near."""

    dimensions = 256

    def __init__(self, pause: float = 0.0, seed: int = 0) -> None:
        super().__init__(pause)
        self._seed = seed

    def embed(self, texts: Sequence[str], role: Role = Role.PASSAGE) -> Steps[np.ndarray]:
        """See `architectures.Encoder`; one step for each text."""
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            self._step()
            words = _WORD.findall(text)
            self.truncated += len(words) > self.context
            for word in words[: self.context]:
                for feature in {word.lower(), word.lower()[:4]}:
                    value = crc32(feature.encode(), self._seed)
                    vector[value % self.dimensions] += 1 if value & 0x10000 else -1
            vector /= max(float(np.linalg.norm(vector)), 1e-9)
            yield
        return vectors


class FakeDecoder(_Fake):
    """Goes on as the text went on after an earlier occurrence of the current line's beginning."""

    def __init__(self, pause: float = 0.0) -> None:
        super().__init__(pause)
        self._last: list[str] = []

    def complete(
        self, prompt: str, suffix: str, options: CompletionOptions
    ) -> Steps[list[Completion]]:
        """See `architectures.Decoder`; one step for each token."""
        cached, pieces = self._remember(prompt)
        completions = []
        for text, sure in _continuations(prompt)[: options.candidates]:
            completion = _cut(text, -0.05 if sure else -1.5, options, len(pieces), cached)
            for _ in completion.tokens:
                self._step()
                yield
            completions.append(completion)
        for draft in options.drafts:
            scored = _cut(draft, -0.1, options, len(pieces), cached)
            completions.append(replace(scored, finish="draft"))
        return completions

    def warm(self, prompt: str) -> Steps[None]:
        """See `architectures.Decoder`."""
        self._step()
        yield
        self._remember(prompt)

    def _remember(self, prompt: str) -> tuple[int, list[str]]:
        pieces = _PIECE.findall(prompt)
        pairs = zip(self._last, pieces, strict=False)
        cached = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
        if cached is None:
            cached = min(len(self._last), len(pieces))
        self._last = pieces
        return cached, pieces


class FakeRewriter(_Fake):
    """A summary is the first sentence; a translation is the text with its language before it."""

    def rewrite(
        self, prefix: str, texts: Sequence[str], options: RewriteOptions
    ) -> Streamed[list[Answer]]:
        """See `architectures.Rewriter`; one step for each word."""
        answers = [_rewritten(prefix, text, options) for text in texts]
        for index, answer in enumerate(answers):
            for word in re.finditer(r"\S+", answer):
                self._step()
                yield index, answer[: word.end()]
        return [Answer(answer) for answer in answers]


def _continuations(prompt: str) -> list[tuple[str, bool]]:
    """What followed the current line's beginning before, latest first, and a last resort."""
    key = prompt[prompt.rfind("\n") + 1 :]
    if not key.strip():
        key = prompt[prompt.rfind("\n", 0, max(prompt.rfind("\n"), 0)) + 1 :]
    found: dict[str, None] = {}
    at = prompt.rfind(key, 0, -1) if key.strip() else -1
    while at >= 0 and len(found) < 8:
        found[prompt[at + len(key) :]] = None
        at = prompt.rfind(key, 0, at + len(key) - 1)
    return [(text, True) for text in found] + [("pass  # nothing like it above\n", False)]


def _cut(
    text: str, logprob: float, options: CompletionOptions, prompt_tokens: int, cached: int
) -> Completion:
    """As much of a continuation as the options allow."""
    stops = [at for stop in options.stop if (at := text.find(stop)) >= 0]
    end = min(stops, default=len(text))
    tokens = [piece.group() for piece in _PIECE.finditer(text) if piece.start() < end]
    finish = "stop" if stops else "eos"
    if options.min_logprob is not None and logprob < options.min_logprob:
        tokens, finish = tokens[:1], "unsure"
    elif len(tokens) > options.max_tokens:
        tokens, finish = tokens[: options.max_tokens], "length"
    return Completion(
        text="".join(tokens)[:end],
        tokens=tuple(tokens),
        logprobs=(logprob,) * len(tokens),
        finish=finish,
        prompt_tokens=prompt_tokens,
        cached_tokens=cached,
    )


def _rewritten(prefix: str, text: str, options: RewriteOptions) -> str:
    target = _TARGET.match(prefix)
    if target:
        name = target.group(1).lower()
        return f"[{_CODES.get(name, name[:2])}] {text}"
    if options.target_language:
        return f"[{options.target_language}] {text}"
    if prefix.startswith("summarize"):
        sentence = _SENTENCE.match(text.strip())
        return " ".join((sentence.group() if sentence else text).split()[:24])
    return text
