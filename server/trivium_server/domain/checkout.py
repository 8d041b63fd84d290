"""Whether git has been at the files of a folder, found out with one look at one file.

Every command that changes a working tree (checkout, pull, reset, restore, stash) ends by writing
git's own index, so its time tells what an editor that watches no files does not. Reads nothing
that git wrote there.
"""

from __future__ import annotations

from pathlib import Path

from trivium_server.domain.ignoring import git_folder


class Checkout:
    """The working tree that a folder is, or lies in."""

    def __init__(self, root: Path) -> None:
        """As it is now is where changes count from."""
        self._index = _index(root)
        self._written = self._time()

    def changed(self) -> bool:
        """Whether git wrote since the last time this was asked; no where there is no git."""
        before, self._written = self._written, self._time()
        return self._written != before

    def _time(self) -> int:
        """In nanoseconds, 0 where there is none."""
        try:
            return self._index.stat().st_mtime_ns if self._index else 0
        except OSError:
            return 0


def _index(root: Path) -> Path | None:
    for place in (root, *root.parents):
        try:
            (place / ".git").lstat()
        except OSError:
            continue
        return git_folder(place / ".git") / "index"
    return None
