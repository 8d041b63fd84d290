"""Latency and memory of each size class: the defaults, and stand-ins with random weights.

    python -m benchmarks.families build FOLDER           # once; about 4 GB
    python -m benchmarks.families measure FOLDER [ART]   # writes the table of docs/models.md

What was not built is left out. A stand-in has the shape of a published model (`family_shapes`),
random weights and a vocabulary of the published size, a default's filled up with tokens that no
text has; it says nothing about quality. Each takes turns with the default model of its art, so that
what else the machine does falls on both alike. Run from the folder `tests`.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from trivium_models import catalog, machine, weights
from trivium_models.catalog import ARCHITECTURES
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Art, CompletionOptions, Priority, RewriteOptions

from .family_shapes import SHAPES

TIMES = 3
CODE = """def read_lines(path, encoding="utf-8"):
    with open(path, encoding=encoding) as file:
        return [line.rstrip() for line in file]


"""
PROSE = "The index is kept in one file and follows every change of the workspace. " * 5
DEFAULTS = {art: card.name for art, card in catalog.defaults().items()}
PAGE = Path(__file__).parents[2] / "docs/models.md"
MARKS = ("<!-- benchmarks.families begins -->\n", "<!-- benchmarks.families ends -->\n")


def build(folder: Path) -> None:
    """Make the stand-ins."""
    import torch
    from transformers import (
        AutoConfig,
        AutoModel,
        AutoModelForCausalLM,
        AutoModelForSeq2SeqLM,
    )

    classes = {Art.ENCODER: AutoModel, Art.DECODER: AutoModelForCausalLM}
    for name, (art, kind, shape) in SHAPES.items():
        if (folder / name / "tokenizer.json").is_file():
            continue
        config = AutoConfig.for_model(kind, **shape)
        made = classes.get(art, AutoModelForSeq2SeqLM).from_config(config, dtype=torch.bfloat16)
        made.save_pretrained(folder / name)
        _write_tokenizer(folder / name, config.vocab_size)


def _write_tokenizer(folder: Path, size: int) -> None:
    """The largest vocabulary of a default that fits, with as many tokens as the model has."""
    minilm = weights.locate("all-MiniLM-L6-v2", Art.ENCODER)
    smol = weights.locate("SmolLM2-135M-Instruct", Art.DECODER)
    donors = {path: json.loads((path / "tokenizer.json").read_bytes()) for path in (minilm, smol)}
    fitting = {path: each for path, each in donors.items() if len(each["model"]["vocab"]) <= size}
    donor, content = max(fitting.items(), key=lambda each: len(each[1]["model"]["vocab"]))
    vocabulary = content["model"]["vocab"]
    vocabulary |= {f"<unused {number}>": number for number in range(len(vocabulary), size)}
    shutil.copy(donor / "tokenizer_config.json", folder)
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


async def measure(folder: Path, arts: Sequence[Art]) -> None:
    """Put a row for each model into the page, an art at a time."""
    for art in arts:
        default = _engine(art, DEFAULTS[art])
        try:
            await default.prepare(art)
            turns = await _turns(art, default)
            rows = [await _row(art, DEFAULTS[art], "real", default, turns)]
            for each, (kind, family, _) in SHAPES.items():
                if kind is art and (folder / each / "tokenizer.json").is_file():
                    rows.append(await _stand_in(art, each, family, str(folder / each), default))
        finally:
            await default.close()
        _write(art, rows)


async def _stand_in(
    art: Art, name: str, family: str, spec: str, default: EngineClient
) -> tuple[str, ...]:
    engine = _engine(art, spec)
    try:
        await engine.prepare(art)
        return await _row(
            art, name, f"random, {family}", engine, await _turns(art, engine, default)
        )
    finally:
        await engine.close()


def _engine(art: Art, spec: str) -> EngineClient:
    return EngineClient(EngineConfig(**{art.value: spec}))


async def _turns(art: Art, *engines: EngineClient) -> list[list[float]]:
    """Seconds of each engine, which take turns; the first turn does not count."""
    rounds = [[await _once(engine, art) for engine in engines] for _ in range(TIMES + 1)]
    return rounds[1:]


async def _row(
    art: Art, name: str, kind: str, engine: EngineClient, turns: list[list[float]]
) -> tuple[str, ...]:
    """`turns` have the seconds of this engine and, of a stand-in, the default's after them."""
    state = await engine.prepare(art)
    resident = engine.status().resident_bytes or 0
    seconds = statistics.median(turn[0] for turn in turns)
    ratio = statistics.median(turn[0] / turn[-1] for turn in turns)
    cells = (
        *(name, kind, ARCHITECTURES[art], f"{seconds:.3f}", f"{ratio:.2f}"),
        *(f"{state.bytes / 1e6:,.0f}", f"{resident / 1e6:,.0f}"),
    )
    print(*cells, sep="  ", flush=True)
    return cells


def _write(art: Art, rows: list[tuple[str, ...]]) -> None:
    """Replace the rows of an art in the page; those of the others stay."""
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(MARKS[0])
    old, end, after = rest.partition(MARKS[1])
    table = {
        each: [row for row in old.splitlines() if f"| {ARCHITECTURES[each]} |" in row]
        for each in Art
    }
    table[art] = [f"| {' | '.join(row)} |" for row in rows]
    lines = [*_heading(), *(row for each in Art for row in table[each]), ""]
    PAGE.write_text(before + begin + "\n".join(lines) + end + after, encoding="utf-8")


def _heading() -> list[str]:
    here = machine.describe()
    return [
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())}: {here['processor']}, "
        f"{here['cores']} cores, {'bfloat16' if machine.detect().bf16 else 'float32'}, "
        f"load {here['load']}.",
        "",
        "| model | weights | architecture | s | times the default | weights, MB | engine, MB |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
    ]


async def _once(engine: EngineClient, art: Art) -> float:
    """A chunk of some 200 tokens; 16 tokens after some 500 new ones; 32 tokens about 80."""
    new = time.time_ns()
    started = time.perf_counter()
    if art is Art.ENCODER:
        texts = [f"# part {number} at {new}\n{CODE * 4}" for number in range(16)]
        await engine.embed(texts, priority=Priority.INDEXING)
        return (time.perf_counter() - started) / len(texts)
    if art is Art.DECODER:
        options = CompletionOptions(max_tokens=16, stop=())
        await engine.complete(f"# run {new}\n{CODE * 10}def write_lines(path):\n    ", options)
    else:
        await engine.rewrite("summarize: ", [f"{new}. {PROSE}"], RewriteOptions(max_tokens=32))
    return time.perf_counter() - started


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("build", "measure"):
        sys.exit("usage: python -m benchmarks.families build|measure FOLDER [ART …]")
    where = Path(sys.argv[2])
    if sys.argv[1] == "build":
        build(where)
    else:
        asyncio.run(measure(where, [Art(name) for name in sys.argv[3:]] or list(Art)))
