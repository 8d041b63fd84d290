"""The encoder-only architecture: sentence embeddings.

Any sentence-transformers folder works; a plain BERT gets mean pooling, as SBERT does, and is read
without that library (`direct`). The vectors are those of `SentenceTransformer.encode` up to the
precision (cosine 0.9999 in bfloat16), always normalised. Where the model is a BERT, RoBERTa or
DistilBERT its forward pass is `packed`; others run their own on batches of sentences of like
length. Texts are tokenised ahead in a thread, and micro-batches are computed side by side, a thread
each.
docs/bench-notes-embed.md has the measurements behind each of these. Imported only in the engine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from trivium_models import prompts
from trivium_models.architectures import Steps
from trivium_models.crew import Crew
from trivium_models.direct import bert
from trivium_models.errors import ModelDamaged, ModelUnfit
from trivium_models.fused import precision
from trivium_models.headers import read_tensors, refuse_incomplete, refuse_surplus
from trivium_models.machine import Machine
from trivium_models.packed import PackedBert, first_position
from trivium_models.threads import one_thread
from trivium_models.types import Role

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

TOKENS = 512
"""Of a micro-batch: the products are at full speed by then, and a step stays short."""
TILED_TOKENS = 1024
"""The same where AMX multiplies: a step is as short, and a tile waits less for the weights."""
WINDOW = 64
"""Texts that are tokenised ahead and sorted by length at a time."""
FEW = 2
"""Texts that are not worth a thread each: all threads work on them together …"""
SHORT = 64
"""… but one on so few tokens: a second one takes longer to wake than it saves."""

_NAMED_ALIKE = ("bert", "roberta", "distilbert", "mpnet", "camembert", "xlm-roberta", "electra")
"""Types whose files name every parameter as transformers does."""

Rows = list[list[int]]


class SentenceEncoder:
    """A sentence-transformers model, arranged for speed on a processor."""

    def __init__(
        self,
        tokens: _Tokens,
        forward: _PackedForward | _PaddedForward,
        machine: Machine,
        prompts: Mapping[Role, str] | None = None,
    ) -> None:
        self._tokens = tokens
        self._forward = forward
        self._prompts = prompts or {}
        self._crew = Crew(machine.threads)
        self._most = TILED_TOKENS if "amx-bf16" in machine.features else TOKENS
        self.context = tokens.limit
        self.dtype = str(precision(machine)).removeprefix("torch.")
        self.bytes = forward.bytes
        self.dimensions = forward.dimensions

    @classmethod
    def load(cls, path: Path, machine: Machine) -> SentenceEncoder:
        """The model in a folder; raises ModelDamaged or ModelUnfit."""
        torch.set_num_threads(machine.threads)
        dtype = precision(machine)
        tokens, forward = _directly(path, dtype) or _by_library(path, dtype)
        return cls(tokens, forward, machine, prompts.of_folder(path))

    @property
    def truncated(self) -> int:
        """How many texts were longer than `context` word pieces."""
        return self._tokens.truncated

    def embed(self, texts: Sequence[str], role: Role = Role.PASSAGE) -> Steps[np.ndarray]:
        """See `architectures.Encoder`; a step for each micro-batch."""
        if prompt := self._prompts.get(role):
            texts = [prompt + text for text in texts]
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        batches = self._micro_batches(texts)
        few = len(texts) <= FEW
        done = map(self._run_few, batches) if few else self._crew.map(self._run, batches)
        for places, batch in done:
            vectors[places] = batch
            yield
        return vectors

    def _run(self, batch: tuple[list[int], Rows]) -> tuple[list[int], np.ndarray]:
        places, rows = batch
        return places, self._forward.run(rows)

    def _run_few(self, batch: tuple[list[int], Rows]) -> tuple[list[int], np.ndarray]:
        short = sum(map(len, batch[1])) <= SHORT
        with one_thread() if short else nullcontext():
            return self._run(batch)

    def _micro_batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Rows]]:
        """Texts of like length together: their places and their token ids."""
        start = 0
        for rows in self._tokens.ahead(texts):
            order = sorted(range(len(rows)), key=lambda index: len(rows[index]), reverse=True)
            for places in _cut(order, rows, self._most):
                yield [start + place for place in places], [rows[place] for place in places]
            start += len(rows)


class _Tokens:
    """The model's tokenizer, in a thread of its own so that it works while the model does."""

    def __init__(self, tokenizer: Any, limit: int, *, lower: bool = False) -> None:  # noqa: ANN401
        """Cuts texts at `limit` tokens, special ones included."""
        self._tokenizer = tokenizer
        self._lower = lower
        self.padding: int = tokenizer.pad_token_id or 0
        self.limit = limit
        self.truncated = 0
        self._fast = getattr(self._tokenizer, "backend_tokenizer", None)
        if self._fast is not None:
            self._fast.no_padding()
            self._fast.enable_truncation(self.limit)
        self._thread = ThreadPoolExecutor(1)

    def ahead(self, texts: Sequence[str]) -> Iterator[Rows]:
        """Token ids of the texts, a window at a time, the next one begun already."""
        windows = [texts[at : at + WINDOW] for at in range(0, len(texts), WINDOW)]
        if len(texts) <= FEW:
            yield from map(self._rows, windows)
            return
        coming: list[Future[Rows]] = [self._thread.submit(self._rows, each) for each in windows[:2]]
        for following in [*windows[2:], None, None][: len(windows)]:
            yield coming.pop(0).result()
            if following is not None:
                coming.append(self._thread.submit(self._rows, following))

    def _rows(self, texts: Sequence[str]) -> Rows:
        texts = [text.lower() if self._lower else text for text in texts]
        if self._fast is None:
            return [self._slow_row(text) for text in texts]
        encodings = self._fast.encode_batch(texts)
        self.truncated += sum(bool(each.overflowing) for each in encodings)
        return [each.ids for each in encodings]

    def _slow_row(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, truncation=True, max_length=self.limit)["input_ids"]
        if len(ids) == self.limit:
            self.truncated += len(self._tokenizer(text)["input_ids"]) > self.limit
        return ids


