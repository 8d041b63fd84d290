"""Read the corpus rows and put placeholders in for the spans a translation must not touch.

Knows the row format of `shared/corpus` and the names of the tasks. Knows nothing of token ids,
models or training.
"""

import io
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian"}

SENTINELS = tuple(f"<extra_id_{n}>" for n in range(32))

_LONGEST_WINDOW = 2**27

# What the rewriter masks before the model sees a text: code spans, URLs, placeholders of the
# usual format languages, command-line options, paths, dotted or snake_case names, and numbers.
_UNTOUCHABLE = re.compile(
    r"`[^`\n]{1,80}`"
    r"|\b(?:https?|ftp)://[^\s<>\"'()]*[\w/]"
    r"|%(?:\d+\$)?[-+#0]*\d*(?:\.\d+)?(?:l{0,2}|z|h)[sdiuxXfgcq]\b|%\d+\b|%\([a-z_]+\)[sd]"
    r"|\$\{[\w.]{1,40}\}|\{[\w.:!]{0,40}\}|\$\d\b"
    r"|(?<![\w-])--?[a-z][\w-]+"
    r"|\b\w+(?:_\w+)+(?:\(\))?|\b[a-z]\w*(?:\.[a-z]\w*)+(?:\(\))?"
    r"|(?<![\w/])/(?:[\w.-]+/)*[\w.-]*\w"
    r"|\b\d+(?:\.\d+)*\b"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One example: its direction (a T5 prefix without the colon), its two texts, its kind."""

    direction: str
    source: str
    target: str
    via: str = ""


def prefix_of(direction: str) -> str:
    """Return the text that tells the model its task, such as `summarize code:`."""
    return f"{direction}:"


def directions_of(task: str) -> tuple[str, ...]:
    """Return the directions that rows of a corpus task can be read in, as stored first.

    Raises:
        KeyError: A language of the task is not one of `LANGUAGES`.

    """
    if not task.startswith("translate "):
        return ("summarize code",) if task == "summarize code" else ("summarize",)
    first, second = (LANGUAGES[code] for code in task.removeprefix("translate ").split("-"))
    return (f"translate {first} to {second}", f"translate {second} to {first}")


TASKS = (
    *(f"translate en-{code}" for code in ("de", "fr", "es", "it")),
    "summarize code",
    "summarize text",
)
DIRECTIONS = tuple(direction for task in TASKS for direction in directions_of(task))


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a `.jsonl.zst` file in file order, translations English first."""
    reader = zstandard.ZstdDecompressor(max_window_size=_LONGEST_WINDOW)
    with path.open("rb") as file, reader.stream_reader(file) as stream:
        for line in io.TextIOWrapper(stream, "utf-8"):
            fields = json.loads(line)
            yield Row(
                directions_of(fields["task"])[0],
                fields["source"],
                fields["target"],
                fields.get("via", ""),
            )


def turned_round(row: Row) -> Row:
    """Return a translation in the other direction."""
    _, first, _, second = row.direction.split()
    return Row(f"translate {second} to {first}", row.target, row.source, row.via)


def mask(source: str, target: str, chance: random.Random) -> tuple[str, str]:
    """Replace spans that both texts share by sentinels, numbered as the source has them.

    The numbering starts at a random sentinel in one pair of four, so that every sentinel is seen.

    Returns:
        The two masked texts; the two given ones when they share no such span.

    """
    spans = list(dict.fromkeys(_UNTOUCHABLE.findall(source)))
    shared = [span for span in spans if source.count(span) == target.count(span) == 1]
    shared = shared[: len(SENTINELS)]
    first = chance.randrange(len(SENTINELS) - len(shared) + 1) if chance.random() < 0.25 else 0
    if not shared:
        return source, target
    sentinel = {span: SENTINELS[number] for number, span in enumerate(shared, first)}
    any_span = re.compile("|".join(re.escape(s) for s in sorted(shared, key=len, reverse=True)))
    masked = [any_span.sub(lambda found: sentinel[found[0]], text) for text in (source, target)]
    return masked[0], masked[1]
