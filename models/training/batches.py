"""Draw training batches from a pack: by the mixture's shares, of similar lengths, in random order.

Where it stands is a small state (one position per direction) that a checkpoint holds, so that a
run that was stopped goes on with the rows it has not seen. Knows nothing of models.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numpy.random import default_rng

from training.corpus import DIRECTIONS, TASKS, directions_of
from training.model import EOS, PAD, Batch
from training.pack import Pack, Tokens

_STEPS_AT_ONCE = 60  # whose rows are drawn, sorted by length and cut into batches together


@dataclass(frozen=True, slots=True)
class Example:
    """A source with its prefix and end mark, and a target with its end mark."""

    source: Tokens
    target: Tokens


def read_example(pack: Pack, row: int, direction: str, prefix: int) -> Example:
    """Return a packed row as an example of `direction`, turned round where that asks for it."""
    texts = pack.texts(row)
    if directions_of(TASKS[pack.rows["task"][row]])[0] != direction:
        texts = texts[::-1]
    source, target = texts
    return Example(np.concatenate(([prefix], source, [EOS])), np.append(target, EOS))


def collate(examples: Sequence[Example]) -> Batch:
    """Return examples as one padded batch."""
    return Batch(_pad([e.source for e in examples]), _pad([e.target for e in examples]))


def _pad(texts: list[Tokens]) -> torch.Tensor:
    padded = np.full((len(texts), max(map(len, texts))), PAD, np.int64)
    for line, text in zip(padded, texts, strict=True):
        line[: len(text)] = text
    return torch.from_numpy(padded)


def cut(examples: list[Example], tokens: int) -> list[list[Example]]:
    """Sort examples by length and cut them into lists of at most `tokens`, padding included.

    A single example longer than that gets a list of its own.
    """
    examples = sorted(examples, key=lambda e: ((len(e.source) + len(e.target)) // 6, len(e.source)))
    lists: list[list[Example]] = []
    source = target = 0
    for example in examples:
        source, target = max(source, len(example.source)), max(target, len(example.target))
        if lists and (len(lists[-1]) + 1) * (source + target) <= tokens:
            lists[-1].append(example)
        else:
            lists.append([example])
            source, target = len(example.source), len(example.target)
    return lists


class Mixture:
    """An endless stream of training steps, each a list of batches."""

    def __init__(
        self,
        pack: Pack,
        shares: dict[str, float],
        prefixes: dict[str, int],
        seed: int,
        longest: int,
        step_tokens: int,
        batch_tokens: int,
    ) -> None:
        """Prepare to draw the directions of `shares`; `prefixes` has the token of each.

        Rows with more than `longest` tokens on either side are left out.
        """
        self._longest = longest
        self._pack, self._shares, self._prefixes, self._seed = pack, shares, prefixes, seed
        self._step_tokens, self._batch_tokens = step_tokens, batch_tokens
        self._round, self._step = 0, 0
        self._positions = dict.fromkeys(DIRECTIONS, (0, 0))
        self._orders: dict[str, tuple[int, npt.NDArray[np.intp]]] = {}

    def state(self) -> dict[str, Any]:
        """Return where the stream stands: the round, its first rows, its steps already given."""
        return {"round": self._round, "step": self._step, "positions": dict(self._positions)}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`; with other shares, the rest of its round is drawn anew."""
        self._round, self._step = state["round"], state["step"]
        self._positions = {
            name: (turn, place) for name, (turn, place) in state["positions"].items()
        }

    def __iter__(self) -> Iterator[list[Batch]]:
        """Yield the batches of one optimiser step after another."""
        while True:
            positions = dict(self._positions)
            steps = self._draw_round(positions)
            while self._step < len(steps):
                self._step += 1
                yield [collate(examples) for examples in steps[self._step - 1]]
            self._round, self._step, self._positions = self._round + 1, 0, positions

    def _draw_round(self, positions: dict[str, tuple[int, int]]) -> list[list[list[Example]]]:
        """Return the steps of a round and move `positions` behind their rows."""
        total = sum(self._shares.values())
        translations: list[Example] = []
        summaries: list[Example] = []
        for direction, share in self._shares.items():
            budget = _STEPS_AT_ONCE * self._step_tokens * share / total
            kind = translations if direction.startswith("translate") else summaries
            while budget > 0:
                kind.append(self._next(direction, positions))
                budget -= len(kind[-1].source) + len(kind[-1].target)
        lists = cut(translations, self._batch_tokens) + cut(summaries, self._batch_tokens)
        default_rng((self._seed, self._round)).shuffle(lists)
        each = max(1, round(len(lists) / _STEPS_AT_ONCE))
        return [lists[n : n + each] for n in range(0, len(lists), each)]

    def _next(self, direction: str, positions: dict[str, tuple[int, int]]) -> Example:
        """Return the next example of a direction and move its position."""
        number, place = positions[direction]
        rows = self._rows(direction, number)
        place = min(place, len(rows) - 1)  # a changed `longest` may leave fewer rows
        positions[direction] = (number, place + 1) if place + 1 < len(rows) else (number + 1, 0)
        row = int(rows[place])
        return read_example(self._pack, row, direction, self._prefixes[direction])

    def _rows(self, direction: str, number: int) -> npt.NDArray[np.intp]:
        """Return the rows of a direction in the order of its pass `number` over them."""
        known = self._orders.get(direction)
        if known is None or known[0] != number:
            task = next(n for n, task in enumerate(TASKS) if direction in directions_of(task))
            table = self._pack.rows
            short = np.maximum(table["source"], table["target"]) <= self._longest
            rows = np.flatnonzero((table["task"] == task) & short)
            rows = np.repeat(rows, table["visits"][rows])
            seed = (self._seed, DIRECTIONS.index(direction), number)
            known = self._orders[direction] = (number, default_rng(seed).permutation(rows))
        return known[1]
