"""Query latency and memory of a server with 100,000 chunks.

`make bench-query` (`ARGS="--chunks 20000"` for a quick look). A real server answers
`trivium/search` over stdio, with the real encoder for the questions; the chunks are real code,
their vectors mixtures of real ones. Measured with the engine idle, for questions asked at once, for
others as a person types them and behind filters, and again while files change and are indexed anew.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from zlib import crc32

from benchmarks import code_corpus, session
from benchmarks.report import Report
from support.raw_client import RawClient
from trivium_models.cache import models_root
from trivium_server.domain.index import Index
from trivium_server.services.places import index_file

LINES_PER_CHUNK = 13
QUESTIONS = 200
TYPED = 40
SAMPLE = 1500


def main() -> int:
    """Build the index, ask, print the tables and write the JSON."""
    parser = argparse.ArgumentParser(prog="bench-query")
    parser.add_argument("--chunks", type=int, default=100_000)
    given = parser.parse_args()
    report = Report("query")
    with tempfile.TemporaryDirectory() as folder:
        root, cache = Path(folder, "code"), Path(folder, "cache")
        cache.mkdir()
        (cache / "models").symlink_to(models_root())
        questions = prepare(report, root, cache, given.chunks)
        measure(report, root, cache, questions)
    report.write()
    return 0


def prepare(report: Report, root: Path, cache: Path, chunks: int) -> list[str]:
    """Index the corpus; questions are sentences of its own docstrings."""
    code_corpus.copy_lines(root, chunks * LINES_PER_CHUNK)
    index = code_corpus.open_index(cache, index_file(cache / "index", root))
    started = time.perf_counter()
    code_corpus.index_words(index, root)
    report.note("seconds to index words", round(time.perf_counter() - started, 1))
    texts = sample(index)
    code_corpus.give_vectors(index, code_corpus.real_vectors(texts[:SAMPLE]))
    while index.grow_graph():
        pass
    files, count = index.store.counts()
    report.note("files", files)
    report.note("chunks", count)
    report.note("index MB", round(index.store.bytes() / 1e6, 1))
    report.note("vectors MB", round((cache / "index" / "vectors.sqlite").stat().st_size / 1e6, 1))
    index.close()
    return questions_in(texts)


def sample(index: Index) -> list[str]:
    index.plan(lambda path, modified: crc32(path.encode()) % 1000)
    texts = list(index.next_texts(20_000).values())
    index.plan(lambda path, modified: 0.0)
    return texts


def questions_in(texts: list[str]) -> list[str]:
    sentence = re.compile(r'"""([A-Z][^."\n]{25,90})\.')
    found = [match[1] for text in texts if (match := sentence.search(text))]
    return found[: QUESTIONS + TYPED]


def measure(report: Report, root: Path, cache: Path, questions: list[str]) -> None:
    """Start the server and ask."""
    client = RawClient(env=session.environment(TRIVIUM_CACHE=str(cache)))
    started = time.perf_counter()
    client.initialize(
        rootUri=root.as_uri(), workspaceFolders=[{"uri": root.as_uri(), "name": "bench"}]
    )
    client.request("trivium/search", {"query": questions[0]})
    report.note("first search after the server's start, s", round(time.perf_counter() - started, 3))
    while not client.request("trivium/search", {"query": questions[0]})["result"]["complete"]:
        time.sleep(0.2)
    report.note("complete after the server's start, s", round(time.perf_counter() - started, 3))
    spent = session.processor_seconds(client.process.pid)
    questions, others = questions[:QUESTIONS], questions[QUESTIONS:]
    rows = [["idle", *times(client, questions)]]
    spent = session.processor_seconds(client.process.pid) - spent
    report.note(
        "processor ms of the server for a question", round(1000 * spent / len(questions), 1)
    )
    rows.append(["idle, typed word by word", *times(client, typed(others))])
    rows.append(["idle, behind filters", *times(client, filtered(questions))])
    memory = resident(client.process.pid)
    for number, file in enumerate(sorted(root.rglob("*.py"))[:3000]):
        file.write_text(file.read_text("utf-8", "replace") + f"\nCHANGED_{number} = {number}\n")
    changes = [{"uri": file.as_uri(), "type": 2} for file in sorted(root.rglob("*.py"))[:3000]]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    rows.append(["while indexing", *times(client, questions)])
    columns = ("engine", "questions", "median ms", "90 % ms", "99 % ms", "worst ms")
    report.table("trivium/search from request to answer", columns, rows)
    report.note("server resident MB with everything loaded", round(memory / 1e6, 1))
    report.note("server resident MB after indexing", round(resident(client.process.pid) / 1e6, 1))
    client.kill()


def typed(questions: list[str]) -> list[str]:
    """What is asked as each question is typed, a word more each time."""
    return [
        " ".join(words[:count])
        for words in map(str.split, questions)
        for count in range(1, len(words) + 1)
    ]


def filtered(questions: list[str]) -> list[str]:
    """The questions, each behind a filter that leaves most, half or a tenth of the chunks."""
    filters = ("lang:python", "kind:function", "path:tests", "kind:class lang:python")
    return [f"{filters[at % len(filters)]} {each}" for at, each in enumerate(questions)]


def times(client: RawClient, questions: list[str]) -> list[float]:
    """How many, then the median and the upper end of the latencies, in milliseconds."""
    found = []
    for question in questions:
        started = time.perf_counter()
        client.request("trivium/search", {"query": question, "limit": 20})
        found.append(1000 * (time.perf_counter() - started))
    cuts = statistics.quantiles(found, n=100)
    return [len(found), statistics.median(found), cuts[89], cuts[98], max(found)]


def resident(pid: int) -> int:
    """Resident bytes of a process (Linux)."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


if __name__ == "__main__":
    sys.exit(main())
