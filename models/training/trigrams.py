"""Count the trigrams that tell the corpus' languages apart; print them as the server keeps them.

    python -m training.trigrams ../shared/corpus/train.jsonl.zst

What it prints is the table in `trivium_server/domain/rewriting/trigrams.py`, which knows a text's
language where the text holds none of the commonest words.
"""

import math
import re
import string
import sys
from collections import Counter
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from training.corpus import LANGUAGES, read_rows

_TEXTS = 40_000
"""Of each language."""
_TYPICAL = 300
"""Trigrams of each language."""
_SEEN, _SMOOTHING = 60, 3
_STEP, _LOWEST = 0.3, -6.0
_PER_LINE = 11
_CODE = re.compile(r"`[^`]*`|\w*_\w+|\w+://\S+")
_WORD = re.compile(r"[^\W\d_]+")


def main() -> None:
    """Print the table."""
    counts = {code: _counted(texts) for code, texts in _texts(Path(sys.argv[1])).items()}
    ratios = _ratios(counts)
    typical = {each for code in LANGUAGES for each in _typical(code, counts[code], ratios)}
    rows = [each + "".join(map(_letter, ratios[each].values())) for each in sorted(typical)]
    for start in range(0, len(rows), _PER_LINE):
        print("".join(rows[start : start + _PER_LINE]))


def _texts(path: Path) -> dict[str, list[str]]:
    """The first texts of each language; English is on one side of every translation."""
    codes = {name: code for code, name in LANGUAGES.items()}
    found: dict[str, dict[str, None]] = {code: {} for code in LANGUAGES}
    for row in read_rows(path):
        _, *names = re.split(r"translate | to ", row.direction)
        for name, text in zip(names, (row.source, row.target), strict=False):
            found[codes[name]][text] = None
    step = {code: max(len(texts) // _TEXTS, 1) for code, texts in found.items()}
    return {code: list(islice(texts, 0, None, step[code])) for code, texts in found.items()}


def _counted(texts: Iterable[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        for word in _WORD.findall(_CODE.sub(" ", text).lower()):
            bounded = f" {word} "
            counts.update(bounded[at : at + 3] for at in range(len(bounded) - 2))
    return counts


def _ratios(counts: dict[str, Counter[str]]) -> dict[str, dict[str, float]]:
    """For each trigram the logarithm of its share in a language over the mean of its shares."""
    frequent = {each for some in counts.values() for each, times in some.items() if times > _SEEN}
    totals = {code: some.total() for code, some in counts.items()}
    ratios = {}
    for each in frequent:
        shares = {code: (some[each] + _SMOOTHING) / totals[code] for code, some in counts.items()}
        mean = sum(shares.values()) / len(shares)
        ratios[each] = {code: math.log(share / mean) for code, share in shares.items()}
    return ratios


def _typical(code: str, counts: Counter[str], ratios: dict[str, dict[str, float]]) -> list[str]:
    """The trigrams of a language that are frequent and rare elsewhere, the most telling first."""
    return sorted(ratios, key=lambda each: (-counts[each] * max(ratios[each][code], 0), each))[
        :_TYPICAL
    ]


def _letter(ratio: float) -> str:
    return string.ascii_lowercase[min(max(round((ratio - _LOWEST) / _STEP), 0), 25)]


if __name__ == "__main__":
    main()
