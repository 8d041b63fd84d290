"""One searchable set of files: a store with its vectors in memory, kept in step.

Used twice: for a workspace folder (SQLite on disk) and for what the editor shows unsaved (SQLite
in memory). Synchronous; a file is read by whoever calls. One thread changes an index; another may
search it through `Reader`s of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from glob import escape
from pathlib import Path

from trivium_server.domain import chunking, definitions, languages, store, vectors
from trivium_server.domain.arrays import Floats
from trivium_server.domain.files import Entry
from trivium_server.domain.store import Store
from trivium_server.domain.symbol_table import Symbol
from trivium_server.domain.text import LineIndex, encodable
from trivium_server.domain.vector_set import VectorSet
from trivium_server.domain.vectors import VectorFile


class Index:
    """The writing side: files in, chunks without vectors out, vectors in."""

    def __init__(self, file: Path | None, vector_file: VectorFile, encoder: str = "") -> None:
        """Open the store and bring the vectors of its chunks into memory.

        `encoder` is the model that they are from: only its vectors may be compared with them.
        """
        self.encoder = encoder
        self.store = Store(file)
        self._vector_file = vector_file
        self._stem = file.stem if file else ""
        # Named after the store's own token: ids mean nothing in another store.
        token = f"{self.store.token}-{vector_file.model}"
        self._graph_file = file.with_name(f"{self._stem}.{token}.graph") if file else None
        self.reset()

    def reset(self) -> None:
        """Forget what is in memory and take it from the files again."""
        self.vectors = VectorSet()
        self._keys: dict[int, int] = {}
        self._lacking: dict[int, list[tuple[int, int]]] = {}
        """Chunk id and file of every chunk without a vector, by key."""
        self._plan: list[int] = []
        self.load()
        if self._graph_file:
            self.vectors.restore_graph(self._graph_file)

    def load(self) -> None:
        """Follow the store, whoever wrote to it: vectors of new chunks in, of lost ones out."""
        self._seen = self.store.changes()
        keys = {id_: (key, file) for id_, key, file in self.store.key_rows()}
        gone = self._keys.keys() - keys.keys()
        self._forget(gone)
        self._note({id_: found for id_, found in keys.items() if id_ not in self._keys})

    def follow(self) -> bool:
        """`load` if somebody else has written since; whether it was so."""
        if self.store.changes() == self._seen:
            return False
        self.load()
        return True

    def put(self, entry: Entry, text: str) -> bool:
        """Index a file's text; False when nothing but its time was new. Inside `store.batch`."""
        text = encodable(text)
        hash_ = store.content_hash(text)
        known = self.store.known(entry.path)
        if known is not None and known.hash == hash_:
            self.store.touch(entry)
            return False
        language = languages.of_file(entry.path, text).id
        lines = LineIndex(text)
        found = definitions.of_text(text, language)
        chunks = chunking.from_definitions(lines, entry.path, found)
        symbols = _symbols(lines, entry.path, found)
        change = self.store.put(entry, hash_, language, chunks, symbols)
        self._forget(change.gone)
        self._note({id_: (key, change.file) for id_, key in change.new.items()})
        return True

    def remove(self, path: str) -> None:
        """Forget a file. Inside `store.batch`."""
        self._forget(self.store.remove(path))

    @property
    def lacking(self) -> int:
        """How many different contents have no vector yet."""
        return len(self._lacking)

    def plan(self, urgency: Callable[[str, int], float]) -> None:
        """Put what lacks vectors in order, by a number for a path and a time: smallest first."""
        lacking = {held[0][0]: key for key, held in self._lacking.items()}
        order = sorted(
            (urgency(path, modified), lacking[id_])
            for id_, path, modified in self.store.places()
            if id_ in lacking
        )
        self._plan = [key for _, key in reversed(order)]

    def next_texts(self, count: int) -> dict[int, str]:
        """Embedding texts by key of chunks that lack vectors, in the planned order."""
        keys: list[int] = []
        while self._plan and len(keys) < count:
            key = self._plan.pop()
            if key in self._lacking:
                keys.append(key)
        # Another server may have embedded the same meanwhile.
        self._take(self._vector_file.get(keys))
        wanted = {self._lacking[key][0][0]: key for key in keys if key in self._lacking}
        chunks = self.store.chunks(wanted)
        return {key: chunks[id_].embedding_text for id_, key in wanted.items() if id_ in chunks}

    def give(self, keys: Sequence[int], matrix: Floats) -> None:
        """Take the vectors of embedding texts, float32 [n, d], into file and memory."""
        codes = vectors.encode(matrix)
        self._vector_file.put(keys, codes)
        self._take(dict(zip(keys, (code.tobytes() for code in codes), strict=True)))

    def grow_graph(self) -> bool:
        """A slice of work on the graph over very many vectors; False when there is none to do."""
        before = self.vectors.graph
        more = self.vectors.grow_graph()
        grown = self.vectors.graph
        if grown is not None and grown is not before and self._graph_file:
            for old in self._graph_file.parent.glob(f"{escape(self._stem)}.*.graph"):
                old.unlink(missing_ok=True)
            grown.save(self._graph_file)
        return more

    def tidy(self, most_bytes: int) -> None:
        """Note that these vectors are complete and still wanted; drop those unused for longest."""
        self._vector_file.note_complete(self._stem, self.encoder)
        self._vector_file.use(list(self._keys.values()))
        self._vector_file.evict(most_bytes)

    def close(self) -> None:
        """Close both files."""
        self.store.close()
        self._vector_file.close()

    def _note(self, chunks: dict[int, tuple[int, int]]) -> None:
        """New chunks with key and file: their vectors are taken from the file, or are lacking."""
        for id_, (key, file) in chunks.items():
            self._keys[id_] = key
            self._lacking.setdefault(key, []).append((id_, file))
        # What has just changed goes first, until the next plan.
        keys = [key for key, _ in chunks.values()]
        self._plan += keys
        self._take(self._vector_file.get(keys))

    def _take(self, codes: dict[int, bytes]) -> None:
        rows = [
            (id_, file, code)
            for key, code in codes.items()
            for id_, file in self._lacking.pop(key, ())
        ]
        if rows:
            ids, files, held = zip(*rows, strict=True)
            self.vectors.add(ids, vectors.decode(held), files)

    def _forget(self, ids: Iterable[int]) -> None:
        gone = [id_ for id_ in ids if id_ in self._keys]
        for id_ in gone:
            key = self._keys.pop(id_)
            left = [other for other in self._lacking.pop(key, ()) if other[0] != id_]
            if left:
                self._lacking[key] = left
        if gone:
            self.vectors.remove(gone)


def _symbols(lines: LineIndex, path: str, found: list[definitions.Definition]) -> list[Symbol]:
    return [
        Symbol(
            path,
            each.name,
            each.kind,
            ".".join(each.container),
            lines.line_of(each.start),
            lines.line_of(max(each.end - 1, each.start)),
        )
        for each in found
        if each.kind != "impl"
    ]
