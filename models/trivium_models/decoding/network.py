"""What a causal language model must do for the decoder, and any model of transformers doing it.

A network is a function from tokens to next-token logits that remembers, as keys and values, the
tokens it has read. Knows nothing of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from trivium_models.architectures import Steps


class Network(Protocol):
    """A causal language model with a KV cache for one sequence."""

    vocabulary: int
    """The number of tokens it knows."""
    window: int
    """The most tokens that one sequence may have."""
    bytes: int
    """Memory of the weights."""
    dtype: str
    """Precision of the weights."""
    draft: int
    """How many drafted tokens are worth checking beside one that is certain."""
    piece: int
    """How many tokens to read in one pass at most."""

    def append(self, ids: Sequence[int], wanted: int) -> Steps[Tensor]:
        """Read tokens after those remembered; float32 logits of the last `wanted`, [wanted, V].

        A long pass yields on its way. It can be left at that; whoever has other tokens read
        meanwhile must not go on with it.
        """
        ...

    def truncate(self, length: int) -> int:
        """Forget all but the first `length` tokens; how many are still known (perhaps fewer)."""
        ...


class TransformersNetwork:
    """Any causal language model of transformers, as it is."""

    draft = 6
    piece = 128

    def __init__(self, model: Any) -> None:  # noqa: ANN401  (transformers is untyped here)
        self._model = model.eval().requires_grad_(False)
        self._cache = self._empty()
        config = model.config.get_text_config(decoder=True)
        self.vocabulary = config.vocab_size
        self.window = getattr(config, "max_position_embeddings", None) or 2048
        self.bytes = sum(p.nbytes for p in {id(p): p for p in model.parameters()}.values())
        self.dtype = str(model.dtype).removeprefix("torch.")

    def append(self, ids: Sequence[int], wanted: int) -> Steps[Tensor]:
        """See `Network.append`; a pass is one step."""
        yield from ()
        with torch.inference_mode():
            out = self._model(
                input_ids=torch.tensor([ids]),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=max(wanted, 1),
            )
            logits: Tensor = out.logits[0, -wanted:] if wanted else out.logits[0, :0]
            return logits.float()

    def truncate(self, length: int) -> int:
        """See `Network.truncate`: a cache that cannot be shortened is emptied."""
        known = int(self._cache.get_seq_length())
        if known <= length:
            return known
        try:
            self._cache.crop(length - known)
        except (RuntimeError, ValueError, NotImplementedError):
            # Sliding windows and recurrent states have overwritten what would be needed.
            self._cache = self._empty()
            return 0
        return length

    def _empty(self) -> Any:  # noqa: ANN401
        from transformers import DynamicCache  # Not wanted where the network is one of our own.

        return DynamicCache(config=self._model.config)
