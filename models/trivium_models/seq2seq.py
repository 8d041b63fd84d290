"""The encoder-decoder architecture: text to text.

Any T5, mT5, BART, mBART or MarianMT works, through transformers unless it is a plain T5 (`direct`).
Decoding is a loop of its own (`generation`), because `generate` cannot be left between tokens. The
texts of one request are decoded side by side, each leaving when it ends. What the encoder made of a
text is kept for a while, so that asking again, or for another language of a model that is told the
language in its decoder, reads nothing twice.
Imported only in the engine.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from trivium_models.architectures import Streamed
from trivium_models.direct import t5 as t5_files
from trivium_models.errors import ModelUnfit
from trivium_models.fused import precision
from trivium_models.generation import Rules, Sketches, Stepper, Written, beam_search, greedy
from trivium_models.headers import refuse_incomplete, refuse_surplus
from trivium_models.machine import Machine
from trivium_models.t5 import T5
from trivium_models.threads import Threads, one_thread
from trivium_models.types import Answer, RewriteOptions

SIDE_BY_SIDE = 16
"""So many rows are decoded in one batch, one for each beam of a text: a large model's keys and
values take megabytes a row."""
MOST_BEAMS = 4
"""Whatever a model's configuration asks for: more cost time in proportion and find little."""
TOLD_EVERY = 0.05
"""Seconds between two looks at unfinished answers: telling a token takes longer than finding it."""
REMEMBERED = 64
"""So many texts' encoder states are kept."""

Row = tuple[int, ...]


