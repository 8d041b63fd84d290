"""Latency and memory of each size class: the defaults, and stand-ins with random weights.

    python -m benchmarks.families build FOLDER     # once; about 2 GB
    python -m benchmarks.families measure FOLDER   # prints the table of docs/models.md

A stand-in has the shape of a published model, and the tokenizer of the default of its art or, for
text-to-text, SmolLM2's; it says nothing about quality. Run from the folder `tests`.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from trivium_models import weights
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
REAL = {"all-MiniLM-L6-v2": Art.ENCODER, "SmolLM2-135M-Instruct": Art.DECODER}


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
    """Print a row for each model."""
    print("| model | weights | art | seconds | weights in memory, MB | engine, MB |")
    print("| --- | --- | --- | ---: | ---: | ---: |")
    for name, art in REAL.items():
        await _row(name, name, art, "real")
    for name, (art, _, _) in SHAPES.items():
        await _row(name, str(folder / name), art, "random")


async def _row(name: str, spec: str, art: Art, kind: str) -> None:
    engine = EngineClient(EngineConfig(**{art.value: spec}))
    try:
        await engine.prepare(art)
        seconds = statistics.median([await _once(engine, art) for _ in range(TIMES + 1)][1:])
        state = await engine.prepare(art)
        memory = (engine.status().resident_bytes or 0) / 1e6
    finally:
        await engine.close()
    cells = (name, kind, art, f"{seconds:.3f}", f"{state.bytes / 1e6:,.0f}", f"{memory:,.0f}")
    print(f"| {' | '.join(cells)} |", flush=True)


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
