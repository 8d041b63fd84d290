"""Workspaces for the index benchmarks, out of the Python code that is installed anyway.

Real code, no download: the packages of this environment, copied file by file. Vectors for very
many chunks are mixtures of real ones, since embedding them all would take hours; they lie in the
same cone and are as crowded as real ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.report import FOLDER
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Priority
from trivium_server.domain import updating
from trivium_server.domain.arrays import Floats
from trivium_server.domain.files import Walk
from trivium_server.domain.index import Index
from trivium_server.domain.vectors import VectorFile

SEED = 7
MODEL = "all-MiniLM-L6-v2"
_LARGEST = 300_000


def sources() -> Iterator[Path]:
    """The Python files of the installed packages, shuffled, always in the same order."""
    root = Path(sysconfig.get_paths()["purelib"])
    files = sorted(path for path in root.rglob("*.py") if path.stat().st_size < _LARGEST)
    random.Random(SEED).shuffle(files)
    yield from files


def copy_lines(folder: Path, lines: int) -> int:
    """Fill a folder with so many lines of code; how many files it took."""
    root = Path(sysconfig.get_paths()["purelib"])
    for count, file in enumerate(sources()):
        if lines <= 0:
            return count
        place = folder / file.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
        lines -= file.read_bytes().count(b"\n")
    raise ValueError("too few packages are installed for so many lines")


def index_words(index: Index, root: Path) -> None:
    """Bring the index into step with the folder; no vectors."""
    new, gone = updating.compare(index, Walk(root))
    while new or gone:
        updating.apply(index, Walk(root), new, gone, seconds=1.0)


def give_vectors(index: Index, real: Floats) -> None:
    """Give every chunk that lacks a vector a mixture of real ones."""
    rng = np.random.default_rng(SEED)
    index.plan(lambda path, modified: 0.0)
    while keys := list(index.next_texts(2000)):
        index.give(keys, mixtures(real, len(keys), rng))


def mixtures(real: Floats, count: int, rng: np.random.Generator) -> Floats:
    """Unit vectors between two real ones, with a little noise."""
    share = rng.uniform(0.5, 0.95, (count, 1)).astype(np.float32)
    one, two = (real[rng.integers(0, len(real), count)] for _ in range(2))
    noise = rng.standard_normal((count, real.shape[1])).astype(np.float32)
    found: Floats = share * one + (1 - share) * two + 0.02 * noise
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def real_vectors(texts: Sequence[str]) -> Floats:
    """The encoder's vectors of these texts; kept in build/bench for the next run."""
    name = hashlib.blake2b("\0".join(texts).encode("utf-8", "replace"), digest_size=8).hexdigest()
    kept = FOLDER / f"vectors-{name}.npy"
    if kept.exists():
        return np.asarray(np.load(kept), np.float32)

    async def embed() -> Floats:
        engine = EngineClient(EngineConfig(encoder=MODEL))
        try:
            return np.asarray(await engine.embed(texts, priority=Priority.INDEXING), np.float32)
        finally:
            await engine.close()

    found = asyncio.run(embed())
    FOLDER.mkdir(parents=True, exist_ok=True)
    np.save(kept, found)
    return found


def open_index(cache: Path, file: Path) -> Index:
    """An index in the place where a server with this cache would look for it."""
    return Index(file, VectorFile(cache / "index" / "vectors.sqlite", MODEL))


def exact(matrix: Floats, query: Floats, limit: int) -> list[int]:
    """The rows nearest to a query, in float32."""
    scores = matrix @ query
    best = np.argpartition(-scores, limit)[:limit]
    return [int(row) for row in best[np.argsort(-scores[best])]]
