"""Continue: a decoder-only transformer that goes on with what was typed.

transformers reads configuration, weights and tokenizer of any causal language model (GPT-2, NeoX,
Llama, Qwen, Phi, StarCoder and others), `direct` those of a plain Llama. Here lives what a request
is: fitting a prompt into the model's window, healing its last tokens, the fill-in-the-middle form
for models that know it. How tokens are computed and generated is the business of
`trivium_models.decoding`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from trivium_models.architectures import Steps
from trivium_models.decoding import llama
from trivium_models.decoding.cache import PrefixCache
from trivium_models.decoding.drafts import LONGEST, Copier
from trivium_models.decoding.generation import Generation
from trivium_models.decoding.network import Network, TransformersNetwork
from trivium_models.decoding.vocabulary import Vocabulary
from trivium_models.direct import llama as llama_files
from trivium_models.errors import ModelUnfit
from trivium_models.fused import precision
from trivium_models.headers import refuse_incomplete, refuse_surplus
from trivium_models.machine import Machine
from trivium_models.types import Completion, CompletionOptions

_MOST_CONTEXT = 4096
"""Tokens. Windows beyond this cost seconds to read and hundreds of megabytes to remember."""
_SPARE = 16
"""Tokens kept free in the window for guesses and the marks of a fill-in-the-middle prompt."""


class CausalDecoder:
    """A causal language model, its tokenizer and the text that it has read."""

    def __init__(self, network: Network, vocabulary: Vocabulary) -> None:
        self._cache = PrefixCache(network)
        self._vocabulary = vocabulary
        self.context = min(network.window, _MOST_CONTEXT)
        self.bytes = network.bytes
        self.dtype = network.dtype
        self.truncated = 0
        self._recent: list[int] = []
        """The last continuation and the tokens before it: while somebody types, it comes again."""

    @classmethod
    def load(cls, path: Path, machine: Machine) -> CausalDecoder:
        """A model from a local folder; raises ModelUnfit when it is of another kind."""
        torch.set_num_threads(machine.threads)
        dtype = precision(machine)
        if opened := llama_files.open_(path):
            model, tokenizer = opened
            ends = _ends(model)
            network: Network = llama.LlamaNetwork(model, dtype, machine.threads)
        else:
            model, tokenizer = _by_library(path)
            ends = _ends(model)
            network = _network(model, dtype, machine)
        return cls(network, Vocabulary(tokenizer, ends))

    def complete(
        self, prompt: str, suffix: str = "", options: CompletionOptions | None = None
    ) -> Steps[list[Completion]]:
        """The greedy continuation, then different ones, then `options.drafts` with their scores.

        `suffix` is what follows the hole; models that were not trained for it do not see it.
        """
        options = self._bounded(options or CompletionOptions())
        prompt_ids, held = self._read(prompt, suffix, options)
        drafts = [self._draft(prompt_ids, held, text, options) for text in options.drafts]
        cached = self._cache.shared(prompt_ids)
        request = Generation(self._cache, self._vocabulary, prompt_ids, held, options)
        best = yield from request.greedy(Copier(prompt_ids, self._recent, *drafts))
        self._recent = [*prompt_ids[-held - LONGEST : len(prompt_ids) - held], *best.ids]
        others = yield from request.alternatives(best, Copier(prompt_ids, *drafts, best.ids))
        found = [path.completion(len(prompt_ids), cached) for path in (best, *others)]
        for draft in drafts:
            path = yield from request.score(draft)
            found.append(path.completion(len(prompt_ids), cached, "draft"))
        return found

    def warm(self, prompt: str) -> Steps[None]:
        """Read a prompt that will probably be asked for next, so that it is remembered."""
        ids, _ = self._read(prompt, "", self._bounded(CompletionOptions()))
        yield from self._cache.read(ids, 1)

    def _bounded(self, options: CompletionOptions) -> CompletionOptions:
        """At least half of the window is the prompt's."""
        return replace(options, max_tokens=max(1, min(options.max_tokens, self.context // 2)))

    def _read(self, prompt: str, suffix: str, options: CompletionOptions) -> tuple[list[int], int]:
        """The prompt's tokens, no more than fit, and how many of them to take back."""
        vocabulary = self._vocabulary
        room = max(self.context - options.max_tokens - _SPARE, 1)
        ids = vocabulary.encode(prompt, self.context)
        if suffix and vocabulary.infill:
            after = vocabulary.encode_piece(suffix[: 16 * room])[: room // 4]
            return vocabulary.infill.wrap(self._fit(ids, room - len(after)), after), 0
        ids = self._fit(ids, room)
        return ids, vocabulary.held(ids) if options.heal else 0

    def _fit(self, ids: list[int], room: int) -> list[int]:
        """The end of a prompt, cut in coarse steps: what is cached still fits after a keystroke."""
        surplus = len(ids) - room
        if surplus <= 0:
            return ids
        self.truncated += 1
        step = max(room // 4, 1)
        first = ids[:1] if ids[0] == self._vocabulary.first else []
        return [*first, *ids[-(-(surplus + len(first)) // step) * step :]]

    def _draft(
        self, prompt: Sequence[int], held: int, text: str, options: CompletionOptions
    ) -> list[int]:
        """The tokens of a continuation up to its stop, after the text that was taken back."""
        given = prompt[: len(prompt) - held]
        taken = self._vocabulary.text_after(given, prompt[len(given) :])
        ends = [at for stop in options.stop if (at := text.find(stop)) >= 0]
        ids = self._vocabulary.encode_after(given, taken + text[: min(ends, default=None)])
        return ids[: options.max_tokens]


def _by_library(path: Path) -> tuple[Any, Any]:
    """A model and its tokenizer through transformers; raises ModelUnfit or ModelDamaged."""
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model, facts = AutoModelForCausalLM.from_pretrained(
            path, dtype="auto", local_files_only=True, output_loading_info=True
        )
    except ValueError as error:
        if "Unrecognized configuration class" not in str(error):
            raise
        raise ModelUnfit(
            f"{path.name} is not a decoder-only language model; choose another for completion."
        ) from error
    refuse_incomplete(facts["missing_keys"], path.name)
    refuse_surplus(facts["unexpected_keys"], path.name)
    return model, AutoTokenizer.from_pretrained(path, local_files_only=True)


def _network(model: Any, dtype: torch.dtype, machine: Machine) -> Network:  # noqa: ANN401
    """The fast forward where the architecture allows it, else that of transformers."""
    if llama.fits(model):
        return llama.LlamaNetwork(model.eval().requires_grad_(False), dtype, machine.threads)
    return TransformersNetwork(model.to(dtype))


def _ends(model: Any) -> list[int]:  # noqa: ANN401  (transformers is untyped here)
    """The tokens with which a model ends a text."""
    ends = getattr(model.generation_config, "eos_token_id", None)
    return [ends] if isinstance(ends, int) else list(ends or ())
