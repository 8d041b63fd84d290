"""How often search finds the right place first: NDCG@10 on the questions of the semble project.

Run by `make bench-search`. Everything goes through what the server runs: walking, chunking, store,
engine, retrieval, ranking. The baselines come from the same chunks and vectors in the same run,
one result per file like the search itself, so that only the ranking differs.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import ROOT, Report
from benchmarks.search_score import Place, ndcg, same_file
from benchmarks.search_sources import (
    CACHE,
    Question,
    Repository,
    open_indexes,
    open_names,
    open_together,
    repositories,
)
from trivium_server.domain import file_kinds, ranking, retrieval, search, words
from trivium_server.domain.arrays import Floats
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.query import Query
from trivium_server.domain.ranking_rules import RULES, Rule
from trivium_server.domain.retrieval import Retrieved

Method = Callable[[Repository, int], list[Place]]
_LARGE = 20
"""Files from which on a repository counts as large."""
_RRF = 60
_BROUGHT_UP = 100
_LIMIT = 10


@dataclass(frozen=True, slots=True)
class Score:
    """One question answered by one method."""

    repository: Repository
    question: Question
    unnamed: bool
    """The question holds neither a target's file name nor the name of a definition in it."""
    unrelated: bool
    """Nor words of the same stems as that file name."""
    value: float


def main() -> None:
    """Measure and report."""
    arguments = _arguments()
    found = repositories(arguments.questions, arguments.sources)
    if not found:
        raise SystemExit(1)
    asyncio.run(open_indexes(found))
    report = Report("search")
    methods: dict[str, Method] = {
        "BM25": by_words,
        "MiniLM": by_meaning,
        "fusion": by_fusion,
        "no vectors yet": before_vectors,
        "Trivium": as_the_server,
    }
    scores = {name: answer(found, method) for name, method in methods.items()}
    _tables(report, found, scores)
    names = asyncio.run(open_names(found))
    _names_alone(report, names, methods)
    _one_workspace(report, asyncio.run(open_together(found, arguments.sources)), methods)
    _ablation(report, found, names)
    report.note("milliseconds per question, without the engine", _milliseconds(found))
    report.write()


def by_words(repository: Repository, number: int) -> list[Place]:
    """BM25 over chunks, the best chunk of each file."""
    store = repository.index.store
    terms = words.question_terms(repository.questions[number].text)
    return _places(repository, (id_ for id_, _ in store.words.match(terms, _BROUGHT_UP)))


def by_meaning(repository: Repository, number: int) -> list[Place]:
    """MiniLM's cosines, the best chunk of each file."""
    near = repository.index.vectors.nearest(repository.vectors[number], _BROUGHT_UP)
    return _places(repository, (id_ for id_, _ in near))


def by_fusion(repository: Repository, number: int) -> list[Place]:
    """Reciprocal rank fusion of both, the best chunk of each file."""
    index = repository.index
    terms = words.question_terms(repository.questions[number].text)
    near = index.vectors.nearest(repository.vectors[number], _BROUGHT_UP)
    total: dict[int, float] = {}
    for ranked in (index.store.words.match(terms, _BROUGHT_UP), near):
        for rank, (id_, _) in enumerate(ranked, 1):
            total[id_] = total.get(id_, 0.0) + 1 / (_RRF + rank)
    return _places(repository, sorted(total, key=lambda id_: -total[id_]))


def before_vectors(repository: Repository, number: int) -> list[Place]:
    """What a search request answers while the engine starts and the first chunks are embedded."""
    return _searched(repository, number, None)


def as_the_server(repository: Repository, number: int) -> list[Place]:
    """What a search request answers."""
    return _searched(repository, number, repository.vectors[number])


def _searched(repository: Repository, number: int, vector: Floats | None) -> list[Place]:
    index = repository.index
    source = search.Source(repository.root, index.store, index.vectors)
    query = Query(repository.questions[number].text)
    return [_place(each.chunk) for each in search.search([source], query, vector, _LIMIT)]


def answer(found: Iterable[Repository], method: Method) -> list[Score]:
    """Every question of every repository by one method."""
    return [
        Score(
            repository,
            question,
            not _says_name(repository, question, _plain),
            not _says_name(repository, question, lambda text: set(words.terms(text))),
            ndcg(method(repository, number), question.targets),
        )
        for repository in found
        for number, question in enumerate(repository.questions)
    ]


def _says_name(
    repository: Repository, question: Question, parts: Callable[[str], set[str]]
) -> bool:
    """Whether a question says a target's whole file name, or a definition in that file."""
    said, spoken = parts(question.text), ranking.identifiers(question.text)
    return any(
        parts(file_kinds.name(path)) <= said
        or any(spoken & set(chunk.names) for chunk in _chunks(repository, path))
        for path in repository.files
        if any(same_file(path, target.path) for target in question.targets)
    )


def _plain(text: str) -> set[str]:
    """The words of a text, whether one or many of a thing."""
    return {word.rstrip("s") for word in words.words(text)}


def _chunks(repository: Repository, path: str) -> Iterable[Chunk]:
    return repository.index.store.chunks_of(path).values()


