"""What a model's own doubt is worth: how good its answers are from which log-probability on.

A small model is right in some places and wrong in others, and its mean token log-probability tells
many of them apart. For each task the answers that pass the guard are ordered by it; the table says
how good the surest quarter, half and so on are, beside the bar of the same rows. `--write` puts the
threshold into the model's `trivium.json`, as `least_logprob`: the lowest at which the answers shown
reach their bar, and a translation what people can read, found on every second row and checked on
the others; no translation's is below the one from which most were judged to keep the meaning.
`--offer` also offers the tasks that passed this check, and says so in the model's card: their other
answers are never shown.

    make bench-rewrite-sure ARGS="models/trivium_models/data/t5 --rows 400 --write --offer"
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import Cell, Report
from benchmarks.rewrite_rows import CORPUS, ask, choose
from training.corpus import LANGUAGES, Row
from training.evaluate import Score, score
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Answer
from trivium_server.domain.rewriting import guard

COLUMNS = ("task", "metric", "shown", "from logprob", "of the shown", "bar", "of the rest")
_SHARES = (1.0, 0.75, 0.5, 0.25)
_READABLE = {"chrF": 50.0, "ROUGE-L": 32.0, "BLEU-4": 24.0}
"""From where on answers are mostly right. Apertium has chrF 52 from English to Spanish; of prose
summaries those below join words that do not belong together, of code summaries most say what any
function does, however well they score in the mean."""
_FAITHFUL = -0.42
"""From where on translations of sentences keep the meaning more often than not, those that are only
just shown too: 345 were judged one by one, since chrF does not tell a wrong word from another right
one. See docs/notes-rewriting.md."""
_LEAST_SHARE = 0.1
"""A threshold that shows fewer of the answers is no help to anybody."""
_HEADING = "## Only what it is sure of"
_EXPLAINED = (
    "Of these tasks an answer is used only if the mean log-probability of its tokens is high enough"
    " and it passes the checks on names, numbers, length and language; everything else stays as it"
    " was and is reported. Measured on validation rows that the threshold was not chosen on"
    " (`make bench-rewrite-sure`)."
)
_CODES = {name: code for code, name in LANGUAGES.items()}


@dataclass(frozen=True)
class Trial:
    """A row and what the model made of it."""

    row: Row
    answer: Answer
    passed: bool
    """Whether the guard lets it through."""


def trials(direction: str, rows: Sequence[Row], answers: Sequence[Answer]) -> list[Trial]:
    """The surest first, those that the guard refuses last."""
    made = [
        Trial(row, answer, answer.ended and _passes(direction, row.source, answer.text))
        for row, answer in zip(rows, answers, strict=True)
    ]
    return sorted(made, key=lambda each: (each.passed, each.answer.logprob), reverse=True)


def lines(direction: str, ordered: Sequence[Trial]) -> list[list[Cell]]:
    """The table's lines of a task: everything, what the guard lets through, and shares of that."""
    passed = sum(each.passed for each in ordered)
    counts = dict.fromkeys([len(ordered), *(round(share * passed) for share in _SHARES)])
    return [_line(direction, ordered, count) for count in counts if count > 1]


