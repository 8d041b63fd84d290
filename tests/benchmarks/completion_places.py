"""Places to complete at: lines of real code, masked from a cursor to their end.

Half of the cursors stand at the beginning of a line, behind its indentation; half at a random
character within it, as in typing. Where the line's beginning opened brackets that its end closes,
those closers stay behind the cursor, as editors put them there. Comments, docstrings and lines of
a few characters are left out. The same seed gives the same places.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.completion_corpus import Package, packages
from trivium_server.domain import syntax
from trivium_server.domain.text import Document

_SHORTEST, _LONGEST, _PER_FILE = 6, 110, 3
_PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Place:
    """A cursor in a file, and what its author wrote there."""

    package: Package
    path: str
    """Relative to the package's root."""
    before: str
    expected: str
    """The masked text: the rest of the cursor's line up to `after`."""
    after: str
    whole_line: bool

    @property
    def document(self) -> Document:
        """The file without the masked text."""
        path = str(self.package.root / self.path)
        language = self.package.language
        return Document("file://" + path, self.before + self.after, 1, language, path)

    @property
    def rest(self) -> str:
        """What stands behind the cursor on its line."""
        return self.after.split("\n", 1)[0]


def places(wanted: dict[str, tuple[str, ...]], count: int, seed: int) -> list[Place]:
    """So many places, the same number for each language, in an order that mixes them."""
    rng = random.Random(seed)
    by_language: dict[str, list[Package]] = {}
    for package in packages(wanted):
        by_language.setdefault(package.language, []).append(package)
    share = -(-count // len(by_language))
    found = [
        place
        for language in sorted(by_language)
        for place in _of_packages(by_language[language], share, rng)
    ]
    rng.shuffle(found)
    return found[:count]


def _of_packages(group: list[Package], count: int, rng: random.Random) -> list[Place]:
    """Packages in turn, so that a large one does not outweigh the others."""
    streams = [_of_package(package, rng) for package in group]
    found: list[Place] = []
    while streams and len(found) < count:
        for stream in list(streams):
            place = next(stream, None)
            if place is None:
                streams.remove(stream)
            elif len(found) < count:
                found.append(place)
    return found


def _of_package(package: Package, rng: random.Random) -> Iterator[Place]:
    files = package.files()
    rng.shuffle(files)
    for _ in range(_PER_FILE):
        for path in files:
            text = path.read_text("utf-8", "replace").replace("\r\n", "\n")
            if 400 < len(text) < 150_000:
                place = _place(package, path.relative_to(package.root).as_posix(), text, rng)
                if place:
                    yield place


def _place(package: Package, path: str, text: str, rng: random.Random) -> Place | None:
    document = Document("", text, language=package.language)
    tree = syntax.parse(text, package.language)
    assert tree is not None
    for _ in range(20):
        line = rng.randrange(document.lines.count)
        start, end = document.lines.span(line)
        content = text[start:end].strip()
        first = start + len(text[start:end]) - len(text[start:end].lstrip())
        if _SHORTEST <= len(content) <= _LONGEST and not _is_prose(tree, first):
            return _masked(package, path, text, first, first + len(content), rng)
    return None


def _is_prose(tree: syntax.Syntax, offset: int) -> bool:
    """Whether a comment or a string begins at an offset or holds it."""
    node = tree.root.descendant_for_byte_range(tree.byte(offset), tree.byte(offset + 1))
    while node is not None:
        if "comment" in node.type or "string" in node.type:
            return True
        node = node.parent
    return False


def _masked(
    package: Package, path: str, text: str, start: int, end: int, rng: random.Random
) -> Place:
    whole = rng.random() < 0.5
    cursor = start if whole else rng.randrange(start + 1, end - 4)
    if text[cursor:end].strip() != text[cursor:end]:
        cursor = start + len(text[start:cursor].rstrip()) if not whole else cursor
    closers = "" if whole else _closers(text[start:cursor], text[cursor:end])
    masked = end - len(closers)
    return Place(package, path, text[:cursor], text[cursor:masked], text[masked:], whole)


def _closers(typed: str, tail: str) -> str:
    """The closers that an editor would have put behind the cursor, if the line ends with them."""
    open_brackets: list[str] = []
    for char in typed:
        if char in _PAIRS:
            open_brackets.append(_PAIRS[char])
        elif open_brackets and char == open_brackets[-1]:
            open_brackets.pop()
    closers = "".join(reversed(open_brackets))
    return closers if closers and tail.endswith(closers) and len(tail) - len(closers) > 2 else ""
