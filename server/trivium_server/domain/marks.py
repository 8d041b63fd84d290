"""A set of ids as marks in an array: asked about a hundred thousand of them in one step.

Filters and graphs narrow a search to many ids at once; sets of Python's numbers would take longer
than the search. Knows nothing of what the ids stand for.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from trivium_server.domain.arrays import Groups, Ids


class Marks:
    """Ids from 0 upwards; not changed once it is made."""

    def __init__(self, ids: Iterable[int] | Ids) -> None:
        numbers = ids if isinstance(ids, np.ndarray) else np.fromiter(ids, np.int64)
        # The last place is never marked: it stands for all ids beyond.
        self._marked = np.zeros(int(numbers.max(initial=-1)) + 2, np.bool_)
        self._marked[numbers] = True

    def __and__(self, other: Marks) -> Marks:
        both = self.ids()
        return Marks(both[other.at(both)])

    def ids(self) -> Ids:
        """All that are marked, ascending."""
        return np.flatnonzero(self._marked)

    def at(self, ids: Ids | Groups) -> npt.NDArray[np.bool_]:
        """Which of these are marked: as many truth values."""
        found: npt.NDArray[np.bool_] = self._marked.take(ids, mode="clip")
        return found

    def keep(self, ids: Iterable[int]) -> set[int]:
        """Those that are marked."""
        numbers = np.fromiter(ids, np.int64)
        return set(numbers[self.at(numbers)].tolist())