class _PackedForward:
    """Pooled, normalised vectors from packed tokens."""

    def __init__(
        self, packed: PackedBert, pooling: str, dimensions: int, rest: Sequence[nn.Module] = ()
    ) -> None:
        """`rest` is what the model has behind its pooling."""
        self._bert = packed
        self._mode = pooling
        self._rest = rest
        self.dimensions = dimensions
        self.bytes = packed.bytes

    @torch.inference_mode()
    def run(self, rows: Rows) -> np.ndarray:
        lengths = torch.tensor([len(row) for row in rows])
        features = {"sentence_embedding": self._pool(self._bert.run(rows).float(), lengths)}
        for module in self._rest:
            features = module(features)
        return _normalised(features["sentence_embedding"])

    def _pool(self, hidden: Tensor, lengths: Tensor) -> Tensor:
        if self._mode == "cls":
            return hidden[lengths.cumsum(0) - lengths]
        return torch.segment_reduce(hidden, self._mode, lengths=lengths)


class _PaddedForward:
    """The same through the model's own forward pass."""

    def __init__(self, model: SentenceTransformer, dtype: torch.dtype, padding: int) -> None:
        self._model: Any = model
        self._padding = padding
        self._model[0].auto_model.to(dtype)
        self.dimensions = int(model.get_embedding_dimension() or 0)
        self.bytes = sum(each.nbytes for each in model.parameters())

    @torch.inference_mode()
    def run(self, rows: Rows) -> np.ndarray:
        longest = max(map(len, rows))
        ids = torch.tensor([row + [self._padding] * (longest - len(row)) for row in rows])
        inside = torch.arange(longest) < torch.tensor([len(row) for row in rows])[:, None]
        features = self._model[0]({"input_ids": ids, "attention_mask": inside.long()})
        features["token_embeddings"] = features["token_embeddings"].float()
        for module in list(self._model)[1:]:
            features = module(features)
        return _normalised(features["sentence_embedding"])


