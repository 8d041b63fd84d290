"""Latency and memory of each size class: the defaults, and stand-ins with random weights.

    python -m benchmarks.families build FOLDER     # once; about 2 GB
    python -m benchmarks.families measure FOLDER   # writes the table of docs/models.md

What was not built is left out.

A stand-in has the shape of a published model, and the tokenizer of the default of its art or, for
text-to-text, SmolLM2's; it says nothing about quality. Each takes turns with the default model of
its art, so that what else the machine does falls on both alike. Run from the folder `tests`.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from trivium_models import catalog, machine, weights
from trivium_models.catalog import ARCHITECTURES
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Art, CompletionOptions, Priority, RewriteOptions

TIMES = 3
CODE = """def read_lines(path, encoding="utf-8"):
    with open(path, encoding=encoding) as file:
        return [line.rstrip() for line in file]


"""
PROSE = "The index is kept in one file and follows every change of the workspace. " * 5
_BERT = {"vocab_size": 30522, "max_position_embeddings": 512}
_T5 = {"vocab_size": 49152, "d_kv": 64, "decoder_start_token_id": 0}
SHAPES: dict[str, tuple[Art, str, dict[str, Any]]] = {
    "all-MiniLM-L12-v2": (
        Art.ENCODER,
        "bert",
        _BERT | {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 12},
    ),
    "distilbert-base-uncased": (Art.ENCODER, "distilbert", _BERT),
    "bge-base-en-v1.5": (Art.ENCODER, "bert", _BERT),
    "SmolLM2-360M": (
        Art.DECODER,
        "llama",
        {
            "vocab_size": 49152,
            "hidden_size": 960,
            "intermediate_size": 2560,
            "num_hidden_layers": 32,
            "num_attention_heads": 15,
            "num_key_value_heads": 5,
            "max_position_embeddings": 8192,
            "tie_word_embeddings": True,
        },
    ),
    "pythia-70m": (
        Art.DECODER,
        "gpt_neox",
        {
            "vocab_size": 50304,
            "hidden_size": 512,
            "intermediate_size": 2048,
            "num_hidden_layers": 6,
            "num_attention_heads": 8,
        },
    ),
    "gpt2": (Art.DECODER, "gpt2", {"vocab_size": 50257}),
    "t5-small": (
        Art.REWRITER,
        "t5",
        _T5 | {"d_model": 512, "d_ff": 2048, "num_layers": 6, "num_heads": 8},
    ),
    "t5-base": (
        Art.REWRITER,
        "t5",
        _T5 | {"d_model": 768, "d_ff": 3072, "num_layers": 12, "num_heads": 12},
    ),
}
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
    minilm = weights.locate("all-MiniLM-L6-v2", Art.ENCODER)
    smol = weights.locate("SmolLM2-135M-Instruct", Art.DECODER)
    for name, (art, kind, shape) in SHAPES.items():
        if (folder / name / "tokenizer.json").is_file():
            continue
        config = AutoConfig.for_model(kind, **shape)
        made = classes.get(art, AutoModelForSeq2SeqLM).from_config(config, dtype=torch.bfloat16)
        made.save_pretrained(folder / name)
        for file in (minilm if art is Art.ENCODER else smol).glob("*token*.json"):
            shutil.copy(file, folder / name)


async def measure(folder: Path) -> None:
    """Put a row for each model into the page."""
    rows = []
    for art, name in DEFAULTS.items():
        default = _engine(art, name)
        try:
            await default.prepare(art)
            turns = await _turns(art, default)
            rows.append(await _row(art, name, "real", default, turns))
            for each, (kind, family, _) in SHAPES.items():
                if kind is art and (folder / each / "tokenizer.json").is_file():
                    rows.append(await _stand_in(art, each, family, str(folder / each), default))
        finally:
            await default.close()
    text, (begin, end) = PAGE.read_text(encoding="utf-8"), MARKS
    before, _, rest = text.partition(begin)
    PAGE.write_text(before + begin + _table(rows) + end + rest.partition(end)[2], encoding="utf-8")


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


def _table(rows: list[tuple[str, ...]]) -> str:
    here = machine.describe()
    lines = [
        f"Measured {time.strftime('%Y-%m-%d', time.gmtime())}: {here['processor']}, "
        f"{here['cores']} cores, {'bfloat16' if machine.detect().bf16 else 'float32'}, "
        f"load {here['load']}.",
        "",
        "| model | weights | architecture | s | times the default | weights, MB | engine, MB |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


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
    where = Path(sys.argv[2])
    if sys.argv[1] == "build":
        build(where)
    else:
        asyncio.run(measure(where))
