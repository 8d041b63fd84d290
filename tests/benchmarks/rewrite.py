"""How good and how fast summaries and translations are, beside what costs nothing or is known.

Quality, on validation rows from packages that no training text is from: prose summaries against
the lead sentence, code summaries against the words of the function's name, translations against
copying the source and, for English to Spanish, Apertium (Debian: apertium-en-es). `guarded` is what
a user gets: sentences whose answer is refused stay as they were. Speed: see `rewrite_speed`.

    make bench-rewrite ARGS="--model trivium-t5 --rows 200 --corpus valid.jsonl.zst"
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import rewrite_guard, rewrite_speed, rewrite_sure
from benchmarks.report import Cell, Report
from benchmarks.rewrite_rows import CORPUS, ask, choose
from training.corpus import Row
from training.evaluate import Score, bleu, chrf, score
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.errors import ModelError
from trivium_models.types import RewriteOptions
from trivium_server.domain.rewriting import jobs, layout, sentences
from trivium_server.domain.rewriting.tasks import Abilities
from trivium_server.services import abilities

_COLUMNS = ("task", "metric", "model", "guarded", "kept", "baseline", "bar", "BLEU", "good enough")


async def main() -> None:
    """Read the command line and measure."""
    given = _arguments()
    report = Report("rewrite")
    report.note("model", given.model)
    rows = choose(given.corpus, given.rows)
    client = EngineClient(EngineConfig(rewriter=given.model))
    try:
        if not given.speed_only:
            rewrite_guard.measure(report, rows)
            _apertium(report, rows)
        if not given.quality_only:
            rewrite_speed.measure_offers(report)
        if not given.speed_only:
            await quality(report, client, given.model, rows, given.all)
        if not given.quality_only:
            await rewrite_speed.measure(report, client, given.model, rows)
    except ModelError as error:
        report.note("not measured", str(error))
    finally:
        await client.close()
        report.write()


async def quality(
    report: Report,
    client: EngineClient,
    model: str,
    rows: dict[str, list[Row]],
    everything: bool,
) -> None:
    """The table of tasks: those that the model's card offers, or everything."""
    known = abilities.of_model(model)
    offered = {known.prose, known.code, *known.pairs.values()}
    lines: list[list[Cell]] = []
    sure: list[list[Cell]] = []
    for direction, some in rows.items():
        if not everything and f"{direction}: " not in offered:
            continue
        sources = [row.source for row in some]
        answers = await ask(client, f"{direction}: ", sources)
        result = score(direction, some, [answer.text for answer in answers])
        sure += rewrite_sure.lines(direction, rewrite_sure.trials(direction, some, answers))
        guarded, kept = await _guarded(client, known, direction, some)
        lines.append(_line(result, guarded, kept))
        print(f"{direction}: {result.value:.1f} (bar {result.bar:.1f})", file=sys.stderr)
    report.table("quality", _COLUMNS, lines)
    report.table("the surest answers that pass the guard", rewrite_sure.COLUMNS, sure)


def _line(result: Score, guarded: float | None, kept: float | None) -> list[Cell]:
    return [
        result.task,
        result.metric,
        round(result.value, 1),
        guarded,
        kept,
        round(result.baseline, 1),
        round(result.bar, 1),
        result.bleu and round(result.bleu, 1),
        "yes" if result.offered else "no",
    ]


async def _guarded(
    client: EngineClient, known: Abilities, direction: str, rows: Sequence[Row]
) -> tuple[float | None, float | None]:
    """What the actions make of translations: their chrF, and the share of sentences refused."""
    pairs = {prefix: pair for pair, prefix in known.pairs.items()}
    if f"{direction}: " not in pairs:
        return None, None
    source, target = pairs[f"{direction}: "]
    texts, refused, total = [], 0, 0
    for row in rows:
        block = layout.of_text(" ".join(row.source.split()))
        draft = await _run(client, jobs.translate([block], target, known, source))
        texts.append(draft.texts[0] or row.source)
        refused += len(draft.refusals)
        total += len(sentences.split(block.text, 400))
    targets = [row.target for row in rows]
    return round(chrf(texts, targets), 1), round(refused / total, 3)


async def _run(client: EngineClient, job: jobs.Job) -> jobs.Draft:
    try:
        batch = next(job)
        while True:
            options = RewriteOptions(max_tokens=batch.tokens)
            batch = job.send(await client.rewrite(batch.prefix, batch.texts, options))
    except StopIteration as end:
        draft: jobs.Draft = end.value
        return draft


def _apertium(report: Report, rows: dict[str, list[Row]]) -> None:
    """The rule-based translator on the same rows, where it is installed."""
    for direction, pair in (
        ("translate English to Spanish", "eng-spa"),
        ("translate Spanish to English", "spa-eng"),
    ):
        some = rows.get(direction, [])
        if not some or shutil.which("apertium") is None:
            report.note(f"Apertium {pair}", "not measured: apt-get install apertium-en-es")
            continue
        lines = "\n".join(" ".join(row.source.split()) for row in some)
        done = subprocess.run(
            ["apertium", "-u", pair],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        answers, targets = done.stdout.split("\n")[: len(some)], [row.target for row in some]
        figures = f"chrF {chrf(answers, targets):.1f}, BLEU {bleu(answers, targets):.1f}"
        report.note(f"Apertium {pair}", figures)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--model", default="trivium-t5", help="catalog name, hub id or folder")
    parser.add_argument("--rows", type=int, default=200, help="to measure each task on")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--all", action="store_true", help="tasks that are not offered, too")
    parser.add_argument("--speed-only", action="store_true")
    parser.add_argument("--quality-only", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
