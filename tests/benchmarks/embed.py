"""How fast code is embedded: `make bench-embed`.

The same chunks, real code from this environment's packages, through `SentenceTransformer.encode`
with its defaults and through Trivium's encoder, in turns; each round has chunks of its own, as
indexing never sees a length mix twice. Wall-clock figures suffer from whatever
else the machine does; the processor seconds beside them hardly do. The share of the peak compares
with the fastest matrix product of the model's shapes that was measured in the same minute.
Arguments: --chunks N --rounds N --threads N.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from benchmarks.report import Report
from support.jobs import finish
from trivium_models import machine, weights
from trivium_models.encoder import SentenceEncoder
from trivium_models.fused import precision
from trivium_models.supervisor import environment
from trivium_models.types import Art

MODEL = "all-MiniLM-L6-v2"
LINES = 20


@dataclass
class Contender:
    """A way to embed, and how long it took each time."""

    name: str
    embed: Callable[[list[str]], np.ndarray]
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    vectors: list[np.ndarray] = field(default_factory=list)

    def run(self, chunks: list[str]) -> None:
        wall, processor = time.perf_counter(), time.process_time()
        self.vectors.append(self.embed(chunks))
        self.wall.append(time.perf_counter() - wall)
        self.processor.append(time.process_time() - processor)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    as_in_the_engine(options.threads)
    here = machine.detect(options.threads)
    path = weights.locate(MODEL, Art.ENCODER)
    chunks = code_chunks(options.chunks * (options.rounds + 1))
    rounds = [chunks[at :: options.rounds + 1] for at in range(options.rounds + 1)]
    contenders = build(path, here)
    for contender in contenders:
        contender.embed(rounds[-1])  # Kernels are made once for each height of a micro-batch.
    for part in rounds[:-1]:
        for contender in contenders:
            torch.set_num_threads(here.threads)
            contender.run(part)
    report = Report("embed")
    report.note("threads", here.threads)
    tell(report, contenders, rounds[:-1], path)
    tell_latency(report, path, here)
    report.write()


def as_in_the_engine(threads: int) -> None:
    """Begin again with the engine's environment, which C's libraries read at the start only."""
    wanted = environment(threads)
    wanted["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] = "1024"  # Here four models share one cache.
    if any(os.environ.get(name) != wanted[name] for name in wanted if name != "PYTHONPATH"):
        os.execve(sys.executable, [sys.executable, "-m", "benchmarks.embed", *sys.argv[1:]], wanted)


def build(path: Path, here: machine.Machine) -> list[Contender]:
    """The baseline first."""
    plain = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    half = SentenceTransformer(
        str(path), device="cpu", local_files_only=True, model_kwargs={"dtype": torch.bfloat16}
    )
    ours = SentenceEncoder.load(path, here)
    full = SentenceEncoder.load(path, replace(here, features=()))
    baseline = Contender("SentenceTransformer.encode, defaults (fp32)", plain.encode)
    as_here = Contender(
        f"Trivium as it runs here ({ours.dtype})", lambda texts: finish(ours.embed(texts))
    )
    if ours.dtype == "float32":
        return [baseline, as_here]
    return [
        baseline,
        Contender("SentenceTransformer.encode, bf16", lambda texts: half.encode(texts)),
        Contender("Trivium in fp32", lambda texts: finish(full.embed(texts))),
        as_here,
    ]


def code_chunks(count: int) -> list[str]:
    """Windows of lines from the packages of this environment, evenly spread over their files."""
    import transformers

    files = sorted((Path(transformers.__file__).parent / "models").glob("*/modeling_*.py"))
    windows = []
    for file in files[:: max(1, len(files) // 40)]:
        lines = file.read_text("utf-8").splitlines()
        windows += ["\n".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]
    return windows[:: max(1, len(windows) // count)][:count]


def tell(report: Report, contenders: list[Contender], rounds: list[list[str]], path: Path) -> None:
    """The table of speeds: medians over the rounds, the least cosine of all."""
    baseline, count = contenders[0], len(rounds[0])
    tokens, work = cost([chunk for part in rounds for chunk in part], path)
    report.note("chunks in each round", count)
    report.note("rounds", len(rounds))
    report.note("tokens per chunk", round(tokens / count / len(rounds), 1))
    rows = []
    for each in contenders:
        wall, processor = statistics.median(each.wall), statistics.median(each.processor)
        pairs = zip(each.vectors, baseline.vectors, strict=True)
        cosine = np.concatenate([(a.astype(np.float32) * b).sum(axis=1) for a, b in pairs])
        rows.append(
            [
                each.name,
                round(count / wall, 1),
                round(statistics.median(baseline.wall) / wall, 2),
                round(1000 * processor / count, 1),
                round(statistics.median(baseline.processor) / processor, 2),
                round(work / len(rounds) / processor / 1e9, 0),
                float(cosine.min()),
                float(cosine.mean()),
            ]
        )
    columns = ["", "chunks/s", "times", "CPU ms/chunk", "times (CPU)", "GFLOP/CPU s"]
    report.table("Embedding", [*columns, "cosine min", "mean"], rows)
    peaks = peak()
    report.table("Matrix product peak of one thread", ["", "GFLOP/CPU s"], peaks)
    share = rows[-1][5] / max(value for _, value in peaks)
    report.note("share of the peak", round(share, 2))


def cost(chunks: list[str], path: Path) -> tuple[int, float]:
    """Tokens of the chunks, and the floating-point operations of one pass over them."""
    model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    config = model[0].auto_model.config
    encodings = model.tokenizer(chunks, truncation=True, max_length=256)["input_ids"]
    lengths = [len(each) for each in encodings]
    width, inner, layers = config.hidden_size, config.intermediate_size, config.num_hidden_layers
    products = sum(lengths) * 2 * (4 * width * width + 2 * width * inner)
    attention = sum(4 * length * length * width for length in lengths)
    return sum(lengths), float(layers * (products + attention))


def peak() -> list[list]:
    """The fastest products of MiniLM's shapes, in each precision, on one thread."""
    torch.set_num_threads(1)
    rows = []
    for dtype in {torch.float32, precision(machine.detect())}:
        best = 0.0
        for rows_, inputs, outputs in ((1024, 384, 1536), (1024, 1536, 384), (1024, 384, 1152)):
            x, w = (
                torch.randn(rows_, inputs, dtype=dtype),
                torch.randn(outputs, inputs, dtype=dtype),
            )
            laid_out = torch.ops.mkldnn._linear_pointwise
            packed = torch.ops.mkldnn._reorder_linear_weight(w)
            for _ in range(20):
                start = time.thread_time()
                laid_out(x, packed, None, "none", [], "")
                seconds = time.thread_time() - start
                best = max(best, 2 * rows_ * inputs * outputs / seconds / 1e9)
        rows.append([str(dtype), round(best)])
    return rows


def tell_latency(report: Report, path: Path, here: machine.Machine) -> None:
    """One query at a time, as a search does, in this process."""
    encoder = SentenceEncoder.load(path, here)
    plain = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    query = "where is the configuration file parsed?"
    rows = []
    for name, embed in (
        ("SentenceTransformer.encode", lambda: plain.encode([query])),
        ("Trivium", lambda: finish(encoder.embed([query]))),
    ):
        embed()
        seconds = []
        for _ in range(100):
            start = time.perf_counter()
            embed()
            seconds.append(1000 * (time.perf_counter() - start))
        rows.append([name, *(round(float(np.percentile(seconds, p)), 2) for p in (50, 99))])
    report.table("One query, ms", ["", "median", "99th percentile"], rows)


if __name__ == "__main__":
    main()
