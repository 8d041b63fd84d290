"""Count the trigrams that tell the corpus' languages apart; print them as the server keeps them.

    python -m training.trigrams ../shared/corpus/train.jsonl.zst FOLDER

What it prints is the table in `trivium_server/domain/rewriting/trigrams.py`, which knows a text's
language where the text holds none of the commonest words. FOLDER has translations into languages
that are not in the corpus, as `sv/LC_MESSAGES/django.po` somewhere in it: the unpacked wheels of
django 5.2.19 and sphinx 9.0.4.
"""

import math
import re
import string
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from training.corpus import LANGUAGES, read_rows

_TEXTS = 40_000
"""Of each language."""
_TYPICAL = 300
"""Trigrams of each language."""
_OTHERS = "nl pt ro sv da nb fi hu pl cs tr et lv lt hr sk sl id ca".split()
"""Languages in Latin letters that stand for all that are not known."""
_TYPICAL_OF_OTHERS = 600
_SEEN, _SMOOTHING = 60, 3
_SEEN_ELSEWHERE, _SMOOTHING_ELSEWHERE = 4, 0.2
"""The same for the other languages, of which there is a hundredth as much text."""
_STEP, _LOWEST = 0.3, -6.0
_PER_LINE = 11
_CODE = re.compile(r"`[^`]*`|\w*_\w+|\w+://\S+")
_PLACEHOLDER = re.compile(r"%\(\w+\)s|%\w|\{[\w.]*\}|<[^>]*>|\\\w")
_WORD = re.compile(r"[^\W\d_]+")
_MESSAGE = re.compile(r'^msgstr ("[^\n]*"(?:\n"[^\n]*")*)', re.MULTILINE)
_Counts = Mapping[str, Counter[str]]


def main() -> None:
    """Print the table."""
    counts = {code: _counted(texts) for code, texts in _texts(Path(sys.argv[1])).items()}
    elsewhere = {code: _counted(_messages(Path(sys.argv[2]), code)) for code in _OTHERS}
    shares = _shares(counts, elsewhere)
    ratios = {each: _ratios(row) for each, row in shares.items()}
    typical = {each for code in LANGUAGES for each in _typical(code, shares, ratios, _TYPICAL)}
    typical.update(_typical("", shares, ratios, _TYPICAL_OF_OTHERS))
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


def _messages(folder: Path, code: str) -> Iterable[str]:
    """What the translations into one language say."""
    for path in sorted(folder.rglob(f"{code}/LC_MESSAGES/*.po")):
        for lines in _MESSAGE.findall(path.read_text("utf-8")):
            text = "".join(line[1:-1] for line in lines.split("\n"))
            # The first entry of a file is about the file.
            if "Content-Type:" not in text:
                yield _PLACEHOLDER.sub(" ", text)


def _shares(counts: _Counts, elsewhere: _Counts) -> dict[str, dict[str, float]]:
    """For each trigram its share in each language, and in the others together as that of "".

    Of the others it is the root mean square: a text is of one of them, not of all.
    """
    frequent = {each for some in counts.values() for each in some if some[each] > _SEEN}
    for some in elsewhere.values():
        frequent.update(each for each in some if some[each] > _SEEN_ELSEWHERE)
    totals = {code: some.total() for code, some in (*counts.items(), *elsewhere.items())}
    shares = {}
    for each in frequent:
        row = {code: (some[each] + _SMOOTHING) / totals[code] for code, some in counts.items()}
        others = [
            (some[each] + _SMOOTHING_ELSEWHERE) / totals[code] for code, some in elsewhere.items()
        ]
        row[""] = math.sqrt(sum(share * share for share in others) / len(others))
        shares[each] = row
    return shares


def _ratios(row: Mapping[str, float]) -> dict[str, float]:
    """The logarithm of each share over the mean of all."""
    mean = sum(row.values()) / len(row)
    return {code: math.log(share / mean) for code, share in row.items()}


def _typical(
    code: str,
    shares: Mapping[str, Mapping[str, float]],
    ratios: Mapping[str, Mapping[str, float]],
    most: int,
) -> list[str]:
    """The trigrams of a language that are frequent and rare elsewhere, the most telling first."""
    return sorted(
        ratios, key=lambda each: (-shares[each][code] * max(ratios[each][code], 0), each)
    )[:most]


def _letter(ratio: float) -> str:
    return string.ascii_lowercase[min(max(round((ratio - _LOWEST) / _STEP), 0), 25)]


if __name__ == "__main__":
    main()
