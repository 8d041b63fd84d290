"""The files of a workspace folder that are worth indexing, and their texts.

Nothing here hangs or raises over a strange file: what cannot or should not be read is left out
with a reason. Symbolic links are never followed: what they lead to inside the folder is found
where it lies, what lies outside is not part of the workspace.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trivium_server.domain.ignoring import Ignores, Patterns

_BINARY_PROBE = 8192


@dataclass(frozen=True, slots=True)
class Rules:
    """What the settings say about which files are indexed."""

    include: tuple[str, ...] = ()
    """Patterns as in `.gitignore`; when given, only matching files are taken."""
    exclude: tuple[str, ...] = ()
    max_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the folder lists it."""

    path: str
    """Relative to the root, with `/`."""
    size: int
    """In bytes."""
    modified: int
    """Modification time in nanoseconds."""


class Unreadable(Exception):
    """A file that is not indexed; the message says why."""


@dataclass
class Walk:
    """One look over a folder; asks its ignore files once."""

    root: Path
    rules: Rules = Rules()
    found: int = 0
    """Files to index that were come across so far."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Relative paths that the rules would take but that cannot be indexed, and why."""

    def __post_init__(self) -> None:
        """Read the rules; the folder itself is not looked at yet."""
        self._ignores = Ignores(self.root, self.rules.exclude)
        self._include = Patterns(self.rules.include)

    def entries(self, stop: Callable[[], bool] = lambda: False) -> Iterator[Entry]:
        """Every file to index, folder by folder in the order of names."""
        folders = [""]
        while folders and not stop():
            folder = folders.pop()
            below = []
            for found in self._list(folder):
                path = f"{folder}/{found.name}" if folder else found.name
                if not _is_text(path):
                    self.skipped[repr(path)] = "its name is not UTF-8"
                    continue
                try:
                    if found.is_symlink():
                        continue
                    if found.is_dir(follow_symlinks=False):
                        if not self._ignores.cut_off(path):
                            below.append(path)
                    elif self._wanted(path):
                        status = found.stat(follow_symlinks=False)
                        if self._fit(path, status):
                            self.found += 1
                            yield Entry(path, status.st_size, status.st_mtime_ns)
                except OSError as error:
                    self.skipped[path] = _reason(error)
            folders += reversed(below)

    def entry(self, path: str) -> Entry | None:
        """The same for one relative path; None when it is gone, ignored or cannot be indexed."""
        if not self.admits(path):
            return None
        place = self.root / path
        try:
            status = place.lstat()
            inside = place.parent.resolve() == (self.root.resolve() / path).parent
        except (OSError, ValueError):
            return None
        if not inside or not self._fit(path, status):
            return None
        return Entry(path, status.st_size, status.st_mtime_ns)

    def admits(self, path: str) -> bool:
        """Whether the rules would take a file of this relative path, be it there or not."""
        named = _is_text(path) and self._included(path)
        return named and not self._ignores.ignored_anywhere(path)

    def left_out(self) -> dict[str, int]:
        """How many could not be indexed so far, by reason, the most frequent one first."""
        return dict(Counter(self.skipped.values()).most_common())

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / folder) as found:
                return sorted(found, key=lambda each: each.name)
        except OSError as error:
            self.skipped[folder or "."] = _reason(error)
            return []

    def _wanted(self, path: str) -> bool:
        return self._included(path) and not self._ignores.ignored(path, folder=False)

    def _included(self, path: str) -> bool:
        return not self.rules.include or self._include.decide(path) is True

    def _fit(self, path: str, status: os.stat_result) -> bool:
        if not stat.S_ISREG(status.st_mode):
            return False
        if self.rules.max_bytes < status.st_size:
            self.skipped[path] = f"larger than {self.rules.max_bytes} bytes"
            return False
        return True


def is_folder(place: Path) -> bool:
    """Whether there is a folder; no where one may not look."""
    try:
        return place.is_dir()
    except OSError:
        return False


def read(file: Path, max_bytes: int) -> str:
    """A file's text, wrong bytes replaced. Raises `Unreadable` with the reason."""
    try:
        # Without O_NONBLOCK, opening a pipe that took a file's place would wait for a writer.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        with os.fdopen(os.open(file, flags), "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise Unreadable("not a regular file")
            content = opened.read(max_bytes + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(_reason(error)) from error
    if max_bytes < len(content):
        raise Unreadable(f"larger than {max_bytes} bytes")
    return decode(content)


def decode(content: bytes) -> str:
    """Bytes as text: UTF-8, or UTF-16 behind its mark. Raises `Unreadable` for binary data."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if b"\0" in content[:_BINARY_PROBE]:
        raise Unreadable("binary")
    return content.decode("utf-8-sig", "replace")


def _is_text(path: str) -> bool:
    """Whether a name can be written as UTF-8; Python stands surrogates for bytes that cannot."""
    return path.isascii() or not any("\ud800" <= char <= "\udfff" for char in path)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
