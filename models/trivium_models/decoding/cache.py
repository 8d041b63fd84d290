"""The tokens that a network remembers, kept from one request to the next.

While somebody types, a prompt differs from the last one in its final tokens only: what they share
is not computed again. Knows nothing of text.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from trivium_models.architectures import Steps
from trivium_models.decoding.network import Network

PIECE = 128
"""Tokens read in one step: a keystroke waits no longer than one of them takes."""


class PrefixCache:
    """A network and the tokens whose keys and values it holds.

    Jobs take turns at every `yield`, so each method that computes first makes sure that the
    network holds what the caller believes it holds.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._known: list[int] = []

    def shared(self, ids: Sequence[int]) -> int:
        """How many of these tokens, from the first on, are known already."""
        known = self._known
        length = min(len(known), len(ids))
        if known[:length] == list(ids[:length]):
            return length
        return next(i for i in range(length) if known[i] != ids[i])

    def read(self, ids: Sequence[int], wanted: int) -> Steps[Tensor]:
        """Logits after each of the last `wanted` tokens of a sequence, float32 [wanted, V].

        Yields before the network runs, so that dropping the job stops it within one piece.
        """
        start = self._keep(ids, len(ids) - wanted)
        while len(ids) - start > max(PIECE, wanted):
            self._append(ids[start : min(start + PIECE, len(ids) - wanted)], 0)
            yield
            start = self._keep(ids, len(ids) - wanted)
        return self._append(ids[start:], wanted)

    def _keep(self, ids: Sequence[int], most: int) -> int:
        """Forget what these tokens do not begin with, and anything beyond `most`."""
        length = min(self.shared(ids), most)
        if length < len(self._known):
            length = self.network.truncate(length)
            del self._known[length:]
        return length

    def _append(self, ids: Sequence[int], wanted: int) -> Tensor:
        try:
            logits = self.network.append(ids, wanted)
        except BaseException:
            self.network.truncate(0)
            self._known.clear()
            raise
        self._known += ids
        return logits