class Seq2SeqRewriter:
    """A model that reads a text and writes another."""

    def __init__(self, model: Any, tokenizer: Any, machine: Machine) -> None:  # noqa: ANN401
        torch.set_num_threads(machine.threads)
        self.language = Language(model, tokenizer)
        """How texts become tokens and tokens texts."""
        self._core = _core(model, precision(machine))
        self._threads = Threads(machine.threads)
        self._states: OrderedDict[Row, Tensor] = OrderedDict()
        self.context = self.language.limit
        self.dtype = str(self._core.dtype).removeprefix("torch.")
        self.bytes = self._core.bytes

    @classmethod
    def load(cls, path: Path, machine: Machine) -> Seq2SeqRewriter:
        """The model in a folder; raises ModelUnfit when it is of another architecture."""
        if opened := t5_files.open_(path):
            return cls(*opened, machine)
        from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoTokenizer

        config = AutoConfig.from_pretrained(path, local_files_only=True)
        if not getattr(config, "is_encoder_decoder", False):
            raise ModelUnfit(
                f"{path} is a {config.model_type} model, not an encoder-decoder such as T5 or BART."
            )
        model, facts = AutoModelForSeq2SeqLM.from_pretrained(
            path, local_files_only=True, dtype=torch.float32, output_loading_info=True
        )
        refuse_incomplete(facts["missing_keys"], path.name)
        refuse_surplus(facts["unexpected_keys"], path.name)
        tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        return cls(model.eval(), tokenizer, machine)

    @property
    def truncated(self) -> int:
        """How many texts were longer than `context` tokens."""
        return self.language.truncated

    def rewrite(
        self, prefix: str, texts: Sequence[str], options: RewriteOptions
    ) -> Streamed[list[Answer]]:
        """See `architectures.Rewriter`; a step for each token of the texts under way.

        What is written so far is told now and then, and each answer when it has ended.
        """
        rows = [self.language.read(prefix + text, options) for text in texts]
        answers = [Answer("")] * len(rows)
        places = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        beams = options.beams or self.language.beams
        side_by_side = max(SIDE_BY_SIDE // beams, 1)
        for at in range(0, len(places), side_by_side):
            group = places[at : at + side_by_side]
            search = self._search([rows[place] for place in group], beams, options)
            told = time.monotonic()
            while True:
                try:
                    with one_thread():
                        sketches = next(search)
                except StopIteration as end:
                    written: list[Written] = end.value
                    break
                yield None
                if told + TOLD_EVERY <= time.monotonic():
                    for row, ids in sketches.items():
                        yield group[row], self.language.write(ids)
                    told = time.monotonic()
            for place, (ids, logprob, ended) in zip(group, written, strict=True):
                answers[place] = Answer(self.language.write(ids), logprob, ended)
                yield place, answers[place].text
        return answers

    def _search(
        self, rows: list[Row], beams: int, options: RewriteOptions
    ) -> Generator[Sketches, None, list[Written]]:
        rules = self.language.rules(options)
        stepper = self._begin(rows)
        if beams > 1:
            return (yield from beam_search(stepper, len(rows), beams, rules))
        return (yield from greedy(stepper, len(rows), rules))

    @torch.inference_mode()
    def _begin(self, rows: list[Row]) -> Stepper:
        """Read the texts that are not remembered; ready for the first token."""
        if new := [row for row in dict.fromkeys(rows) if row not in self._states]:
            with self._threads.for_rows(sum(map(len, new))):
                read = self._core.read(*_padded(new))
            for row, state in zip(new, read, strict=True):
                self._states[row] = state[: len(row)].clone()
        states = pad_sequence([self._states[row] for row in rows], batch_first=True)
        for row in rows:
            self._states.move_to_end(row)
        while len(self._states) > REMEMBERED:
            self._states.popitem(last=False)
        return self._core.write(states, _padded(rows)[1])


class _Library:
    """Any other model, through transformers' own forward pass."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        self._model = model
        self.dtype: torch.dtype = model.dtype
        self.bytes = sum(each.nbytes for each in model.parameters())

    def read(self, ids: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self._model.get_encoder()(input_ids=ids, attention_mask=mask)[0]
        return states

    def write(self, states: Tensor, mask: Tensor) -> Stepper:
        return _Stepper(self._model, states, mask)


@torch.inference_mode()
def _core(model: Any, dtype: torch.dtype) -> T5 | _Library:  # noqa: ANN401
    return T5(model, dtype) if T5.fits(model) else _Library(model)


class _Stepper:
    """A transformers model in the middle of several texts; see `generation.Stepper`."""

    def __init__(self, model: Any, states: Tensor, mask: Tensor) -> None:  # noqa: ANN401
        from transformers import DynamicCache, EncoderDecoderCache

        self._model = model
        self._states, self._mask = states, mask
        config = model.config.get_text_config(decoder=True)
        self._cache: Any = EncoderDecoderCache(
            DynamicCache(config=config), DynamicCache(config=config)
        )

    def next(self, tokens: Tensor) -> Tensor:
        output = self._model(
            decoder_input_ids=tokens[:, None],
            encoder_outputs=(self._states,),
            attention_mask=self._mask,
            past_key_values=self._cache,
            use_cache=True,
        )
        logits: Tensor = output.logits[:, -1]
        return logits

    def keep(self, rows: Tensor) -> None:
        self._states, self._mask = self._states[rows], self._mask[rows]
        self._cache.batch_select_indices(rows)


class Language:
    """The model's tokenizer and what its configuration says of beginnings and ends."""

    def __init__(self, model: Any, tokenizer: Any) -> None:  # noqa: ANN401
        config, generation = model.config, model.generation_config
        self._tokenizer = tokenizer
        self._fast = getattr(tokenizer, "backend_tokenizer", None)
        self._start = int(config.decoder_start_token_id)
        self._ends = _as_set(generation.eos_token_id or config.eos_token_id)
        self._forced: int | None = getattr(generation, "forced_bos_token_id", None)
        self._banned = tuple(each[0] for each in generation.bad_words_ids or [] if len(each) == 1)
        self._unrepeated: int = getattr(generation, "no_repeat_ngram_size", None) or 0
        self.beams = min(getattr(generation, "num_beams", None) or 1, MOST_BEAMS)
        self._silent = self._ends | {self._start, config.pad_token_id, tokenizer.bos_token_id}
        positions = getattr(config, "max_position_embeddings", None) or 512
        self.limit = int(min(tokenizer.model_max_length or positions, positions))
        self.truncated = 0

    def read(self, text: str, options: RewriteOptions) -> Row:
        """The token ids of a text, cut at the limit; the cut is counted."""
        source, target = options.source_language, options.target_language
        if target and f">>{target}<<" in self._tokenizer.get_vocab():
            text = f">>{target}<< {text}"  # MarianMT models of several target languages
        if source and (code := self._code(source)) and hasattr(self._tokenizer, "src_lang"):
            self._tokenizer.src_lang = code
        ids = self._tokenizer(text)["input_ids"]
        if len(ids) > self.limit:
            self.truncated += 1
            ids = [*ids[: self.limit - 1], ids[-1]]
        return tuple(ids)

    def write(self, ids: Sequence[int]) -> str:
        """The text of token ids; sentinels stay, beginnings and ends do not."""
        spoken = [each for each in ids if each not in self._silent]
        if self._fast is not None:
            return str(self._fast.decode(spoken, skip_special_tokens=False)).strip()
        return str(self._tokenizer.decode(spoken)).strip()

    def rules(self, options: RewriteOptions) -> Rules:
        """How an answer begins and ends."""
        code = self._code(options.target_language) if options.target_language else None
        told = hasattr(self._tokenizer, "src_lang") and code is not None
        forced = self._tokenizer.convert_tokens_to_ids(code) if told else self._forced
        return Rules(
            self._start, self._ends, options.max_tokens, forced, self._banned, self._unrepeated
        )

    def _code(self, language: str) -> str | None:
        """The token of a language, such as `de_DE` or `__de__` for `de`."""
        shape = re.compile(rf"(__)?{re.escape(language)}(_[A-Z]{{2}})?(__)?")
        special = self._tokenizer.all_special_tokens
        return next((token for token in special if shape.fullmatch(token)), None)


def _padded(rows: Sequence[Row]) -> tuple[Tensor, Tensor]:
    """Ids [rows, longest], filled up with zeros, and the mask of what is not filling."""
    lengths = torch.tensor([len(row) for row in rows])
    ids = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    return ids, (torch.arange(ids.shape[1]) < lengths[:, None]).long()


def _as_set(value: int | list[int]) -> set[int]:
    return set(value) if isinstance(value, list) else {value}
