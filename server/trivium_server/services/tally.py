"""How far the index of a folder is: files found, read, and findable by meaning.

Says what is true at each moment: while the folder is looked over nobody knows how many files it
has, so nothing is given as a share of them. Knows neither files nor engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from trivium_server.domain.files import Walk
from trivium_server.domain.store import Store


class Tally:
    """The figures of one folder. Written by the one who indexes it, read from its event loop."""

    def __init__(self) -> None:
        """Nothing is known."""
        self.stored = self.chunks = self.bytes = 0
        self.left_out: Mapping[str, int] = {}
        self.looked_over: Walk | None = None
        """The look over the folder that is under way."""
        self._found = 0
        """Files to be read, and those read before; 0 when that is done."""

    def count(self, store: Store, walk: Walk) -> None:
        """Follow what is stored. On the thread that writes."""
        self.stored, self.chunks = store.counts()
        self.bytes, self.left_out = store.bytes(), walk.left_out()

    def begin(self, walk: Walk) -> None:
        """The folder is looked over now."""
        self.looked_over = walk

    def found(self, walk: Walk) -> None:
        """It was looked over; what is new in it is read now."""
        self.looked_over, self._found = None, walk.found

    def done(self) -> None:
        """All of it was read, or left out."""
        self.looked_over, self._found = None, 0

    @property
    def total(self) -> int:
        """Files of the folder, as far as they are known."""
        return max(self.stored, self.looked_over.found if self.looked_over else self._found)

    def by_meaning(self, lacking: int) -> int:
        """Files whose every chunk has a vector, estimated from the chunks that lack one."""
        if lacking == 0 or self.chunks == 0:
            return self.stored
        return min(self.stored - 1, int(self.stored * max(0.0, 1 - lacking / self.chunks)))


class Advance(Protocol):
    """How far one folder is, here or on the wire."""

    @property
    def looking(self) -> bool:
        """Whether it is looked over."""
        ...

    @property
    def total_files(self) -> int:
        """Files found."""
        ...

    @property
    def read_files(self) -> int:
        """Files that can be found by their words."""
        ...

    @property
    def files(self) -> int:
        """Files that can be found by meaning as well."""
        ...


def progress(folders: Iterable[Advance]) -> tuple[str, int]:
    """What is going on in all folders, in words and in per cent."""
    folders = list(folders)
    total = sum(folder.total_files for folder in folders)
    read = sum(folder.read_files for folder in folders)
    done = sum(folder.files for folder in folders)
    if any(folder.looking for folder in folders):
        return f"looking for files, {total} found", 0
    if read < total:
        return f"{read} of {total} files read", 0
    return f"{done} of {total} files", 100 * done // total if total else 0
