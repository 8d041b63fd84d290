"""An index of 2 million chunks: size, memory, build time, latency, and where the limits are.

`make bench-scale` (`ARGS="--chunks 200000"` for a smaller one). Texts are real code, put in many
times with a mark that makes each copy different; vectors are mixtures of real ones. The index is
built in one process and measured in fresh ones, as a server would open it: with the graph, and by
comparing all vectors.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import code_corpus
from benchmarks.report import Report
from trivium_server.domain import chunking, query, search, vectors
from trivium_server.domain.arrays import Floats
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.files import Entry
from trivium_server.domain.index import Index
from trivium_server.domain.search import Source
from trivium_server.domain.store import Store
from trivium_server.domain.vector_set import VectorSet
from trivium_server.domain.vectors import VectorFile

QUERIES = 200
SAMPLE = 1500
FILES = 1500
QUESTIONS = (
    "where are http headers parsed from the response",
    "how does retry with exponential backoff work",
    "load tokenizer from file",
    "convert position to offset",
    "parse command line arguments",
    "ssl certificate verification error",
    "thread pool executor submit",
    "return the list of all values",
)


def main() -> int:
    """Build, measure, print the tables and write the JSON."""
    parser = argparse.ArgumentParser(prog="bench-scale")
    parser.add_argument("--chunks", type=int, default=2_000_000)
    parser.add_argument("--measure", choices=("graph", "scan"))
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.folder, graph=given.measure == "graph")))
        return 0
    report = Report("scale")
    with tempfile.TemporaryDirectory(dir=given.folder) as name:
        folder = Path(name)
        build(report, folder, given.chunks)
        found = {way: in_fresh_process(folder, way) for way in ("graph", "scan")}
        rows = [[key, found["graph"][key], found["scan"][key]] for key in found["graph"]]
        report.table("opened as a server opens it", ("figure", "graph", "scan"), rows)
    report.write()
    return 0


def build(report: Report, folder: Path, chunks: int) -> None:
    """Words, vectors and graph; each timed by the processor, which others do not disturb."""
    pool = [
        chunking.chunk(text, path, "python")
        for path, text in texts()
    ]  # fmt: skip
    sample = [chunk.embedding_text for held in pool[:400] for chunk in held][:SAMPLE]
    real = code_corpus.real_vectors(sample)
    np.save(folder / "real.npy", real)
    began = time.process_time()
    count = put_words(folder, pool, chunks)
    words = time.process_time()
    put_vectors(folder, real)
    given = time.process_time()
    index = opened(folder)
    loaded = time.process_time()
    while index.grow_graph():
        pass
    rows = [
        ["chunks", count],
        ["words, processor s", words - began],
        ["vectors into the file, processor s", given - words],
        ["open, processor s", loaded - given],
        ["graph, processor s", time.process_time() - loaded],
        ["index on the disk, MB", index.store.bytes() / 1e6],
        ["vectors on the disk, MB", (folder / "vectors.sqlite").stat().st_size / 1e6],
        ["graph on the disk, MB", sum(f.stat().st_size for f in folder.glob("*.graph")) / 1e6],
    ]
    report.table("building", ("figure", "value"), rows)
    index.close()


def texts() -> Iterator[tuple[str, str]]:
    for file, _ in zip(code_corpus.sources(), range(FILES), strict=False):
        yield "/".join(file.parts[-4:]), file.read_text("utf-8", "replace")


def put_words(folder: Path, pool: list[list[Chunk]], chunks: int) -> int:
    """Put the pool in again and again, each time a little different."""
    store, count, copy = Store(folder / "index.sqlite"), 0, 0
    while count < chunks:
        with store.batch():
            for held in pool:
                path = f"copy{copy}/{held[0].path}" if held else ""
                made = [replace(c, path=path, text=f"{c.text}\n# copy {copy}") for c in held]
                if made and count < chunks:
                    store.put(Entry(path, 1, 1), b"hash", "python", made)
                    count += len(made)
        copy += 1
    store.close()
    return count


def put_vectors(folder: Path, real: Floats) -> None:
    store, file = Store(folder / "index.sqlite"), vector_file(folder)
    rng = np.random.default_rng(code_corpus.SEED)
    keys = sorted({key for _, key, _ in store.key_rows()})
    for start in range(0, len(keys), 20_000):
        part = keys[start : start + 20_000]
        file.put(part, vectors.encode(code_corpus.mixtures(real, len(part), rng)))
    store.close()
    file.close()


def vector_file(folder: Path) -> VectorFile:
    return VectorFile(folder / "vectors.sqlite", "bench")


def opened(folder: Path) -> Index:
    return Index(folder / "index.sqlite", vector_file(folder))


def in_fresh_process(folder: Path, way: str) -> dict[str, float]:
    command = (sys.executable, "-m", "benchmarks.scale", "--measure", way, "--folder", str(folder))
    return dict(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def measure(folder: Path, *, graph: bool) -> dict[str, float]:
    """Open the index, ask, and say how long it took and how much memory it needed."""
    if not graph:
        VectorSet.graph_from = sys.maxsize
    began = time.perf_counter()
    index = opened(folder)
    seconds = time.perf_counter() - began
    real = np.load(folder / "real.npy")
    probes = code_corpus.mixtures(real, QUERIES, np.random.default_rng(99))
    source = Source(folder, Store(folder / "index.sqlite"), index.vectors)
    nearest, whole, hits = [], [], 0
    for number, probe in enumerate(probes):
        start = time.perf_counter()
        found = index.vectors.nearest(probe, 10)
        nearest.append(1000 * (time.perf_counter() - start))
        if number < 50:
            hits += len({id_ for id_, _ in found} & exact(index.vectors, probe))
        start = time.perf_counter()
        asked = query.parse(QUESTIONS[number % len(QUESTIONS)])
        search.search([source], asked, probe, 20)
        whole.append(1000 * (time.perf_counter() - start))
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return {
        "open, s": seconds,
        "resident, MB": resident / 1e6,
        "nearest 10, median ms": statistics.median(nearest),
        "nearest 10, 99 % ms": statistics.quantiles(nearest, n=100)[98],
        "recall@10 against float32 cosines of all": hits / 500,
        "whole search without the encoder, median ms": statistics.median(whole),
        "whole search without the encoder, 99 % ms": statistics.quantiles(whole, n=100)[98],
    }


def exact(held: VectorSet, probe: Floats) -> set[int]:
    """The ten nearest by float32 cosines to everything held, a part at a time."""
    ids, best = held.ids, []
    for start in range(0, len(ids), 100_000):
        part = held.cosines(probe, ids[start : start + 100_000].tolist())
        best += sorted(part.items(), key=lambda item: -item[1])[:10]
    return {id_ for id_, _ in sorted(best, key=lambda item: -item[1])[:10]}


if __name__ == "__main__":
    sys.exit(main())
