"""One workspace folder's index: one SQLite file, the only source of truth.

It holds files, chunks, their definitions (`symbol_table`) and words (`word_index`). A file's rows
change in one transaction, so a crash at any moment leaves each file either as it was or as it is
now. Writes name the content they are made from and can be repeated, so two servers may share the
file.
Vectors are elsewhere (`vectors`), under the chunk keys found here. Knows no model and no editor.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trivium_server.domain import (
    chunk_rows,
    chunking,
    database,
    definitions,
    file_words,
    symbol_table,
    word_index,
    words,
)
from trivium_server.domain.chunk_filters import ChunkFilters
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.file_words import FileWords
from trivium_server.domain.files import Entry
from trivium_server.domain.remembered import Remembered
from trivium_server.domain.symbol_table import Symbol, SymbolTable
from trivium_server.domain.word_index import WordIndex

_SCHEMA = """
CREATE TABLE token(value TEXT NOT NULL);
INSERT INTO token VALUES(lower(hex(randomblob(6))));
CREATE TABLE files(
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL,
    modified INTEGER NOT NULL, hash BLOB NOT NULL, language TEXT NOT NULL);
CREATE TABLE chunks(
    id INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL, key INTEGER NOT NULL,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
    kind TEXT NOT NULL, symbol TEXT NOT NULL, container TEXT NOT NULL, names TEXT NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX chunks_file ON chunks(file);
CREATE INDEX chunks_key ON chunks(key);
CREATE INDEX chunks_kind ON chunks(kind);
"""
_TABLES = _SCHEMA + symbol_table.SCHEMA + word_index.SCHEMA + file_words.SCHEMA


@dataclass(frozen=True, slots=True)
class Known:
    """What the index knows of a file."""

    size: int
    modified: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """What indexing a file changed."""

    file: int
    """The number of the file."""
    new: dict[int, int]
    """Id and vector key of each new chunk."""
    gone: list[int]
    """Ids of the chunks that went."""


class Store:
    """The tables. One thread writes, through `batch`; reading needs a `Store` of its own.

    Every method may raise `sqlite3.OperationalError` for a full or unwritable disk; then nothing
    of the batch is kept and everything before it is.
    """

    def __init__(self, file: Path | None) -> None:
        """Open or create; None keeps everything in memory. A damaged file is set aside."""
        self.file = file
        self._db = database.open_(file, _TABLES)
        self.token = str(self._db.execute("SELECT value FROM token").fetchone()[0])
        """Names this store among all that were ever made: ids begin anew in each."""
        self.words = WordIndex(self._db)
        self.file_words = FileWords(self._db)
        self.symbols = SymbolTable(self._db)
        self.filters = ChunkFilters(self._db)
        self._sizes: Remembered[dict[str, tuple[int, int]]] = Remembered(self._db, 1)

    def borrow_rarity(self, lender: Store) -> None:
        """Let a larger store say which words are rare; read by the same thread."""
        self.words.lender, self.file_words.lender = lender.words, lender.file_words

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Several changes as one transaction."""
        with database.transaction(self._db):
            yield

    def put(
        self,
        entry: Entry,
        hash_: bytes,
        language: str,
        chunks: Sequence[Chunk],
        symbols: Sequence[Symbol] = (),
    ) -> Change:
        """Index a file in place of what was known of it.

        Chunks that are as they were keep their ids, wherever they stand now.
        """
        (file,) = self._db.execute(
            "INSERT INTO files(path, size, modified, hash, language) VALUES(?,?,?,?,?) "
            "ON CONFLICT(path) DO UPDATE SET size=excluded.size, modified=excluded.modified, "
            "hash=excluded.hash, language=excluded.language RETURNING id",
            (entry.path, entry.size, entry.modified, hash_, language),
        ).fetchone()
        before = self.chunks_of(entry.path)
        old: dict[chunk_rows.Content, list[int]] = {}
        for id_, chunk in reversed(before.items()):
            old.setdefault(chunk_rows.content(chunk), []).append(id_)
        moved, new = [], []
        for chunk in chunks:
            same = old.get(chunk_rows.content(chunk))
            if same:
                moved.append((chunk.start, chunk.end, chunk.start_line, chunk.end_line, same.pop()))
            else:
                new.append(chunk)
        gone = [id_ for ids in old.values() for id_ in ids]
        self._delete(gone)
        self.file_words.replace(file, list(before.values()), chunks)
        self._db.executemany(
            'UPDATE chunks SET start=?, "end"=?, start_line=?, end_line=? WHERE id=?', moved
        )
        self.symbols.replace(file, symbols)
        return Change(file, self._insert(file, new), gone)

    def touch(self, entry: Entry) -> None:
        """Note a new time or size of a file whose content is the same."""
        self._db.execute(
            "UPDATE files SET size=?, modified=? WHERE path=?",
            (entry.size, entry.modified, entry.path),
        )

    def remove(self, path: str) -> list[int]:
        """Forget a file; returns the ids of its chunks."""
        row = self._db.execute("SELECT id FROM files WHERE path=?", (path,)).fetchone()
        if row is None:
            return []
        before = self.chunks_of(path)
        self._delete(list(before))
        self.file_words.replace(row[0], list(before.values()), [])
        self.symbols.replace(row[0], [])
        self._db.execute("DELETE FROM files WHERE id=?", row)
        return list(before)

    def files(self) -> dict[str, Known]:
        """Every file of the index, by path."""
        rows = self._db.execute("SELECT path, size, modified, hash FROM files")
        return {path: Known(size, modified, hash_) for path, size, modified, hash_ in rows}

    def key_rows(self) -> list[tuple[int, int, int]]:
        """Id, vector key and file of every chunk, in the order of ids."""
        columns = database.columns(
            self._db, ("id", "key", "file"), "(SELECT id, key, file FROM chunks ORDER BY id)"
        )
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def chunks(self, ids: Iterable[int]) -> dict[int, Chunk]:
        """Chunks by id; those that are gone are left out."""
        rows = self._db.execute(
            f"SELECT {chunk_rows.COLUMNS} FROM chunks c JOIN files f ON f.id = c.file "
            "WHERE c.id IN (SELECT value FROM json_each(?))",
            (_json(ids),),
        )
        return {row[0]: chunk_rows.chunk(row) for row in rows}

    def chunks_of(self, path: str) -> dict[int, Chunk]:
        """The chunks of a file, in order."""
        rows = self._db.execute(
            f"SELECT {chunk_rows.COLUMNS} FROM chunks c JOIN files f ON f.id = c.file "
            "WHERE f.path = ? ORDER BY c.start",
            (path,),
        )
        return {row[0]: chunk_rows.chunk(row) for row in rows}

    def paths_below(self, folder: str) -> list[str]:
        """The indexed files under a folder."""
        rows = self._db.execute(
            "SELECT path FROM files WHERE substr(path, 1, ?) = ?", (len(folder) + 1, folder + "/")
        )
        return [path for (path,) in rows]

    def known(self, path: str) -> Known | None:
        """What is known of one file."""
        row = self._db.execute("SELECT size, modified, hash FROM files WHERE path=?", (path,))
        found = row.fetchone()
        return Known(*found) if found else None

    def sizes(self, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Number and count of chunks of each of these files."""
        known = self._sizes.get(None, dict)
        lacking = [path for path in paths if path not in known]
        if lacking:
            known.update(self._counted(lacking))
        return {path: known[path] for path in paths if path in known}

    def _counted(self, paths: Sequence[str]) -> dict[str, tuple[int, int]]:
        rows = self._db.execute(
            "SELECT f.path, f.id, (SELECT count(*) FROM chunks c WHERE c.file = f.id) FROM files f "
            "WHERE f.path IN (SELECT value FROM json_each(?))",
            (_json(paths),),
        )
        return {path: (id_, count) for path, id_, count in rows}

    def places(self) -> Iterator[tuple[int, str, int]]:
        """Every chunk's id, path and the time its file was modified."""
        return self._db.execute(
            "SELECT c.id, f.path, f.modified FROM chunks c JOIN files f ON f.id = c.file"
        )

    def counts(self) -> tuple[int, int]:
        """How many files and chunks are indexed."""
        return _counts(self._db)

    def changes(self) -> int:
        """A number that changes whenever somebody else has written to the file."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def bytes(self) -> int:
        """The size of the file, its log included."""
        return database.size(self.file) if self.file else 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _insert(self, file: int, chunks: Sequence[Chunk]) -> dict[int, int]:
        sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'chunks'"
        (last,) = self._db.execute(sequence).fetchone() or (0,)
        new = list(enumerate(chunks, last + 1))
        rows = [chunk_rows.row(id_, file, chunk) for id_, chunk in new]
        self._db.executemany("INSERT INTO chunks VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", rows)
        self.words.insert(new)
        return {row[0]: row[2] for row in rows}

    def _delete(self, ids: Sequence[int]) -> None:
        if not ids:
            return
        self.words.delete(self.chunks(ids).items())
        self._db.executemany("DELETE FROM chunks WHERE id=?", [(id_,) for id_ in ids])


def _json(values: Iterable[int] | Iterable[str]) -> str:
    return json.dumps(list(values))


def look_into(file: Path) -> tuple[int, int]:
    """How many files and chunks are in a file; changes nothing.

    Raises `sqlite3.Error` if it cannot be read.
    """
    with contextlib.closing(database.open_to_read(file)) as db:
        return _counts(db)


def _counts(db: sqlite3.Connection) -> tuple[int, int]:
    (files,) = db.execute("SELECT count(*) FROM files").fetchone()
    (chunks,) = db.execute("SELECT count(*) FROM chunks").fetchone()
    return files, chunks


def content_hash(text: str) -> bytes:
    """What names a file's content."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@cache
def version() -> str:
    """Changes when the tables or what is written to them would differ; part of a file's name.

    The word tables are told what they hold when it is deleted, so the code that takes texts apart
    must be the same: its own text is part of this.
    """
    made = [_TABLES, chunking.VERSION, repr(chunking.SIZES), definitions.VERSION]
    made += [inspect.getsource(module) for module in (words, word_index, file_words)]
    return hashlib.blake2b("".join(made).encode(), digest_size=8).hexdigest()
