"""From a request to a shown first line: Trivium, llama.cpp and transformers side by side.

`make bench-completion` runs them in turns on the same prompts and the same weights, with 512 and
1,500 tokens before the cursor, cold and as the user types on. Trivium is measured from outside its
engine process, the others from within theirs. llama.cpp runs with one thread and with all of them,
and is fetched by npm on the first run; without node its columns stay empty.

    make bench-completion ARGS="--places 6 --no-load"
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.report import Cell, Report
from trivium_models import machine, weights
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Art, CompletionOptions, Priority

MODEL = "SmolLM2-135M-Instruct"
TOKENS = 32
"""The longest first line."""
BUDGET_MS = 20_000
"""For each system and table row pair; on a busy machine some need seconds for a line."""
LLAMA = "3.22.1"
LLAMA_FOLDER = Path.home() / ".cache" / "trivium-bench" / "llama"
SOURCES = ("argparse", "tarfile", "zipfile", "inspect", "pathlib", "shutil", "typing", "difflib")
"""Modules of Python's own library, whose code serves as the text around the cursor."""


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", type=int, default=12, help="places in code for each row")
    parser.add_argument("--no-load", action="store_true", help="leave out the run under load")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        serve_transformers()
    else:
        asyncio.run(measure(options.places, not options.no_load))


@dataclass(frozen=True)
class Line:
    """One answer of one system."""

    ms: float
    text: str
    tokens: int


class System(Protocol):
    """A way to complete."""

    name: str

    async def first_line(self, prompt: str, *, fresh: bool) -> Line:
        """Go on to the end of the line; a fresh prompt is read as if it were the first."""
        ...


class Trivium:
    """The engine as its clients use it."""

    name = "trivium"

    def __init__(self, client: EngineClient) -> None:
        self._client = client

    async def first_line(self, prompt: str, *, fresh: bool) -> Line:
        """See `System`; nothing is done to forget, fresh prompts come from another file."""
        start = time.perf_counter()
        options = CompletionOptions(max_tokens=TOKENS)
        answer = (await self._client.complete(prompt, options, priority=Priority.TYPING))[0]
        if fresh:
            assert answer.cached_tokens < 8, "a fresh prompt was found in the cache"
        return Line((time.perf_counter() - start) * 1000, answer.text, len(answer.tokens))


class Worker:
    """Another process that answers JSON lines with JSON lines."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    async def first_line(self, prompt: str, *, fresh: bool) -> Line:
        """See `System`."""
        assert self._process.stdin and self._process.stdout
        request = {"prompt": prompt, "tokens": TOKENS, "fresh": fresh}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        return Line(**json.loads(await self._process.stdout.readline()))


@contextlib.asynccontextmanager
async def worker(name: str, *command: str, folder: Path) -> AsyncIterator[Worker]:
    """A worker that has said it is ready."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, cwd=folder, limit=1 << 22
    )
    assert process.stdin and process.stdout
    try:
        if not (await process.stdout.readline()).startswith(b'{"ready"'):
            sys.exit(f"{name} did not start: {' '.join(command)}")
        yield Worker(name, process)
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def systems(cores: int) -> AsyncIterator[list[System]]:
    """All that can run here, started."""
    folder = weights.locate(MODEL, Art.DECODER)
    client = EngineClient(EngineConfig(decoder=MODEL))
    here = Path(__file__).parent
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(client.close)
        await client.prepare(Art.DECODER)
        found: list[System] = [Trivium(client)]
        if fetch_llama():
            gguf = next(folder.glob("*.gguf"))
            script = LLAMA_FOLDER / "llama.mjs"
            shutil.copyfile(here / "completion_llama.mjs", script)
            for threads in sorted({1, cores}):
                command = ("node", str(script), str(gguf), str(threads))
                name = f"llama.cpp, {threads} thread{'s' * (threads > 1)}"
                found.append(
                    await stack.enter_async_context(worker(name, *command, folder=LLAMA_FOLDER))
                )
        command = (sys.executable, "-m", "benchmarks.completion", "--worker")
        found.append(
            await stack.enter_async_context(worker("transformers", *command, folder=here.parent))
        )
        yield found


