"""How good completion is, on real code: `make bench-completion-quality`.

Lines of packages that were chosen beforehand are masked by a fixed seed (`completion_places`), the
real engine is asked with the rest of the file and of the package at hand, and what comes out is
compared with what the author wrote. Baselines: the raw model with only the text before the cursor,
and the same with token healing. ARGS="--places 60" for a quick look.
"""

from __future__ import annotations

import argparse
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.completion_corpus import CACHE, REPORT
from benchmarks.completion_places import Place, places
from benchmarks.completion_records import Record, Run, run
from benchmarks.report import Report
from trivium_server.domain.completion.selection import Choice, select
from trivium_server.settings import Settings

_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\\s])'|'(?:\\.|[^'\\])*'|`[^`]*`")
_CONTROL = re.compile(
    r"<\|[^>\n]*>|</?s>|<unk>|<pad>|\ufffd|<(?:fim|issue|jupyter|commit)_\w+>|"
    r"<(?:repo_?name|file_sep|filename|gh_stars|empty_output|endoftext|MID|PRE|SUF|EOT)>"
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True)
class Outcome:
    """What came of one place."""

    record: Record
    best: Choice | None
    """The best text, however unsure."""
    shown: Choice | None
    """What the user would have seen while typing."""
    reason: str

    @property
    def place(self) -> Place:
        """The place."""
        return self.record.place

    @property
    def first_line(self) -> str:
        """The first line of the best text, with what it puts behind the cursor taken off."""
        return _first(self.best.text, self.best.replaced, self.place) if self.best else ""

    @property
    def taken_whole(self) -> bool:
        """Whether what was shown is all that the author wrote on the line, and nothing else."""
        several = self.shown is not None and "\n" in self.shown.text
        return (
            bool(self.shown) and self._line == self.place.expected and (not several or self.taken)
        )

    @property
    def taken(self) -> bool:
        """Whether the author wrote what was shown, character by character, and maybe went on."""
        wrote = self.place.expected + self.place.after
        return bool(self.shown) and wrote.startswith(self.shown.text if self.shown else "")

    @property
    def _line(self) -> str:
        return _first(self.shown.text, self.shown.replaced, self.place) if self.shown else ""


def judge(record: Record, confidence: float) -> Outcome:
    """Select as the service does, with and without the gate."""
    best, _ = select(record.proposal, confidence=0.0, invoked=True)
    shown, reason = select(record.proposal, confidence=confidence)
    return Outcome(record, best[0] if best else None, shown[0] if shown else None, reason)


def similarity(one: str, other: str) -> float:
    """One minus the Levenshtein distance over the greater length."""
    if not one and not other:
        return 1.0
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return 1 - row[-1] / max(len(one), len(other))


def _first(text: str, replaced: int, place: Place) -> str:
    line = text.split("\n", 1)[0].rstrip()
    covered = place.rest[:replaced]
    return line.removesuffix(covered) if covered else line


def _raw_first(text: str, place: Place) -> str:
    """A baseline's line; closers that the editor has put behind the cursor are forgiven."""
    line = text.split("\n", 1)[0].rstrip()
    return line.removesuffix(place.rest) if place.rest else line


def repeats_below(outcome: Outcome) -> bool:
    """Whether a shown line is one of the next three that are there already."""
    place, shown = outcome.place, outcome.shown
    if not shown:
        return False
    typed = place.before.rsplit("\n", 1)[-1]
    lines = (typed + shown.text + place.rest[shown.replaced :]).split("\n")
    below = [line.strip() for line in place.after.split("\n")[1:] if line.strip()][:3]
    return any(line.strip() in below and re.search(r"\w{3}", line) for line in lines)


def unbalanced(outcome: Outcome) -> bool:
    """Whether a shown text closes what is not open, or opens for good what its line should close.

    Worked out apart from the product's own rule: over the whole file, strings cut out by pattern.
    """
    place, shown = outcome.place, outcome.shown
    if not shown:
        return False
    typed = place.before.rsplit("\n", 1)[-1]
    above = place.before[: len(place.before) - len(typed)]
    stack = _forgiving(above)
    line = _STRING.sub('""', typed + shown.text + place.rest[shown.replaced :])
    level = len(stack)
    for char in line:
        if char in "([{":
            stack.append(char)
        elif char in _PAIRS and (not stack or stack.pop() != _PAIRS[char]):
            return True
    whole = outcome.best is not None and shown.text == outcome.best.text
    goes_on = line.rstrip().endswith(tuple("([{,=:+-|&.?>\\"))
    return whole and len(stack) > level and not goes_on


def _forgiving(text: str) -> list[str]:
    stack: list[str] = []
    for char in _STRING.sub('""', text):
        if char in "([{":
            stack.append(char)
        elif char in _PAIRS and _PAIRS[char] in stack:
            while stack.pop() != _PAIRS[char]:
                pass
    return stack


def leaks(outcome: Outcome) -> bool:
    """Whether a control token is in what is shown and nowhere in the file."""
    text = outcome.shown.text if outcome.shown else ""
    return any(match not in outcome.place.document.text for match in _CONTROL.findall(text))


def figures(outcomes: Sequence[Outcome], report: Report) -> None:
    """All tables."""
    groups: list[tuple[str, Callable[[Outcome], bool]]] = [
        ("all", lambda each: True),
        ("whole line masked", lambda each: each.place.whole_line),
        ("within a line", lambda each: not each.place.whole_line),
    ]
    for language in sorted({each.place.package.language for each in outcomes}):
        groups.append((language, lambda each, name=language: each.place.package.language == name))
    parts = [(name, [each for each in outcomes if wanted(each)]) for name, wanted in groups]
    report.table(
        "First line",
        ("places", "n", "exact", "raw", "raw healed", "similarity", "raw similarity"),
        [(name, *_first_lines(part)) for name, part in parts],
    )
    report.table(
        "Shown while typing",
        ("places", "shown", "taken as is", "taken whole", "characters saved"),
        [(name, *_shown(part)) for name, part in parts],
    )
    report.table(
        "Never (counts)",
        ("repeats a line below", "unbalanced", "leaked control token"),
        [tuple(sum(map(rule, outcomes)) for rule in (repeats_below, unbalanced, leaks))],
    )


def _first_lines(part: Sequence[Outcome]) -> tuple[int | float, ...]:
    wanted = [each.place.expected for each in part]
    ours = [each.first_line for each in part]
    raw = [_raw_first(each.record.raw, each.place) for each in part]
    healed = [_raw_first(each.record.proposal.completions[0].text, each.place) for each in part]
    return (
        len(part),
        *(
            _mean(a == b for a, b in zip(wanted, found, strict=True))
            for found in (ours, raw, healed)
        ),
        *(_mean(map(similarity, wanted, found)) for found in (ours, raw)),
    )


def _shown(part: Sequence[Outcome]) -> tuple[float, ...]:
    shown = [each for each in part if each.shown]
    total = sum(len(each.place.expected) for each in part)
    saved = sum(len(each.shown.text) for each in shown if each.taken and each.shown)
    return (
        len(shown) / max(len(part), 1),
        _mean(each.taken for each in shown),
        _mean(each.taken_whole for each in shown),
        saved / max(total, 1),
    )


def _mean(values: Iterable[float]) -> float:
    found = [float(value) for value in values]
    return statistics.fmean(found) if found else 0.0


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=500)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument(
        "--encoder", default="words", help="of the index; `words` for similar places without one"
    )
    parser.add_argument("--decoder", default=Settings().models.decoder)
    parser.add_argument("--confidence", type=float, default=Settings().completion.confidence)
    options = parser.parse_args()
    report = Report("completion-quality")
    name = f"report-{options.places}-{options.seed}-{options.decoder}-{options.encoder}.jsonl"
    how = Run(options.decoder, options.encoder, baseline=True)
    found = run(places(REPORT, options.places, options.seed), CACHE / "records" / name, how)
    report.note("places", len(found))
    report.note("confidence", options.confidence)
    figures([judge(record, options.confidence) for record in found], report)
    report.note("median seconds", round(statistics.median(each.seconds for each in found), 3))
    report.write()


if __name__ == "__main__":
    main()
