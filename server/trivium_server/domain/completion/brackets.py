"""Whether a suggestion leaves brackets and quotes as balanced as it found them.

Scanned line by line, for any language: strings are skipped and end with their line, comments are
not read.
"""

from __future__ import annotations

import re

from trivium_server.domain import languages

_CLOSES = {")": "(", "]": "[", "}": "{"}
_OPENERS = frozenset(_CLOSES.values())
_QUOTES = frozenset("\"'`")
_CHARACTER = re.compile(r"'(?:\\.[^']*|[^\\'])'")
_GOES_ON = ("(", "[", "{", ",", "=>", "->", "|", "+", "&&", "||", "\\", "=", ":", "&", "?", ".")
"""A line that ends so may leave brackets open."""


def fits(text: str, above: str, typed: str, rest: str, language: str = "") -> bool:
    """Whether a suggestion is balanced between `typed` and `rest` of its line.

    It closes only what is open, by a bracket of the right kind. Where something follows on the
    line, what is open behind that stays the same: the end of a string may be there already. It
    leaves nothing open that it or its line opened, but where the line plainly goes on; and no
    string.
    """
    outer = opened(above, language)
    before, quote = _scan(outer, typed, "", language)
    if rest.strip():
        _, still = _scan(before, rest, quote, language)
        expected, _ = _scan(before, rest, "" if still else quote, language)
        return _strict(before, text + rest, quote, language) == expected
    after = _strict(before, text, quote, language)
    if after is None:
        return False
    return len(after) <= len(outer) or text.rstrip().endswith(_GOES_ON)


def closes_itself(text: str, above: str, typed: str, language: str = "") -> bool:
    """Whether a suggestion that is cut short leaves no bracket and no string of its own open."""
    before, quote = _scan(opened(above, language), typed, "", language)
    after = _strict(before, text, quote, language)
    return after is not None and len(after) <= len(before)


def until_closed(text: str, closer: str, typed: str, language: str = "") -> str:
    """A text up to where it closes what `closer`, behind the cursor, closes already.

    A quote closes nothing where no string is open at the end of `typed`.
    """
    _, quote = _scan([], typed, "", language)
    if closer in _QUOTES:
        pattern = rf"(?:\\.|[^\\{closer}])*+"
        match = re.match(pattern, text) if quote == closer else None
        return match.group() if match else text
    for index, char in enumerate(text):
        if char == closer:
            before = _strict([_CLOSES[closer]], text[:index], quote, language)
            if before is not None and len(before) == 1:
                return text[:index]
    return text


def closes_outer(text: str, above: str, typed: str, language: str = "") -> bool:
    """Whether a suggestion closes a bracket that was opened above the cursor's line."""
    outer = opened(above, language)
    stack, quote = _scan(outer, typed, "", language)
    level = min(len(outer), len(stack))
    for line in text.split("\n"):
        marks, quote = _marks(line, quote, language)
        for mark in marks:
            stack = [*stack, mark] if mark in _OPENERS else stack[:-1]
            if len(stack) < level:
                return True
    return False


def are_within(rest: str, text: str) -> bool:
    """Whether all characters of `rest` are in `text`, in order, as editors ask of a replacement."""
    characters = iter(text)
    return all(char in characters for char in rest)


def opened(text: str, language: str = "") -> list[str]:
    """The brackets that a text leaves open, outermost first; it may be faulty or cut anywhere."""
    stack: list[str] = []
    for line in text.split("\n"):
        stack, _ = _scan(stack, line, "", language)
    return stack


def _scan(stack: list[str], line: str, quote: str, language: str) -> tuple[list[str], str]:
    """The open brackets and the open quote after a line; what does not match is passed over."""
    stack = list(stack)
    marks, quote = _marks(line, quote, language)
    for mark in marks:
        if mark in _OPENERS:
            stack.append(mark)
        elif _CLOSES[mark] in stack:
            while stack.pop() != _CLOSES[mark]:
                pass
    return stack, quote


def _strict(stack: list[str], text: str, quote: str, language: str) -> list[str] | None:
    """The open brackets after a text; None when it is faulty or ends within a string."""
    stack = list(stack)
    for line in text.split("\n"):
        marks, quote = _marks(line, quote, language)
        if quote:
            return None
        for mark in marks:
            if mark in _OPENERS:
                stack.append(mark)
            elif not stack or stack.pop() != _CLOSES[mark]:
                return None
    return stack


def _marks(line: str, quote: str, language: str) -> tuple[list[str], str]:
    """The brackets outside of strings, and the quote that is open at the end."""
    comment = languages.by_id(language).line_comment
    found: list[str] = []
    index = 0
    while index < len(line):
        char = line[index]
        if char == "\\":
            index += 1
        elif quote:
            quote = "" if char == quote else quote
        elif comment and line.startswith(comment, index):
            break
        elif char in _QUOTES:
            width = _lone(line, index, language)
            index += max(width - 1, 0)
            quote = "" if width else char
        elif char in _OPENERS or char in _CLOSES:
            found.append(char)
        index += 1
    return found, quote


def _lone(line: str, index: int, language: str) -> int:
    """How many characters to pass over where a `'` begins no string; 0 for a quote.

    Rust's characters and lifetimes, and elsewhere what no other `'` closes, such as `don't`; but a
    third one in a row opens a string.
    """
    if line[index] != "'":
        return 0
    if language == "rust":
        character = _CHARACTER.match(line, index)
        return len(character.group()) if character else 1
    return 0 if "'" in line[index + 1 :] or line[:index].endswith("'") else 1
