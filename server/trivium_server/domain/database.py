"""SQLite files of the cache: opened so that nothing committed is lost and nobody waits for ever.

What is in them can always be made again, so a file that is damaged is put aside rather than
repaired. Whoever changes what a file holds changes its name: several versions may run at once.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from trivium_server.domain.arrays import Ids

PRIVATE = 0o700
"""Mode of a folder of such files: they hold the user's code, and others may read the cache."""
_PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""


def open_(file: Path | None, schema: str) -> sqlite3.Connection:
    """Open or create a file with these tables; None keeps it in memory.

    A damaged file is set aside.
    Raises `sqlite3.OperationalError` when the disk is full or may not be written.
    """
    if file is None:
        db = _connect(":memory:")
        _prepare(db, schema)
        return db
    file.parent.mkdir(PRIVATE, parents=True, exist_ok=True)
    try:
        return _opened(file, schema)
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        set_aside(file)
        return _opened(file, schema)


def open_to_read(file: Path) -> sqlite3.Connection:
    """Open a file as it is; raises `sqlite3.Error`, here or when it is asked, if that fails."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", timeout=_PATIENCE, uri=True)


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a file does not hold what SQLite once wrote; other errors say nothing against it."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # Python's own: what was written was UTF-8, and SQLite does not look whether it still is.
        return isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; takes the write lock at once, so that reading inside it stays true."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def numbers(db: sqlite3.Connection, column: str, rest: str, parameters: tuple[str, ...]) -> Ids:
    """A column of whole numbers: `SELECT column FROM rest`."""
    return columns(db, (column,), rest, parameters)[0]


def columns(
    db: sqlite3.Connection, names: Sequence[str], rest: str, parameters: tuple[str, ...] = ()
) -> list[Ids]:
    """Columns of whole numbers: `SELECT names FROM rest`.

    In one row of texts, because a step for each row takes three times as long, and lets indexing
    take its turn each time.
    """
    texts = ", ".join(f"group_concat({name}, ' ')" for name in names)
    return [
        numbers_in(text)
        for text in db.execute(f"SELECT {texts} FROM {rest}", parameters).fetchone()
    ]


def numbers_in(text: str | None) -> Ids:
    """The whole numbers in a text, with spaces between them."""
    return np.fromstring(text or "", np.int64, sep=" ")


def size(file: Path) -> int:
    """Bytes on the disk, the log included."""
    parts = (file, file.with_name(file.name + "-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def set_aside(file: Path) -> Path:
    """Move a damaged file out of the way and drop its log; where it is, only the last is kept."""
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    aside = file.with_name(file.name + ".damaged")
    with contextlib.suppress(FileNotFoundError):
        file.replace(aside)
    return aside


def delete(file: Path) -> None:
    """Delete a file and what belongs to it."""
    for suffix in ("", "-wal", "-shm", ".damaged"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _opened(file: Path, schema: str) -> sqlite3.Connection:
    db = _connect(file)
    try:
        _use_log(db)
        # A power cut may cost the last commits, never the file's soundness; a kill costs nothing.
        db.execute("PRAGMA synchronous=NORMAL")
        _prepare(db, schema)
    except BaseException:
        db.close()
        raise
    return db


def _use_log(db: sqlite3.Connection) -> None:
    """Write ahead into a log. Of two who begin one at once, SQLite refuses one without waiting."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            db.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
        with transaction(db):
            pass  # That waits for the other one.


def _connect(file: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA cache_size=-8000")
    return db


def _prepare(db: sqlite3.Connection, schema: str) -> None:
    """Create the tables where there are none."""
    if _has_tables(db):
        return
    with transaction(db):
        if _has_tables(db):
            return
        for statement in schema.split(";"):
            db.execute(statement)


def _has_tables(db: sqlite3.Connection) -> bool:
    return db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
