"""How often the guard would refuse what people wrote, and how often a language is recognised.

Needs no model: the references of the validation rows are taken for answers. Some of them do change
names or numbers, so the share refused is an upper bound of the guard's mistakes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from benchmarks.report import Report
from training.corpus import LANGUAGES, Row
from trivium_server.domain.rewriting import guard
from trivium_server.domain.rewriting.detect import language_of

_CODES = {name: code for code, name in LANGUAGES.items()}
_NAME = re.compile(r" names .*,(?= which)")
_LENGTHS = ((1, 2), (3, 5), (6, 10), (11, 10_000))


def measure(report: Report, rows: dict[str, list[Row]]) -> None:
    """Both tables."""
    report.table(
        "references that the guard would refuse",
        ["task", "share", "commonest reason"],
        [[direction, *_refused(direction, some)] for direction, some in rows.items()],
    )
    texts = [
        (code, text)
        for direction, some in rows.items()
        if direction.startswith("translate English to ")
        for row in some
        for code, text in (("en", row.source), (_CODES[direction.split()[-1]], row.target))
    ]
    report.table(
        "languages recognised, by the number of words",
        ["words", "texts", "right", "not told", "wrong"],
        _recognised(texts),
    )


def _refused(direction: str, rows: Sequence[Row]) -> tuple[float, str]:
    reasons: Counter[str] = Counter()
    for row in rows:
        try:
            if direction.startswith("summarize"):
                guard.check_summary(row.source, row.target)
            else:
                _, origin, _, language = direction.split()
                guard.check(
                    row.source, row.target, language=_CODES[language], origin=_CODES[origin]
                )
        except guard.Rejected as reason:
            reasons[_NAME.sub(" names …,", str(reason))] += 1
    return reasons.total() / len(rows), next(iter(dict(reasons.most_common(1))), "")


def _recognised(texts: Sequence[tuple[str, str]]) -> list[list[str | int | float]]:
    counts: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
    for code, text in texts:
        length = next(each for each in _LENGTHS if len(text.split()) <= each[1])
        found = language_of(text)
        counts[length]["right" if found == code else "wrong" if found else "not told"] += 1
    return [
        [
            f"{first}–{last}" if last < 1000 else f"{first} or more",
            counts[first, last].total(),
            *(
                counts[first, last][kind] / max(counts[first, last].total(), 1)
                for kind in ("right", "not told", "wrong")
            ),
        ]
        for first, last in _LENGTHS
    ]
