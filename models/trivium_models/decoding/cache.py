"""The tokens that a network remembers, kept from one request to the next.

While somebody types, a prompt differs from the last one in its final tokens only: what they share
is not computed again, not even where the last request was dropped in the middle of it. Knows
nothing of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from trivium_models.architectures import Steps
from trivium_models.decoding.network import Network


@dataclass(frozen=True, slots=True)
class _Pass:
    """Tokens that the network is reading after those known."""

    ids: list[int]
    wanted: int
    steps: Steps[Tensor]


class PrefixCache:
    """A network and the tokens whose keys and values it holds.

    Jobs take turns at every `yield`, so each method that computes first makes sure that the
    network holds what the caller believes it holds.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._known: list[int] = []
        self._pass: _Pass | None = None

    def shared(self, ids: Sequence[int]) -> int:
        """How many of these tokens, from the first on, are known already."""
        return _alike(self._known, ids)

    def read(self, ids: Sequence[int], wanted: int) -> Steps[Tensor]:
        """Logits after each of the last `wanted` tokens of a sequence, float32 [wanted, V].

        Yields between the steps of the network, so that dropping the job stops it within one.
        """
        while True:
            start = self._keep(ids, len(ids) - wanted)
            end = start + self._piece(len(ids) - start)
            if end + wanted < len(ids):
                self._advance(ids[start:end], 0)
            else:
                logits = self._advance(ids[start:], wanted)
                if logits is not None:
                    return logits
            yield

    def _piece(self, count: int) -> int:
        """How many of so many tokens to read next: pieces of one size, as short ones are dear."""
        pieces = -(-count // self.network.piece)
        return -(-count // max(pieces, 1))

    def _keep(self, ids: Sequence[int], most: int) -> int:
        """Forget what these tokens do not begin with, and anything beyond `most`."""
        length = min(self.shared(ids), most)
        if length < len(self._known):
            self._pass = None
            length = self.network.truncate(length)
            del self._known[length:]
        return length

    def _advance(self, ids: Sequence[int], wanted: int) -> Tensor | None:
        """One step towards reading these tokens next; the logits, once it was the last one."""
        under_way = self._pass
        if under_way is None or 2 * _alike(under_way.ids, ids) < len(under_way.ids):
            under_way = self._pass = _Pass([*ids], wanted, self.network.append(ids, wanted))
        # A pass over tokens half of which are no longer wanted is ended: that half stays known.
        try:
            next(under_way.steps)
        except StopIteration as end:
            self._pass = None
            self._known += under_way.ids
            logits: Tensor = end.value
            return logits if (under_way.ids, under_way.wanted) == ([*ids], wanted) else None
        except BaseException:
            self._pass = None
            self.network.truncate(0)
            self._known.clear()
            raise
        return None


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """The number of tokens with which both begin."""
    length = min(len(one), len(other))
    if list(one[:length]) == list(other[:length]):
        return length
    return next(i for i in range(length) if one[i] != other[i])
