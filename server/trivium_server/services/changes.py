"""What in a folder is still to be compared with its index: some paths, or everything.

Only gathers; knows neither the folder nor the index.
"""

from __future__ import annotations

from collections.abc import Iterable

_MANY = 200
"""Changed paths from which looking over the whole folder is simpler."""
_IGNORE_FILES = frozenset({".gitignore", ".ignore"})


class Changes:
    """Everything at first, because nobody knows what happened while no server ran."""

    def __init__(self) -> None:
        self.everything = True
        self._paths: set[str] = set()

    def __bool__(self) -> bool:
        """Whether there is anything to look at."""
        return self.everything or bool(self._paths)

    def add(self, paths: Iterable[str]) -> None:
        """Relative paths that were created, changed or deleted; an ignore file concerns all."""
        paths = set(paths)
        self._paths |= paths
        if len(self._paths) > _MANY or any(_name(path) in _IGNORE_FILES for path in paths):
            self.add_everything()

    def add_everything(self) -> None:
        """The whole folder is to be looked over."""
        self.everything = True
        self._paths.clear()

    def take(self) -> set[str] | None:
        """What there is, as work begun: the paths, or None for everything."""
        paths, everything = self._paths, self.everything
        self._paths, self.everything = set(), False
        return None if everything else paths


def _name(path: str) -> str:
    return path.rpartition("/")[2]
