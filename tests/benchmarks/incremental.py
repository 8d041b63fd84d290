"""From nothing to first answers, and what each change costs afterwards.

`make bench-incremental`. The first table is a real server over a workspace of 100,000 lines of
real code: how long until names and words of all files answer, cold and warm. The second counts,
for each kind of change, the texts that had to be embedded: only content never seen before should
be. Embeddings are the fake encoder's here; their number is what is measured.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import code_corpus, session
from benchmarks.report import Report
from support.raw_client import RawClient
from trivium_models.cache import models_root
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Priority
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Models, Settings

LINES = 100_000
CHECKOUT = 1000
COLD_RUNS = 5


def main() -> int:
    """Run both parts, print the tables and write the JSON."""
    report = Report("incremental")
    with tempfile.TemporaryDirectory() as folder:
        first_answers(report, Path(folder))
        report.table(
            "what a change costs",
            ("change", "files", "chunks", "texts embedded", "seconds"),
            asyncio.run(changes(Path(folder))),
        )
    report.write()
    return 0


def first_answers(report: Report, folder: Path) -> None:
    """Cold: no index at all. Warm: the same server again."""
    root = folder / "lines"
    files = code_corpus.copy_lines(root, LINES)
    report.note("files", files)
    report.note("lines", LINES)
    cold, warm = [], []
    for run in range(COLD_RUNS):
        cache = folder / f"cache{run}"
        cache.mkdir()
        (cache / "models").symlink_to(models_root())
        cold.append(start(root, cache, files))
        warm.append(start(root, cache, files))
        shutil.rmtree(cache)
    names = (
        "initialize answered",
        "first answer with hits",
        "words of all files answer",
        "processor seconds of the server by then",
    )
    rows: list[Sequence[str | float]] = []
    for title, runs in (("cold", cold), ("warm", warm)):
        for index, name in enumerate(names):
            values = sorted(run[index] for run in runs)
            rows.append([title, name, values[len(values) // 2], values[-1]])
    report.table(
        "seconds from the server's process start", ("start", "event", "median", "worst"), rows
    )


def start(root: Path, cache: Path, files: int) -> tuple[float, ...]:
    """One server; asks until every file is searched by its words."""
    environment = session.environment(TRIVIUM_CACHE=str(cache))
    began = time.perf_counter()
    client = RawClient(env=environment)
    client.initialize(
        rootUri=root.as_uri(),
        workspaceFolders=[{"uri": root.as_uri(), "name": "bench"}],
        initializationOptions={"models": dict.fromkeys(("encoder", "decoder", "rewriter"), "fake")},
    )
    initialized = time.perf_counter() - began
    with_hits = 0.0
    while True:
        answer: dict[str, Any] = client.request("trivium/search", {"query": "parse arguments"})
        now = time.perf_counter() - began
        with_hits = with_hits or (now if answer["result"]["hits"] else 0.0)
        if with_hits and files <= answer["result"]["totalFiles"]:
            break
        time.sleep(0.02)
    spent = session.processor_seconds(client.process.pid)
    client.kill()
    return initialized, with_hits, now, spent


class Counting(EngineClient):
    """Counts the texts that indexing embeds."""

    def __init__(self) -> None:
        super().__init__(EngineConfig(encoder="fake", decoder="fake", rewriter="fake"))
        self.texts = 0

    async def embed(
        self, texts: Sequence[str], *, priority: Priority, **options: Any
    ) -> np.ndarray:
        """As the client does it."""
        self.texts += len(texts) if priority is Priority.INDEXING else 0
        return await super().embed(texts, priority=priority, **options)


class Changes:
    """Does changes to a workspace and measures what they cost."""

    def __init__(self, workspace: Workspace, engine: Counting) -> None:
        self.rows: list[list[str | int | float]] = []
        self._workspace = workspace
        self._engine = engine

    async def measure(self, name: str, paths: Iterable[Path], count: int) -> None:
        """Tell of changed paths and wait until everything is in step."""
        texts, began = self._engine.texts, time.perf_counter()
        await self._workspace.files_changed(paths)
        await self._workspace.ready()
        chunks = self._workspace.status()[-1].chunks
        seconds = time.perf_counter() - began
        self.rows.append([name, count, chunks, self._engine.texts - texts, seconds])


async def changes(folder: Path) -> list[list[str | int | float]]:
    """Every kind of change, one after the other, on a git repository of real code."""
    root, engine = folder / "repo", Counting()
    repository(root)
    settings = Settings(models=Models(encoder="fake"))
    workspace = Workspace(engine, lambda: settings, cache=folder / "cache")
    done = Changes(workspace, engine)
    files = sorted(root.rglob("*.py"))
    await workspace.add_folder(root)
    await done.measure("first index", [], len(files))
    await done.measure("nothing", files, len(files))
    one = files[0]
    one.write_text(one.read_text("utf-8", "replace") + "\n\ndef brand_new():\n    return 1\n")
    await done.measure("save with one new function", [one], 1)
    tops = [path for path in root.iterdir() if path.is_dir() and path.name != ".git"]
    largest = max(tops, key=lambda path: sum(1 for _ in path.rglob("*.py")))
    moved = largest.rename(root / "renamed")
    inside = sum(1 for _ in moved.rglob("*.py"))
    await done.measure("rename a folder", [largest, moved], inside)
    moved.rename(largest)
    await done.measure("rename it back", [moved, largest], inside)
    git(root, "checkout", "-q", "--", ".")
    await done.measure("undo the save", [one], 1)
    for branch in ("other", "main", "other"):
        git(root, "checkout", "-q", branch)
        await done.measure(f"git checkout {branch}", files[:CHECKOUT], CHECKOUT)
    git(root, "worktree", "add", "-q", str(folder / "worktree"), "main")
    await workspace.add_folder(folder / "worktree")
    await done.measure("second worktree", [], len(files))
    git(folder, "clone", "-q", str(root), str(folder / "clone"))
    await workspace.add_folder(folder / "clone")
    await done.measure("clone", [], len(files))
    await workspace.remove_folder(folder / "clone")
    await workspace.remove_folder(folder / "worktree")
    for file in files[:50]:
        file.unlink()
    await done.measure("delete 50 files", files[:50], 50)
    await workspace.close()
    await engine.close()
    return done.rows


def repository(root: Path) -> None:
    """A repository with two branches that differ in `CHECKOUT` files."""
    code_corpus.copy_lines(root, 4 * LINES)
    git(root.parent, "init", "-q", "-b", "main", str(root))
    git(root, "add", ".")
    git(root, "commit", "-qm", "main")
    git(root, "checkout", "-qb", "other")
    for number, file in enumerate(sorted(root.rglob("*.py"))[:CHECKOUT]):
        text = file.read_text("utf-8", "replace")
        file.write_text(f"{text}\n\ndef only_on_other_{number}():\n    return {number}\n")
    git(root, "commit", "-qam", "other")
    git(root, "checkout", "-q", "main")


def git(folder: Path, *command: str) -> None:
    """Run git with an identity of its own."""
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
    subprocess.run(["git", "-C", folder, *identity, *command], check=True)


if __name__ == "__main__":
    sys.exit(main())