def _differences(model: Any, path: Path) -> tuple[set[str], set[str]]:  # noqa: ANN401
    """The parameters that a model's files do not have, and what they have beyond them.

    Where their names are the model's own; nothing elsewhere.
    """
    if model.config.model_type not in _NAMED_ALIKE:
        return set(), set()
    nested = path / "0_Transformer"
    folder = nested if nested.is_dir() and not (path / "config.json").exists() else path
    prefix = f"{model.base_model_prefix}."
    names = {tensor.name.removeprefix(prefix) for tensor in read_tensors(folder, path.name)}
    # The first BERTs call the scale and shift of a norm so.
    names = {re.sub(r"gamma$", "weight", re.sub(r"beta$", "bias", name)) for name in names}
    own = {name for name, _ in model.named_parameters()}
    # The pooler may be missing: pooling leaves it alone.
    return {name for name in own - names if not name.startswith("pooler.")}, names - own


def _directly(path: Path, dtype: torch.dtype) -> tuple[_Tokens, _PackedForward] | None:
    """A plain BERT, without sentence-transformers; None for anything else."""
    opened = bert.open_(path)
    if opened is None or not PackedBert.fits(opened.model):
        return None
    width: int = opened.model.config.hidden_size
    forward = _PackedForward(PackedBert(opened.model, dtype), opened.pooling, width)
    return _Tokens(opened.tokenizer, opened.limit), forward


def _by_library(path: Path, dtype: torch.dtype) -> tuple[_Tokens, _PackedForward | _PaddedForward]:
    """Any model of sentence-transformers; raises ModelDamaged or ModelUnfit."""
    if not (path / "config.json").is_file() and not (path / "modules.json").is_file():
        raise ModelDamaged(f"{path} is not a model: it has no config.json.")
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(path), device="cpu", local_files_only=True).eval()
    transformer: Any = model[0]
    if not hasattr(transformer, "auto_model") or getattr(transformer, "tokenizer", None) is None:
        raise ModelUnfit(f"{path} is not a text encoder.")
    missing, unused = _differences(transformer.auto_model, path)
    refuse_incomplete(missing, path.name)
    refuse_surplus(unused, path.name)
    tokens = _tokens_of(transformer)
    return tokens, _forward_of(model, dtype, tokens.padding)


def _tokens_of(transformer: Any) -> _Tokens:  # noqa: ANN401
    config, tokenizer = transformer.auto_model.config, transformer.tokenizer
    positions = getattr(config, "max_position_embeddings", 512) - first_position(config)
    limit = int(min(tokenizer.model_max_length or positions, positions))
    return _Tokens(tokenizer, limit, lower=bool(transformer.do_lower_case))


def _forward_of(
    model: SentenceTransformer, dtype: torch.dtype, padding: int
) -> _PackedForward | _PaddedForward:
    pooling = getattr(model[1], "pooling_mode", None) if len(model) > 1 else None
    if not PackedBert.fits(model[0].auto_model) or pooling not in ("mean", "cls", "max"):
        return _PaddedForward(model, dtype, padding)
    rest = [module.float() for module in list(model)[2:]]
    width = int(model.get_embedding_dimension() or 0)
    return _PackedForward(PackedBert(model[0].auto_model, dtype), pooling, width, rest)


def _cut(order: list[int], rows: Rows, most: int) -> Iterator[list[int]]:
    """The places in order, cut where there would be more tokens than a micro-batch's."""
    batch: list[int] = []
    tokens = 0
    for place in order:
        if batch and tokens + len(rows[place]) > most:
            yield batch
            batch, tokens = [], 0
        batch.append(place)
        tokens += len(rows[place])
    if batch:
        yield batch


def _normalised(vectors: Tensor) -> np.ndarray:
    array: np.ndarray = nn.functional.normalize(vectors.float(), dim=1).numpy()
    return array
