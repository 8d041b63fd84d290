"""What was answered before: for the same place, for typing along, for going back.

An answer is remembered with the text around its cursor. It still answers when the user has typed
the beginning of what it suggests, when that was taken back, and when the editor has put closing
brackets behind the cursor meanwhile. So no model is asked then. Knows no model and no clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from trivium_server.domain.completion import brackets
from trivium_server.domain.text import Document

_BEFORE, _AFTER = 2000, 500
"""Characters around the cursor that must be the same."""
_MOST = 64
_CLOSERS = ")]}\"'`"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text for the editor to put in the place of `[start, end)`."""

    text: str
    start: int
    end: int
    id: str
    source: str = ""
    """Where it was copied from, such as `utils/io.py:42`; empty when the model made it."""


@dataclass(frozen=True, slots=True)
class CompletionAnswer:
    """Suggestions, best first, or the reason why there are none."""

    suggestions: tuple[Suggestion, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Entry:
    uri: str
    offset: int
    before: str
    after: str
    answer: CompletionAnswer


class Memory:
    """The last answers, newest first."""

    def __init__(self) -> None:
        self._entries: deque[_Entry] = deque(maxlen=_MOST)

    def remember(self, document: Document, offset: int, answer: CompletionAnswer) -> None:
        """Keep an answer for a cursor in a document."""
        before, after = _around(document, offset)
        self._entries.appendleft(_Entry(document.uri, offset, before, after, answer))

    def recall(self, document: Document, offset: int) -> CompletionAnswer | None:
        """An answer that is known to hold here; None when a model has to be asked."""
        for entry in self._entries:
            if entry.uri == document.uri and 0 <= offset - entry.offset <= _BEFORE:
                answer = _moved(entry, document, offset)
                if answer is not None:
                    return answer
        return None


def _moved(entry: _Entry, document: Document, offset: int) -> CompletionAnswer | None:
    """An older answer as it is now that more of it has been typed."""
    before, _ = _around(document, entry.offset)
    if before != entry.before:
        return None
    typed = document.text[entry.offset : offset]
    after = document.text[offset : offset + _AFTER + len(_CLOSERS)]
    closers = _closers(typed, after, entry.after)
    if closers is None:
        return None
    if not typed and not closers:
        return entry.answer
    left = [_left(each, typed, closers, offset) for each in entry.answer.suggestions]
    suggestions = tuple(each for each in left if each)
    return CompletionAnswer(suggestions) if suggestions else None


def _closers(typed: str, after: str, expected: str) -> str | None:
    """What the editor has put behind the cursor for brackets typed; None if the rest differs."""
    for count in range(len(after) + 1):
        # As far as it was looked at: what was the text's end then has to be its end now.
        if after[count : count + _AFTER] == expected:
            return after[:count]
        if count >= len(typed) or after[count : count + 1] not in tuple(_CLOSERS):
            return None
    return None


def _left(suggestion: Suggestion, typed: str, closers: str, offset: int) -> Suggestion | None:
    """What is left of a suggestion behind the text typed; None when it went another way."""
    replaced = suggestion.end - suggestion.start
    text = suggestion.text
    if not text.startswith(typed) or len(text) == len(typed):
        return None
    left = text[len(typed) :]
    if closers and left.endswith(closers):
        left = left.removesuffix(closers)
    elif brackets.are_within(closers, left):
        replaced += len(closers)
    else:
        return None
    if not left.strip():
        return None
    return replace(suggestion, text=left, start=offset, end=offset + replaced)


def _around(document: Document, offset: int) -> tuple[str, str]:
    text = document.text
    return text[max(offset - _BEFORE, 0) : offset], text[offset : offset + _AFTER]