def threshold(direction: str, ordered: Sequence[Trial]) -> tuple[float, Score, float] | None:
    """The lowest log-probability at which the answers shown reach their bar.

    With it the score of the other rows from there on, and the share of them. None if too few would
    be shown, or if they miss the bar.
    """
    fitted, held_out = ordered[::2], ordered[1::2]
    floor = _FAITHFUL if direction.startswith("translate") else -math.inf
    passed = [each for each in fitted if each.passed and each.answer.logprob >= floor]
    step = max(1, len(passed) // 40)
    for count in range(len(passed), int(_LEAST_SHARE * len(fitted)), -step):
        if _good(_score(direction, passed[:count])):
            least = passed[count - 1].answer.logprob
            shown = [each for each in held_out if each.passed and each.answer.logprob >= least]
            if len(shown) > 1:
                return least, _score(direction, shown), len(shown) / len(held_out)
    return None


def described(tasks: Mapping[str, Mapping[str, Any]]) -> str:
    """The card's paragraph about tasks of which only the surest answers are shown."""
    rows = [
        f"| {name.removesuffix(':')} | {each['least_logprob']} | {100 * each['shown']:.0f} % "
        f"| {each['metric']} {each['value_of_the_shown']} | {each['bar_of_the_shown']} |"
        for name, each in tasks.items()
        if "least_logprob" in each
    ]
    heads = ["| task | from logprob | shown | the shown | their bar |", "| --- " * 5 + "|"]
    return "\n".join([_HEADING, "", _EXPLAINED, "", *heads, *rows, ""])


def _good(found: Score) -> bool:
    return found.offered and found.value >= _READABLE.get(found.metric, 0.0)


def _passes(direction: str, source: str, text: str) -> bool:
    try:
        if direction.startswith("summarize"):
            guard.check_summary(source, text)
        else:
            guard.check(source, text, language=_CODES[direction.split()[-1]])
    except guard.Rejected:
        return False
    return True


def _line(direction: str, ordered: Sequence[Trial], count: int) -> list[Cell]:
    shown, rest = _score(direction, ordered[:count]), ordered[count:]
    return [
        direction,
        shown.metric,
        count / len(ordered),
        ordered[count - 1].answer.logprob if ordered[count - 1].passed else "all",
        round(shown.value, 1),
        round(shown.bar, 1),
        round(_score(direction, rest).value, 1) if len(rest) > 1 else None,
    ]


def _score(direction: str, some: Sequence[Trial]) -> Score:
    return score(direction, [each.row for each in some], [each.answer.text for each in some])


async def main() -> None:
    """Measure every task that the model was trained for; write the thresholds where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=400, help="of each task")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--write", action="store_true", help="least_logprob into trivium.json")
    parser.add_argument(
        "--offer", action="store_true", help="offer those that pass so, and only those"
    )
    given = parser.parse_args()
    card = json.loads((given.folder / "trivium.json").read_text())
    report = Report("rewrite-sure")
    client = EngineClient(EngineConfig(rewriter=str(given.folder.absolute())))
    try:
        for direction, rows in choose(given.corpus, given.rows).items():
            facts = card["tasks"].get(f"{direction}:")
            if facts is not None:
                answers = await ask(client, f"{direction}: ", [row.source for row in rows])
                ordered = trials(direction, rows, answers)
                facts.update(_found(report, direction, ordered, given.offer))
    finally:
        await client.close()
    report.write()
    if given.write:
        _write(given.folder, card)


def _write(folder: Path, card: dict[str, Any]) -> None:
    """Both cards, and the hash of the one for people."""
    readme = folder / "README.md"
    text = readme.read_text().partition(_HEADING)[0].rstrip() + "\n\n" + described(card["tasks"])
    readme.write_text(text)
    card["sha256"][readme.name] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "trivium.json").write_text(json.dumps(card, indent=2) + "\n")


def _found(
    report: Report, direction: str, ordered: Sequence[Trial], offer: bool
) -> dict[str, float | bool]:
    """Report a task; what its card should say."""
    report.table(f"the surest answers, {direction}", COLUMNS, lines(direction, ordered))
    found = threshold(direction, ordered)
    if found is None:
        report.note(f"threshold, {direction}", "none: too few answers are good enough")
        return {"offered": False} if offer else {}
    least, checked, share = found
    report.note(
        f"threshold, {direction}",
        f"{least:.2f}; on the other rows {share:.0%} shown, {checked.metric} {checked.value:.1f} "
        f"(bar {checked.bar:.1f})",
    )
    return {
        "least_logprob": round(least, 3),
        "shown": round(share, 3),
        "value_of_the_shown": round(checked.value, 2),
        "bar_of_the_shown": round(checked.bar, 2),
        **({"offered": True} if offer and _good(checked) else {}),
    }


if __name__ == "__main__":
    asyncio.run(main())
