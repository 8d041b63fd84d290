"""From a question to places: what `retrieval` brings up, ranked and cut off.

What scores far below the best is not shown, and no text is shown twice. Synchronous; knows no
model and no LSP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from trivium_server.domain import ranking, retrieval
from trivium_server.domain import symbols as symbol_names
from trivium_server.domain.arrays import Floats
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.query import Query
from trivium_server.domain.ranking import Candidate, Found, Ranked
from trivium_server.domain.retrieval import retrieve
from trivium_server.domain.showing import Shown
from trivium_server.domain.store import Store
from trivium_server.domain.symbol_table import Symbol
from trivium_server.domain.vector_set import VectorSet

CUT_OFF = 0.35
"""Results that score below this part of the best score are not shown."""
_FEW = 5


@dataclass(frozen=True, slots=True)
class Source:
    """What is searched: a reader's view of one index."""

    folder: Path
    store: Store
    vectors: VectorSet
    hidden: frozenset[str] = frozenset()
    """Paths that another source shows in a newer state."""


@dataclass(frozen=True, slots=True)
class Place:
    """A result."""

    folder: Path
    chunk: Chunk
    score: float
    reason: str
    copies: tuple[str, ...] = field(default=())
    """Other paths that hold the same text."""

    def overlaps(self, lines: tuple[Path, int, int] | None) -> bool:
        """Whether it shares a line with a range of lines of a file."""
        return _overlaps(self.folder, self.chunk, lines)


def search(
    sources: Sequence[Source], query: Query, vector: Floats | None, limit: int
) -> list[Place]:
    """The best places for a query, best first; `vector` is its embedding once there is one."""
    origins: dict[int, Source] = {}
    found: list[Found] = []
    rarity: Mapping[str, float] = {}
    largest = -1
    for source in sources:
        part = retrieve(source.store, source.vectors, query, vector, source.hidden)
        found += part.files
        origins |= {id(each): source for file in part.files for each in file.candidates}
        files = source.store.file_words.files()
        if files > largest:
            # How telling a word is shows best where there are most files.
            largest, rarity = files, part.rarity
    ranked = ranking.rank(query.text, found, rarity)
    shown = Shown(query.text)
    places = []
    for each, copies in _distinct(_above(ranked), limit):
        source = origins[id(each.candidate)]
        candidate = replace(each.candidate, chunk=_part(each.candidate.chunk, source, shown))
        reason = shown.reason(candidate)
        places.append(Place(source.folder, candidate.chunk, each.score, reason, copies))
    return places


def _part(chunk: Chunk, source: Source, shown: Shown) -> Chunk:
    if len(chunk.names) < 2:
        return chunk
    lines = (chunk.start_line, chunk.end_line)
    return shown.part(chunk, source.store.symbols.beginning(chunk.path, lines))


def unmet(sources: Sequence[Source], query: Query) -> list[str]:
    """The filters, as they are typed, that nothing passes, be it asked for or not."""
    return [
        f"{each[0]}:{each[1]}"
        for each in query.filters
        if each[0] in ("path", "lang", "kind") and each[2]
        if not any(retrieval.passes(source.store, each) for source in sources)
    ]


def look_ahead(sources: Sequence[Source], query: Query) -> None:
    """Look words up while the vector of the question is still being made."""
    for source in sources:
        retrieval.look_ahead(source.store, query)


def similar(
    sources: Sequence[Source],
    vector: Floats,
    limit: int,
    exclude: tuple[Path, int, int] | None = None,
) -> list[Place]:
    """The places nearest in meaning to a text; `exclude` is a range of lines it stands in."""
    found: list[Ranked] = []
    folders: dict[int, Path] = {}
    for source in sources:
        near = dict(source.vectors.nearest(vector, limit * 3))
        for id_, chunk in source.store.chunks(near).items():
            if chunk.path in source.hidden or _overlaps(source.folder, chunk, exclude):
                continue
            candidate = Candidate(chunk, 0.0, near[id_])
            folders[id(candidate)] = source.folder
            found.append(Ranked(candidate, near[id_]))
    found.sort(key=lambda each: -each.score)
    return [
        Place(
            folders[id(each.candidate)],
            each.candidate.chunk,
            each.score,
            f"similar: {each.score:.2f}",
            copies,
        )
        for each, copies in _distinct(_above(found), limit)
    ]


def symbols(sources: Sequence[Source], query: Query, limit: int) -> list[Place]:
    """Definitions whose names fit, best first; the score says how well."""
    found = [
        Place(source.folder, _as_chunk(each), score, f"named {each.name}")
        for source in sources
        for score, each in symbol_names.matching(_named(source, query), query.text, limit)
    ]
    return sorted(found, key=lambda place: -place.score)[:limit]


def _named(source: Source, query: Query) -> Iterator[Symbol]:
    _, name = symbol_names.qualified(query.text)
    for each in source.store.symbols.like(name[:100]):
        passes = not query.filters or query.accepts(_as_chunk(each))
        if passes and each.path not in source.hidden:
            yield each


def _above(ranked: list[Ranked]) -> list[Ranked]:
    """What scores well beside the best, and a few that are near in meaning in any case.

    One rare word, in a table of thousands, would else leave that table alone in the answer.
    """
    best = ranked[0].score if ranked else 0.0
    return [
        each
        for at, each in enumerate(ranked)
        if CUT_OFF * best <= each.score or (at < _FEW and each.candidate.meaning >= retrieval.FLOOR)
    ]


def _distinct(ranked: Iterable[Ranked], limit: int) -> list[tuple[Ranked, tuple[str, ...]]]:
    """One result for each text, and one for each definition that was cut into several chunks."""
    kept: dict[object, Ranked] = {}
    copies: dict[object, list[str]] = {}
    by_text: dict[str, object] = {}
    for each in ranked:
        if len(kept) == limit:
            break
        chunk = each.candidate.chunk
        part_of = (chunk.path, chunk.container, chunk.symbol) if chunk.symbol else id(each)
        text = " ".join(chunk.text.split())
        same = by_text.get(text)
        if same is not None:
            copies.setdefault(same, []).append(chunk.path)
        elif part_of not in kept:
            kept[part_of] = each
            by_text[text] = part_of
    return [(each, tuple(copies.get(key, ()))) for key, each in kept.items()]


def _as_chunk(symbol: Symbol) -> Chunk:
    container = tuple(symbol.container.split(".")) if symbol.container else ()
    lines = (symbol.start_line, symbol.end_line)
    return Chunk(0, 0, *lines, symbol.kind, symbol.name, container, (), "", symbol.path)


def _overlaps(folder: Path, chunk: Chunk, exclude: tuple[Path, int, int] | None) -> bool:
    if exclude is None:
        return False
    path, first, last = exclude
    return folder / chunk.path == path and chunk.start_line <= last and first <= chunk.end_line
