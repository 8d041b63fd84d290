"""Repositories and questions for the search benchmark, and their indexes as the server makes them.

Files are walked, cut, stored and embedded by the code that the server runs; vectors are kept in
the benchmark's cache by content, so that a second run takes seconds. Knows nothing of scores.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Priority
from trivium_server.domain import files, vectors
from trivium_server.domain.arrays import Floats
from trivium_server.domain.index import Index
from trivium_server.domain.vectors import VectorFile
from trivium_server.services.places import index_file

CACHE = Path(os.environ.get("TRIVIUM_BENCH", Path.home() / ".cache" / "trivium-bench"))
MODEL = "all-MiniLM-L6-v2"
_BATCH = 64
_NAMES = 20
_NAMED = frozenset({"function", "method", "class", "interface", "struct", "enum", "constant"})

HOW_TO_FILL = """\
{folder} does not hold the sources of {missing}.
The benchmark never downloads anything. For each repository of {questions}/repos.json, take its
files at the pinned revision (a clone, or the released source package), keep their paths, and put
the folder `benchmark_root` (or everything) below {folder}/<name>/:
    git -C CLONE archive REVISION BENCHMARK_ROOT | tar -x -C {folder}/NAME
Or name another folder with --sources."""


@dataclass(frozen=True, slots=True)
class Target:
    """What answers a question: a file, for some with lines from 1."""

    path: str
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the set."""

    text: str
    targets: tuple[Target, ...]
    category: str


@dataclass
class Repository:
    """A repository with its questions, and its index once that is open."""

    name: str
    language: str
    root: Path
    questions: tuple[Question, ...]
    index: Index = field(init=False)
    vectors: Floats = field(init=False)
    """One row for each question."""

    @property
    def files(self) -> list[str]:
        """The paths of all files in the index."""
        return list(self.index.store.files())


def repositories(questions: Path, sources: Path) -> list[Repository]:
    """The repositories whose sources are there, and a word on those that are not."""
    found, missing = [], []
    if not (questions / "repos.json").is_file():
        print(f"No questions in {questions}: name their folder with --questions.", file=sys.stderr)
        return []
    for entry in json.loads((questions / "repos.json").read_text("utf-8")):
        root = sources / entry["name"]
        if root.is_dir() and any(root.iterdir()):
            asked = questions / "annotations" / f"{entry['name']}.json"
            found.append(Repository(entry["name"], entry["language"], root, _questions(asked)))
        else:
            missing.append(entry["name"])
    if missing:
        text = HOW_TO_FILL.format(folder=sources, missing=", ".join(missing), questions=questions)
        print(text, file=sys.stderr)
    return found


def _questions(file: Path) -> tuple[Question, ...]:
    return tuple(
        Question(
            entry["query"],
            tuple(_target(each) for each in (*entry["relevant"], *entry.get("secondary", ()))),
            entry["category"],
        )
        for entry in json.loads(file.read_text("utf-8"))
    )


def _target(entry: str | dict[str, object]) -> Target:
    if isinstance(entry, str):
        return Target(entry)
    return Target(str(entry["path"]), entry.get("start_line"), entry.get("end_line"))  # type: ignore[arg-type]


async def open_indexes(found: Sequence[Repository], folder: Path = CACHE / "search-index") -> None:
    """Index every repository and embed what was never embedded, through the engine."""
    engine = EngineClient(EngineConfig(encoder=MODEL))
    vector_file = VectorFile(folder / "vectors.db", MODEL)
    try:
        for repository in found:
            repository.index = _indexed(repository, folder, vector_file)
            await _embed_chunks(engine, repository)
            texts = [question.text for question in repository.questions]
            repository.vectors = await _embedded(engine, vector_file, texts)
    finally:
        await engine.close()


async def open_together(found: Sequence[Repository], sources: Path) -> list[Repository]:
    """The same repositories, each asked in one workspace that holds them all."""
    every = tuple(question for repository in found for question in repository.questions)
    whole = Repository("together", "", sources, every)
    await open_indexes([whole])
    parts = []
    for repository in found:
        asked = tuple(_below(repository.name, each) for each in repository.questions)
        part = Repository(repository.name, repository.language, sources, asked)
        part.index, part.vectors = whole.index, repository.vectors
        parts.append(part)
    return parts


async def open_names(
    found: Sequence[Repository], folder: Path = CACHE / "search-index"
) -> list[Repository]:
    """The same indexes, each asked for the bare names of definitions that only one file has."""
    engine = EngineClient(EngineConfig(encoder=MODEL))
    vector_file = VectorFile(folder / "vectors.db", MODEL)
    parts = []
    try:
        for each in found:
            part = Repository(each.name, each.language, each.root, _names(each.index))
            texts = [question.text for question in part.questions]
            part.index, part.vectors = each.index, await _embedded(engine, vector_file, texts)
            parts.append(part)
    finally:
        await engine.close()
    return parts


def _names(index: Index) -> tuple[Question, ...]:
    paths: dict[str, set[str]] = {}
    for symbol in index.store.symbols.like(""):
        if symbol.kind in _NAMED:
            paths.setdefault(symbol.name, set()).add(symbol.path)
    names = sorted(name for name, files in paths.items() if len(files) == 1)
    chosen = names[:: len(names) // _NAMES + 1]
    return tuple(Question(name, (Target(*paths[name]),), "name alone") for name in chosen)


def _below(folder: str, question: Question) -> Question:
    targets = (replace(each, path=f"{folder}/{each.path}") for each in question.targets)
    return replace(question, targets=tuple(targets))


def _indexed(repository: Repository, folder: Path, vector_file: VectorFile) -> Index:
    index = Index(index_file(folder, repository.root), vector_file)
    walk = files.Walk(repository.root)
    gone = set(index.store.files())
    with index.store.batch():
        for entry in walk.entries():
            try:
                text = files.read(repository.root / entry.path, walk.rules.max_bytes)
            except files.Unreadable:
                continue
            index.put(entry, text)
            gone.discard(entry.path)
        for path in gone:
            index.remove(path)
    return index


async def _embed_chunks(engine: EngineClient, repository: Repository) -> None:
    index = repository.index
    index.plan(lambda path, modified: 0)
    while texts := index.next_texts(_BATCH):
        matrix = await engine.embed(list(texts.values()), priority=Priority.INDEXING)
        index.give(list(texts), matrix)
        if sys.stderr.isatty():
            left = f"{repository.name}: {index.lacking} chunks to embed"
            print(f"\r{left:40}", end="", file=sys.stderr)


async def _embedded(engine: EngineClient, file: VectorFile, texts: Sequence[str]) -> Floats:
    """Vectors of texts, float32 [n, d], from the cache where they are known."""
    keys = list(_keys(texts))
    known = file.get(keys)
    new = [(key, text) for key, text in zip(keys, texts, strict=True) if key not in known]
    if new:
        matrix = await engine.embed([text for _, text in new], priority=Priority.QUERY)
        codes = vectors.encode(matrix)
        file.put([key for key, _ in new], codes)
        known |= {key: code.tobytes() for (key, _), code in zip(new, codes, strict=True)}
    matrix = vectors.decode(known[key] for key in keys).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def _keys(texts: Sequence[str]) -> Iterator[int]:
    for text in texts:
        digest = hashlib.blake2b(f"question\0{text}".encode(), digest_size=8).digest()
        yield int.from_bytes(digest) >> 1
