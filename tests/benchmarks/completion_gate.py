"""Fits the gate's two models on packages that the published figures do not use.

`python -m benchmarks.completion_gate` prints `WHOLE` and `PART` for domain/completion/gate.py, how
well they are calibrated, and what each setting of the confidence would show. All figures are
cross-validated: packages are left out in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from unittest.mock import patch

import numpy as np

from benchmarks.completion_corpus import CACHE, FIT
from benchmarks.completion_places import places
from benchmarks.completion_quality import Outcome, judge
from benchmarks.completion_records import Record, Run, run
from benchmarks.report import text_table
from trivium_server.domain.completion import filters, gate, selection
from trivium_server.domain.completion.joining import Dropped
from trivium_server.settings import Settings

_FOLDS = 4
_RIDGE = 1.0

Samples = tuple[np.ndarray, np.ndarray]
"""Features [n, features] and whether the author wrote so [n]."""


def logistic(features: np.ndarray, labels: np.ndarray) -> tuple[float, ...]:
    """The weights of a logistic regression by Newton's method, with a little ridge."""
    weights = np.zeros(features.shape[1])
    for _ in range(50):
        chances = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (labels - chances) - _RIDGE * weights
        curvature = (features * (chances * (1 - chances))[:, None]).T @ features
        step = np.linalg.solve(curvature + _RIDGE * np.eye(len(weights)), gradient)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    return tuple(round(float(weight), 2) for weight in weights)


def fit(records: Sequence[Record]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """`WHOLE` and `PART`."""
    rows = [row for record in records for row in _rows(record)]
    return logistic(*_matrix(rows, whole=True)), logistic(*_matrix(rows, whole=False))


def _matrix(rows: list[tuple[bool, gate.Evidence, bool]], *, whole: bool) -> Samples:
    chosen = [
        (evidence.features(), label) for is_whole, evidence, label in rows if is_whole == whole
    ]
    features, labels = zip(*chosen, strict=True)
    return np.array(features, float), np.array(labels, float)


def _rows(record: Record) -> Iterator[tuple[bool, gate.Evidence, bool]]:
    """Whether it is a whole line, its evidence, and whether the author wrote so."""
    place, proposal = record.place, record.proposal
    wrote = place.expected + place.after
    for completion in proposal.completions:
        try:
            fitted = filters.fit(completion.text, proposal.spot, block=proposal.block)
        except Dropped:
            continue
        if completion.finish not in ("length", "unsure"):
            evidence = selection.evidence_of_whole(completion, fitted.text, proposal)
            choice = selection.Choice(fitted.text, fitted.replaced, 1.0)
            yield True, evidence, Outcome(record, choice, choice, "").taken_whole
        for end in gate.boundaries(fitted.text):
            part = fitted.text[:end]
            if filters.is_partial(part, proposal.spot):
                evidence = selection.evidence_of_part(completion, part, proposal)
                yield False, evidence, wrote.startswith(part)


def cross_validated(records: Sequence[Record], confidence: float) -> list[Outcome]:
    """Each record judged by weights that were fitted without its package."""
    names = sorted({record.place.package.name for record in records})
    outcomes = []
    for fold in range(_FOLDS):
        held = set(names[fold::_FOLDS])
        inside = [each for each in records if each.place.package.name in held]
        whole, part = fit([each for each in records if each.place.package.name not in held])
        with patch.object(gate, "WHOLE", whole), patch.object(gate, "PART", part):
            outcomes += [judge(each, confidence) for each in inside]
    return outcomes


def _row(confidence: float, outcomes: list[Outcome]) -> tuple[float, ...]:
    shown = [each for each in outcomes if each.shown]
    total = sum(len(each.place.expected) for each in outcomes)
    saved = sum(len(each.shown.text) for each in shown if each.shown and each.taken)
    return (
        confidence,
        sum(each.first_line == each.place.expected for each in outcomes) / len(outcomes),
        len(shown) / len(outcomes),
        sum(each.taken for each in shown) / max(len(shown), 1),
        sum(each.taken_whole for each in shown) / max(len(shown), 1),
        saved / total,
    )


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", type=int, default=400)
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--encoder", default="words", help="see completion_quality")
    options = parser.parse_args()
    decoder = Settings().models.decoder
    name = f"fit-{options.places}-{options.seed}-{decoder}-{options.encoder}.jsonl"
    how = Run(decoder, options.encoder, baseline=False)
    records = run(places(FIT, options.places, options.seed), CACHE / "records" / name, how)
    print(f"{len(records)} places\nWHOLE = {fit(records)[0]}\nPART = {fit(records)[1]}")
    columns = ("confidence", "exact", "shown", "taken as is", "taken whole", "saved")
    settings = (0.3, 0.4, 0.5, 0.6, 0.7)
    rows = [_row(each, cross_validated(records, each)) for each in settings]
    print(text_table(columns, rows))


if __name__ == "__main__":
    main()
