"""How long a 60-word comment takes, and how long the list of actions.

Ways to the same texts with the same weights, in turn, so that a busy machine is unfair to all
alike: Trivium's service (layout, guard, sentences, engine process) with as many beams as the model
asks for, transformers' generate() with as many and with one, and CTranslate2 in int8 where it is
installed (`pip install ctranslate2`; measured, never used). Each text is asked for once, so nothing
is answered from memory. The goal is set against generate() with one beam.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import textwrap
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Report
from training.corpus import Row
from trivium_models import machine, weights
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.fake import is_fake
from trivium_models.types import Art
from trivium_server.domain.text import Document
from trivium_server.services.rewriting import RewriteService
from trivium_server.settings import Models, Settings

_WARM = 2
_ROUNDS = 10
_LINES = 10_000
_BASE = "transformers generate(), one beam"

Way = Callable[[str, str], Awaitable[Any]]
"""Rewrites a text with a prefix."""


async def measure(
    report: Report, client: EngineClient, model: str, rows: dict[str, list[Row]]
) -> None:
    """The seconds for a 60-word comment, for one translation and for summaries."""
    settings = Settings(models=Models(rewriter=model))
    service = RewriteService(client, lambda: settings)
    if not is_fake(model):
        await client.prepare(Art.REWRITER)
        ways = _ways(service, weights.locate(model, Art.REWRITER))
        known = service.abilities()
        prefixes = [each for each in (*list(known.pairs.values())[:1], known.prose) if each]
        for prefix in prefixes:
            await _compare(report, prefix, comments(rows, prefix.removesuffix(": ")), ways)


def comments(rows: dict[str, list[Row]], direction: str, words: int = 60) -> list[str]:
    """Texts of about so many words, in the language that a direction reads."""
    texts = [
        row.source if row.source.endswith(".") else row.source + "."
        for row in rows[direction]
        if "\n" not in row.source
    ]
    pieces = " ".join(texts).split()
    starts = range(0, len(pieces) - words, words)
    return [" ".join(pieces[at : at + words]) for at in starts][: _WARM + _ROUNDS]


async def _compare(report: Report, prefix: str, texts: Sequence[str], ways: dict[str, Way]) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for text in texts:
        for name, way in ways.items():
            start = time.perf_counter()
            await way(prefix, text)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(some[_WARM:]) for name, some in seconds.items()}
    base = medians[_BASE]
    report.table(
        f"seconds for 60 words, {prefix.strip()} (median of {len(texts) - _WARM})",
        ["way", "seconds", "of generate(), one beam"],
        [[name, median, median / base] for name, median in medians.items()],
    )


def _ways(service: RewriteService, folder: Path) -> dict[str, Way]:
    beams = _beams(folder)
    ways = {"trivium": _ours(service), _BASE: _theirs(folder, 1)}
    ways[f"transformers generate(), {beams} beams"] = _theirs(folder, beams)
    try:
        ways[f"CTranslate2 int8, {beams} beams"] = _ctranslate2(folder, beams)
    except ImportError:
        print("CTranslate2 is not installed: pip install ctranslate2")
    return ways


def _ours(service: RewriteService) -> Way:
    async def rewrite(prefix: str, text: str) -> object:
        body = "".join(f"# {line}\n" for line in textwrap.wrap(text, 78))
        document = Document(f"file:///{hash(text)}", body, 1, "python")
        target = next(
            (t for (_, t), each in service.abilities().pairs.items() if each == prefix), None
        )
        task = "translate" if target else "summarize"
        return await service.rewrite(document, 2, 2, task, target, "show")

    return rewrite


def _beams(folder: Path) -> int:
    """As many as the model's own configuration says."""
    told = json.loads((folder / "generation_config.json").read_text("utf-8"))
    return int(told.get("num_beams", 1))


def _theirs(folder: Path, beams: int) -> Way:
    """transformers with nothing else chosen but the number of threads."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    torch.set_num_threads(machine.detect().threads)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)

    async def rewrite(prefix: str, text: str) -> object:
        ids = model.generate(**tokenizer(prefix + text, return_tensors="pt"), num_beams=beams)
        return tokenizer.decode(ids[0], skip_special_tokens=True)

    return rewrite


def _ctranslate2(folder: Path, beams: int) -> Way:
    import ctranslate2
    from transformers import AutoTokenizer

    converted = Path(tempfile.mkdtemp()) / "int8"
    ctranslate2.converters.TransformersConverter(str(folder)).convert(
        str(converted), quantization="int8"
    )
    translator = ctranslate2.Translator(
        str(converted), intra_threads=machine.detect().threads, compute_type="int8"
    )
    tokenizer = AutoTokenizer.from_pretrained(folder)

    async def rewrite(prefix: str, text: str) -> object:
        tokens = tokenizer.convert_ids_to_tokens(tokenizer.encode(prefix + text))
        (result,) = translator.translate_batch([tokens], beam_size=beams, max_decoding_length=128)
        return tokenizer.decode(tokenizer.convert_tokens_to_ids(result.hypotheses[0]))

    return rewrite


def measure_offers(report: Report) -> None:
    """Milliseconds for the list of actions in a long file, its tree known and after an edit."""
    settings = Settings(models=Models(rewriter="fake"))
    service = RewriteService(EngineClient(EngineConfig()), lambda: settings)
    source = Path(json.__file__).with_name("decoder.py").read_text()
    text = source * (_LINES // source.count("\n") + 1)
    places = [at * len(text) // 60 for at in range(60)]
    service.offers(Document("file:///warm", text, 0, "python"), 0, 0)
    same = Document("file:///same", text, 1, "python")
    service.offers(same, 0, 0)
    figures = {
        "cursor": [_timed(service, same, at, at) for at in places],
        "cursor, after a keystroke": [
            _timed(
                service, Document("file:///same", f"{text[:at]}x{text[at:]}", at, "python"), at, at
            )
            for at in places
        ],
        "whole file selected": [_timed(service, same, 0, len(text)) for _ in places],
    }
    report.table(
        f"milliseconds for the list of actions, {_LINES:,} lines of Python",
        ["at", "median", "95th percentile", "median of the processor's"],
        [[name, *_milliseconds(some)] for name, some in figures.items()],
    )


def _after_a_keystroke(service: RewriteService, document: Document, at: int) -> tuple[float, float]:
    text = document.text
    service.offers(document, at, at)
    return _timed(service, Document(document.uri, f"{text[:at]}x{text[at:]}", 2, "python"), at, at)


def _milliseconds(some: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Median and 95th percentile of the clock's time, and the median of this thread's own."""
    clock = sorted(1000 * each for each, _ in some)
    own = statistics.median(1000 * each for _, each in some)
    return statistics.median(clock), clock[int(0.95 * len(clock))], own


def _timed(
    service: RewriteService, document: Document, start: int, end: int
) -> tuple[float, float]:
    document.lines  # noqa: B018  (the editor's text is counted when it changes)
    begin, own = time.perf_counter(), time.thread_time()
    service.offers(document, start, end)
    return time.perf_counter() - begin, time.thread_time() - own
