"""Resident memory of the engine and of the server: `make bench-memory`.

The engine with both small models, fresh and after prompts of 1,500 tokens and embedding, each time
once it is idle; the server's process with this project as its workspace, after its models answered.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import random
import tarfile
from pathlib import Path

import psutil

from benchmarks.report import ROOT, Cell, Report
from support.raw_client import RawClient
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.lanes import QUIET
from trivium_models.types import Art, CompletionOptions, Priority

_CHARACTERS = 5600
"""About 1,500 tokens of Python."""
_MB = 1e6


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=int, default=6, help="prompts of 1,500 tokens a round")
    options = parser.parse_args()
    report = Report("memory")
    rows = asyncio.run(engine(options.prompts))
    report.table("Engine, resident", ["when", "MB", "of it not shared"], rows)
    report.table("Server, resident", ["when", "MB", "of it not shared"], server())
    report.write()


async def engine(prompts: int) -> list[list[Cell]]:
    """The engine's memory step by step."""
    client = EngineClient(EngineConfig(idle_seconds=0))
    text = inspect.getsource(tarfile)
    choose = random.Random(prompts)
    chunks = [text[at : at + choose.randrange(200, 1500)] for at in range(0, len(text) - 1500, 700)]

    async def type_on() -> None:
        for _ in range(prompts):
            at = choose.randrange(_CHARACTERS, len(text))
            await client.complete(
                text[at - _CHARACTERS : at],
                CompletionOptions(max_tokens=32),
                priority=Priority.TYPING,
            )

    try:
        await client.prepare(Art.ENCODER)
        await client.prepare(Art.DECODER)
        rows = [await _idle("both models loaded")]
        await type_on()
        rows.append(await _idle(f"{prompts} prompts of 1,500 tokens"))
        await client.embed(chunks, priority=Priority.INDEXING)
        rows.append(await _idle(f"{len(chunks)} chunks embedded in the background"))
        await type_on()
        await client.embed(chunks[::-1], priority=Priority.QUERY)
        rows.append(await _idle("as many prompts again, chunks embedded in the foreground"))
        return rows
    finally:
        await client.close()


async def _idle(when: str) -> list[Cell]:
    """The engine's memory once it has given back what it freed."""
    await asyncio.sleep(2 * QUIET)
    return _row(when, psutil.Process().children()[-1])


def _row(when: str, process: psutil.Process) -> list[Cell]:
    memory = process.memory_full_info()
    return [when, round(memory.rss / _MB), round(memory.uss / _MB)]


def server() -> list[list[Cell]]:
    """The server's memory with nothing and with a workspace and a completion."""
    client = RawClient()
    process = psutil.Process(client.process.pid)
    client.initialize(rootUri=ROOT.as_uri())
    rows = [_row("initialized", process)]
    path = Path(__file__)
    client.open(path.as_uri(), path.read_text("utf-8"))
    position = {"line": 20, "character": 0}
    where = {"textDocument": {"uri": path.as_uri()}, "position": position}
    client.request(
        "textDocument/inlineCompletion", {**where, "context": {"triggerKind": 1}}, timeout=300
    )
    client.request("trivium/search", {"query": "where is memory given back"}, timeout=300)
    rows.append(_row("after a completion and a search", process))
    client.stop()
    return rows


if __name__ == "__main__":
    main()
