"""Damage as a disk does it: a page of a file of the cache holds something else."""

import contextlib
import sqlite3


def overwrite(file, table):
    """Fill the first page of a table or an index with nonsense; nobody has the file open."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = db.execute("PRAGMA page_size").fetchone()
        select = "SELECT rootpage FROM sqlite_master WHERE name=?"
        (page,) = db.execute(select, (table,)).fetchone()
    with file.open("r+b") as held:
        held.seek((page - 1) * size)
        held.write(b"\xde\xad\xbe\xef" * (size // 4))


def sound(file):
    """Whether SQLite finds nothing wrong with a file."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        try:
            return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        except sqlite3.DatabaseError:
            return False