def fetch_llama() -> bool:
    """Install node-llama-cpp with its prebuilt library for this platform; false without npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("node or npm is missing: no llama.cpp to compare with", file=sys.stderr)
        return False
    if (LLAMA_FOLDER / "node_modules" / "node-llama-cpp").is_dir():
        return True
    LLAMA_FOLDER.mkdir(parents=True, exist_ok=True)
    (LLAMA_FOLDER / "package.json").write_text('{"name": "trivium-bench", "private": true}\n')
    arm = machine.detect().system.lower().endswith(("arm64", "aarch64"))
    builds = {"linux": ("linux-x64", "linux-arm64"), "darwin": ("mac-x64", "mac-arm64-metal")}
    build = builds.get(sys.platform, ("win-x64", "win-arm64"))[arm]
    packages = (f"node-llama-cpp@{LLAMA}", f"@node-llama-cpp/{build}@{LLAMA}")
    # Install scripts would try to compile llama.cpp; the other builds are for GPUs.
    flags = ("--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error")
    done = subprocess.run(["npm", "install", *flags, *packages], cwd=LLAMA_FOLDER, check=False)
    return done.returncode == 0


def serve_transformers() -> None:
    """Be a worker: `generate()` as its documentation shows it, up to the first line's end."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = weights.locate(MODEL, Art.DECODER)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    ends = {"stop_strings": ["\n"], "tokenizer": tokenizer, "do_sample": False}
    print(json.dumps({"ready": 0}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        start = time.perf_counter()
        inputs = tokenizer(request["prompt"], return_tensors="pt")
        ids = model.generate(**inputs, max_new_tokens=request["tokens"], **ends)[0]
        new = ids[inputs["input_ids"].shape[1] :]
        text = tokenizer.decode(new, skip_special_tokens=True).split("\n")[0]
        ms = (time.perf_counter() - start) * 1000
        print(json.dumps({"ms": ms, "text": text, "tokens": len(new)}), flush=True)


@dataclass(frozen=True)
class Place:
    """A cursor in real code, and what is typed there."""

    before: str
    typed: tuple[str, ...]


def find_places(count: int, tokens: int) -> list[Place]:
    """Places in Python's library with so many tokens before them, each in another part of it."""
    from tokenizers import Tokenizer

    folder = weights.locate(MODEL, Art.DECODER)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    choose = random.Random(tokens)
    places = []
    for number in range(count):
        module = __import__(SOURCES[number % len(SOURCES)])
        text = Path(module.__file__ or "").read_text("utf-8")
        starts = [at for at, char in enumerate(text) if char == "\n" and at > 5 * tokens]
        start = choose.choice([at + 1 for at in starts if _is_long(text, at + 1)])
        indent = len(text[start:]) - len(text[start:].lstrip(" "))
        cursor = start + indent + choose.randint(2, 8)
        offsets = tokenizer.encode(text[:cursor]).offsets
        end = text.index("\n", start)
        typed = [text[at : at + 2] for at in range(cursor, min(cursor + 6, end - 4), 2)]
        places.append(Place(text[offsets[-tokens][0] : cursor], tuple(typed)))
    return places


def _is_long(text: str, start: int) -> bool:
    line = text[start : text.find("\n", start)]
    return len(line.strip()) >= 24


async def measure(count: int, with_load: bool) -> None:
    """The tables."""
    report = Report("completion")
    cores = machine.detect().cores
    async with systems(cores) as found:
        rows: list[list[Cell]] = []
        for tokens in (512, 1500):
            measured = await side_by_side(found, find_places(count, tokens))
            rows += [[tokens, *row] for row in measured]
            print(*measured, sep="\n", file=sys.stderr, flush=True)
        columns = ["context", "request", *(f"{system.name}, ms" for system in found)]
        report.table("Median time to a shown first line", columns, rows)
        if with_load:
            places = find_places(max(count // 2, 2), 512)
            found = [system for system in found if system.name != "transformers"]
            report.table(
                f"The same with {cores} busy processes on {cores} cores, 512 tokens",
                ["request", *(f"{system.name}, ms" for system in found)],
                await under_load(found, places, cores),
            )
        report.table(
            "Trivium after a cancelled request", ["measure", "ms"], await cancelled(found[0])
        )
    report.write()


async def cancelled(trivium: System) -> list[list[Cell]]:
    """How long the engine is not idle after a request of 1,500 tokens was dropped midway.

    Idle is when it has answered another request, for one token after three, which counts as well.
    """
    times = []
    for number, place in enumerate(find_places(8, 1499)):
        request = asyncio.create_task(trivium.first_line(place.before, fresh=False))
        await asyncio.sleep(0.03 * (number + 1))
        request.cancel()
        times.append((await trivium.first_line("x = 1\n", fresh=False)).ms)
    return [["median", round(statistics.median(times))], ["worst", round(max(times))]]


async def side_by_side(found: Sequence[System], places: Sequence[Place]) -> list[list[Cell]]:
    """Every system at every place in turns; medians when cold and when typing on.

    A system that is slow here gets no more places once its time is used up.
    """
    cold: dict[str, list[float]] = {system.name: [] for system in found}
    typing: dict[str, list[float]] = {system.name: [] for system in found}
    for place in places:
        for system in found:
            if sum(cold[system.name]) + sum(typing[system.name]) > BUDGET_MS:
                continue
            prompt = place.before
            cold[system.name].append((await system.first_line(prompt, fresh=True)).ms)
            for more in place.typed:
                prompt += more
                typing[system.name].append((await system.first_line(prompt, fresh=False)).ms)
    return [
        ["cold", *(round(statistics.median(cold[system.name])) for system in found)],
        ["typing on", *(round(statistics.median(typing[system.name])) for system in found)],
    ]


async def under_load(
    found: Sequence[System], places: Sequence[Place], cores: int
) -> list[list[Cell]]:
    """`side_by_side` while every core has something else to do."""
    with busy(cores):
        return await side_by_side(found, places)


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that compute for nothing."""
    command = [sys.executable, "-c", "while True: sum(range(100000))"]
    processes = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
