"""Where the indexes of a session are kept: in the cache, or in a folder of the session's own.

A cache that takes nothing (read-only, full, another user's) is a normal state: a container, a
guest's account. Then the index is made in a private temporary folder that goes with the session,
and a sentence says so. Knows neither what is in an index nor who uses it. Synchronous.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_server.domain import database, store
from trivium_server.domain.text import encodable

if TYPE_CHECKING:
    from filelock import FileLock

_PREFIX, _LOCK = "trivium-index-", "lock"
_ROOM = 1_000_000
"""Bytes that must fit into the cache for an index to be begun there."""
_UNUSED = 60 * 86400.0
"""Seconds without a session after which an index goes: its folder has gone, or its version."""


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one workspace folder."""

    index: Path
    vectors: Path
    """Shared by all folders that are kept together."""
    note: str = ""
    """Why that is not the cache; empty if it is."""


class Places:
    """The files of all folders of a session."""

    def __init__(self, cache: Path) -> None:
        """Nothing is touched before `probe`; `cache` is Trivium's own folder."""
        self._kept = cache / "index"
        self._refused = ""
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._lock: FileLock | None = None
        """Held as long as the folder is wanted."""

    def probe(self) -> None:
        """Find out whether the cache takes an index."""
        self._refused = refusal(self._kept)

    def of(self, root: Path) -> Place:
        """The files of a workspace folder."""
        note = self.note(root)
        own = self._private() if note else None
        if own is None:
            return self._in_cache(root)
        return Place(index_file(own, root), own / "vectors.sqlite", note)

    def note(self, root: Path) -> str:
        """Why a folder's index cannot be kept in the cache; empty if it can."""
        why = self._refused or _unwritable(self._in_cache(root))
        return why and (
            f"The index of {root} is kept for this session only, since {self._kept} cannot be "
            f"written ({why}); make room there or name another folder in TRIVIUM_CACHE."
        )

    def close(self) -> None:
        """Delete what was kept for this session only."""
        if self._own and self._lock:
            self._lock.release()
            self._own.cleanup()

    def _in_cache(self, root: Path) -> Place:
        return Place(index_file(self._kept, root), self._kept / "vectors.sqlite")

    def _private(self) -> Path | None:
        """The session's own folder; None where no temporary folder takes anything either."""
        if self._own is None:
            with contextlib.suppress(OSError):
                _sweep(Path(tempfile.gettempdir()))
                own = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
                self._lock = _held(Path(own.name))
                self._own = own
        return Path(self._own.name) if self._own else None


def _held(folder: Path) -> FileLock:
    from filelock import FileLock  # Hardly ever wanted.

    lock = FileLock(folder / _LOCK)
    lock.acquire(timeout=0)
    return lock


def _sweep(temporary: Path) -> None:
    """Delete what sessions left that were killed; nobody holds its lock."""
    for left in temporary.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if (left / _LOCK).exists():
                _held(left).release()
                shutil.rmtree(left, ignore_errors=True)


def refusal(folder: Path) -> str:
    """Why a folder, made if it is not there, takes no index; empty if it takes one."""
    try:
        folder.mkdir(database.PRIVATE, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_ROOM))
            probe.flush()
    except OSError as error:
        return (error.strerror or str(error)).lower()
    return ""


def index_file(folder: Path, root: Path) -> Path:
    """Where in a folder of indexes that of a workspace folder is kept by this version."""
    name = hashlib.blake2b(os.fsencode(root), digest_size=12).hexdigest()
    # The file's name is a key in the shared vectors, and SQLite keeps UTF-8 only.
    return folder / f"{encodable(root.name)[:40] or 'root'}-{name}-{store.version()}.sqlite"


def forget_unused(place: Place) -> None:
    """Note that an index is used, and delete those beside it that nobody used for long."""
    os.utime(place.index)
    since = time.time() - _UNUSED
    for file in place.index.parent.glob("*.sqlite"):
        if file != place.vectors and file.stat().st_mtime < since:
            database.delete(file)
            for graph in file.parent.glob(f"{escape(file.stem)}.*.graph"):
                graph.unlink(missing_ok=True)


def _unwritable(place: Place) -> str:
    """Which of the files may not be written, as after a run as another user; empty if none."""
    parts = [
        file.with_name(file.name + suffix)
        for file in (place.index, place.vectors)
        for suffix in ("", "-wal", "-shm")
    ]
    held = [part.name for part in parts if os.path.lexists(part) and not os.access(part, os.W_OK)]
    return f"{held[0]}: permission denied" if held else ""