def _tables(report: Report, found: Sequence[Repository], scores: dict[str, list[Score]]) -> None:
    rows = [
        _row(repository.name, scores, lambda score, r=repository: score.repository is r)
        for repository in found
    ]
    for row, repository in zip(rows, found, strict=True):
        row[1:1] = [repository.language, len(repository.files)]
    columns = ["repository", "language", "files", "questions", *scores]
    report.table("NDCG@10 by repository", columns, rows)
    languages = sorted({repository.language for repository in found})
    rows = [_row(name, scores, lambda s, n=name: s.repository.language == n) for name in languages]
    report.table("NDCG@10 by language", ["language", "questions", *scores], rows)
    kinds = sorted({score.question.category for score in scores["Trivium"]})
    rows = [_row(name, scores, lambda s, n=name: s.question.category == n) for name in kinds]
    rows.append(_row("names nothing", scores, lambda score: score.unnamed))
    rows.append(_row("nor shares its stems", scores, lambda score: score.unrelated))
    report.table("NDCG@10 by category, mean of questions", ["category", "questions", *scores], rows)
    large = [repository for repository in found if len(repository.files) > _LARGE]
    rows = [
        ["all repositories", *(_mean_of_repositories(each, found) for each in scores.values())],
        [
            f"repositories of more than {_LARGE} files",
            *(_mean_of_repositories(each, large) for each in scores.values()),
        ],
    ]
    report.table("NDCG@10, mean of repositories", ["", *scores], rows)


def _one_workspace(report: Report, found: Sequence[Repository], methods: dict[str, Method]) -> None:
    """The same questions where every other repository is in the way."""
    files, chunks = found[0].index.store.counts()
    means = [_mean_of_repositories(answer(found, each), found) for each in methods.values()]
    title = "NDCG@10 in one workspace of all repositories"
    report.table(title, ["files", "chunks", *methods], [[files, chunks, *means]])


def _names_alone(report: Report, names: Sequence[Repository], methods: dict[str, Method]) -> None:
    """Names of definitions and nothing else, as they are typed to go there."""
    means = [_mean_of_repositories(answer(names, each), names) for each in methods.values()]
    count = sum(len(each.questions) for each in names)
    title = "NDCG@10 of bare names that one file defines, mean of repositories"
    report.table(title, ["names", *methods], [[count, *means]])


def _ablation(report: Report, found: Sequence[Repository], names: Sequence[Repository]) -> None:
    """What each rule brings: all rules without it."""
    retrieved = {id(repository): _retrieved(repository) for repository in (*found, *names)}
    large = [repository for repository in found if len(repository.files) > _LARGE]
    rows = []
    for left_out in (None, *RULES):
        rules = [rule for rule in RULES if rule is not left_out]
        scores = answer(found, _with_rules(retrieved, rules))
        named = [score.value for score in scores if score.unnamed]
        related = [score.value for score in scores if score.unrelated]
        title = f"without {left_out.name}" if left_out else "all rules"
        row = (_mean_of_repositories(scores, found), _mean_of_repositories(scores, large))
        alone = _mean_of_repositories(answer(names, _with_rules(retrieved, rules)), names)
        means = (*row, statistics.mean(named), statistics.mean(related), alone)
        rows.append([title, left_out.weight if left_out else None, *means])
    columns = ["rules", "weight", "all", f"more than {_LARGE} files", "names nothing", "nor stems"]
    columns.append("name alone")
    report.table("Ablation, NDCG@10", columns, rows)


def _retrieved(repository: Repository) -> list[Retrieved]:
    index = repository.index
    return [
        retrieval.retrieve(index.store, index.vectors, Query(question.text), vector)
        for question, vector in zip(repository.questions, repository.vectors, strict=True)
    ]


def _with_rules(retrieved: dict[int, list[Retrieved]], rules: Sequence[Rule]) -> Method:
    def method(repository: Repository, number: int) -> list[Place]:
        part = retrieved[id(repository)][number]
        text = repository.questions[number].text
        ranked = ranking.rank(text, part.files, part.rarity, rules)
        return [_place(each.candidate.chunk) for each in ranked[:_LIMIT]]

    return method


def _milliseconds(found: Sequence[Repository]) -> float:
    """The median over all questions."""
    spent = []
    for repository in found:
        for number in range(len(repository.questions)):
            start = time.perf_counter()
            as_the_server(repository, number)
            spent.append((time.perf_counter() - start) * 1000)
    return round(statistics.median(spent), 1)


def _row(
    name: str, scores: dict[str, list[Score]], chosen: Callable[[Score], bool]
) -> list[str | int | float | None]:
    values = [[s.value for s in each if chosen(s)] for each in scores.values()]
    means = [statistics.mean(each) if each else None for each in values]
    return [name, len(values[0]), *means]


def _mean_of_repositories(scores: Sequence[Score], found: Sequence[Repository]) -> float | None:
    """Questions averaged in each repository, then the repositories."""
    means = [
        statistics.mean(score.value for score in scores if score.repository is repository)
        for repository in found
    ]
    return statistics.mean(means) if means else None


def _places(repository: Repository, ids: Iterable[int]) -> list[Place]:
    ordered = list(ids)
    chunks = repository.index.store.chunks(ordered)
    best: dict[str, Place] = {}
    for id_ in ordered:
        best.setdefault(chunks[id_].path, _place(chunks[id_]))
    return list(best.values())[:_LIMIT]


def _place(chunk: Chunk) -> Place:
    return Place(chunk.path, chunk.start_line + 1, chunk.end_line + 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-search", description=__doc__)
    parser.add_argument(
        "--sources",
        type=Path,
        default=CACHE / "search",
        help="the folder that holds one folder of sources for each repository",
    )
    parser.add_argument(
        "--questions",
        type=Path,
        default=ROOT.parent / "shared" / "bench" / "search",
        help="the folder with repos.json and annotations/NAME.json",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
