"""What one index brings up for a query: files, for `ranking` to put in order.

Words, names and meaning point at chunks; of the files that hold them it is told what is known of
each as a whole.

Nonsense finds nothing: what shares no word and is far in meaning is no candidate. Filters are
applied before anything is scored.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice
from operator import and_

from trivium_server.domain import ranking, words
from trivium_server.domain.arrays import Floats
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.marks import Marks
from trivium_server.domain.query import Query
from trivium_server.domain.ranking import Candidate, Found
from trivium_server.domain.ranking_rules import BEST, Meaning
from trivium_server.domain.store import Store
from trivium_server.domain.vector_set import NOTHING, Compared, VectorSet

DEPTH = 100
"""How many chunks words and meaning each bring up."""
NEAREST = 400
"""How many of the nearest are compared exactly; they tell of a file's further chunks as well."""
FILES = 60
"""How many files are looked at as a whole."""
FLOOR = 0.25
"""The cosine below which a chunk that shares no word with the question is unrelated."""
MOST_TERMS = 40


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What an index knows about a question."""

    files: tuple[Found, ...]
    rarity: Mapping[str, float]
    """For each term how telling it is in paths, 0…1."""


def retrieve(
    store: Store,
    vectors: VectorSet,
    query: Query,
    vector: Floats | None,
    hidden: frozenset[str] = frozenset(),
) -> Retrieved:
    """Everything that words, names and meaning bring up in one index, filters applied."""
    terms = words.question_terms(query.text)[:MOST_TERMS]
    allowed = _allowed(store, query)
    defining = _defining(store, query)
    by_words, ids = _by_words(store, query, terms, allowed, defining)
    compared = NOTHING if vector is None else vectors.compare(vector, NEAREST, ids, allowed)
    cosines = dict(zip(compared.ids.tolist(), compared.cosines.tolist(), strict=True))
    ids.update(id_ for id_, cosine in islice(cosines.items(), DEPTH) if cosine >= FLOOR)
    by_path: dict[str, list[Candidate]] = {}
    for id_, chunk in sorted(store.chunks(ids).items()):
        if chunk.path not in hidden and query.accepts(chunk):
            by_path.setdefault(chunk.path, []).append(
                Candidate(
                    chunk,
                    by_words.get(id_, 0.0),
                    cosines.get(id_, math.nan),
                    frozenset(defining.get(id_, ())),
                )
            )
    whole = store.file_words.match(terms, FILES)
    promising = ranking.promising(by_path, whole)[:FILES]
    sizes = store.sizes(promising)
    numbers = [file for file, _ in sizes.values()]
    meanings = {} if vector is None else _meanings(vectors, vector, compared, numbers)
    files = tuple(
        Found(tuple(by_path[path]), whole.get(path, 0.0), meanings.get(file, Meaning()), size)
        for path in promising
        for file, size in [sizes.get(path, (0, 0))]
    )
    return Retrieved(files, store.file_words.rarity(terms))


def look_ahead(store: Store, query: Query) -> None:
    """Look words up while the vector of the question is still being made."""
    terms = words.question_terms(query.text)[:MOST_TERMS]
    store.words.match(terms, DEPTH, _allowed(store, query))
    store.file_words.match(terms, FILES)


def passes(store: Store, filter_: tuple[str, str, bool]) -> bool:
    """Whether any chunk passes a filter of `path`, `lang` or `kind`, whatever is asked."""
    allowed = _allowed(store, Query("", filters=(filter_,)))
    return allowed is None or bool(allowed.ids().size)


def _defining(store: Store, query: Query) -> dict[int, list[str]]:
    """The ids of the chunks that define what the question names, with these names."""
    defining: dict[int, list[str]] = {}
    for name in ranking.identifiers(query.text):
        for id_ in store.symbols.chunks_of(name, DEPTH):
            defining.setdefault(id_, []).append(name)
    return defining


def _by_words(
    store: Store,
    query: Query,
    terms: list[str],
    allowed: Marks | None,
    defining: Iterable[int],
) -> tuple[dict[int, float], set[int]]:
    """BM25 scores by chunk id, and the ids of all chunks that words, names or filters bring up."""
    by_words = dict(store.words.match(terms, DEPTH, allowed))
    ids = {*by_words, *defining}
    for name in ranking.identifiers(query.text):
        ids.update(store.words.named(words.terms(name), DEPTH))
    if len(terms) <= 4:
        ids.update(store.words.named(terms, DEPTH))
    if allowed is not None:
        ids = allowed.keep(ids)
        if not query.text:
            ids.update(allowed.ids()[:DEPTH].tolist())
    return by_words, ids


def _meanings(
    vectors: VectorSet, vector: Floats, compared: Compared, files: Sequence[int]
) -> dict[int, Meaning]:
    """What each file means beside a question, as a whole and in its best chunks.

    A chunk that was not brought up counts as the furthest of those that were.
    """
    best: dict[int, list[float]] = {}
    for file, cosine in zip(compared.groups.tolist(), compared.cosines.tolist(), strict=True):
        best.setdefault(file, []).append(cosine)
    found = {}
    for file, (mean, count) in vectors.means(vector, files).items():
        known = best.get(file, [])[:BEST]
        further = [compared.reach] * (min(count, BEST) - len(known))
        found[file] = Meaning(mean, tuple(sorted(known + further, reverse=True)))
    return found


def _allowed(store: Store, query: Query) -> Marks | None:
    """The chunks that pass the filters which the store can check; None without such filters."""
    parts: list[Callable[[], Marks]] = []
    in_place = tuple(each for each in query.filters if each[0] in ("path", "lang"))
    if in_place:
        parts.append(lambda: _in_place(store, Query("", filters=in_place)))
    for terms in filter(None, map(words.terms, query.phrases)):
        parts.append(partial(_holding, store, terms))
    if any(field_ == "kind" for field_, _, _ in query.filters):
        parts.append(lambda: store.filters.of_kinds(lambda kind: _kind_passes(query, kind)))
    if not parts and query.filters and not query.text:
        parts.append(lambda: store.filters.in_files(lambda path: True))  # Only words to leave out.
    if not parts:
        return None
    return store.filters.remembered(
        (query.filters, query.phrases), lambda: reduce(and_, [part() for part in parts])
    )


def _in_place(store: Store, only: Query) -> Marks:
    blank = Chunk(0, 0, 0, 0, "", "", (), (), "")
    return store.filters.in_files(lambda path: only.accepts(blank.at(path)))


def _holding(store: Store, terms: list[str]) -> Marks:
    return Marks(store.words.holding_all(terms))


def _kind_passes(query: Query, kind: str) -> bool:
    only = Query("", filters=tuple(each for each in query.filters if each[0] == "kind"))
    return only.accepts(Chunk(0, 0, 0, 0, kind, "", (), (), ""))
