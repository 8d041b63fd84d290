"""Which suggestions the user took: told by the editor, or seen in the text.

Nothing leaves the machine: the counts lie in one small JSON file in Trivium's cache folder.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from trivium_models.cache import cache_root
from trivium_server.domain.completion.history import History
from trivium_server.domain.completion.memory import CompletionAnswer, Suggestion
from trivium_server.domain.text import Document

_log = logging.getLogger("trivium.completion")

_SEEN = 0.25
"""Seconds on the screen after which passing over a suggestion is a decision."""


@dataclass(frozen=True, slots=True)
class _Shown:
    suggestion: Suggestion
    uri: str
    language: str
    since: float
    begun: bool = False
    """Whether several characters of it came at once: a word or a line of it was taken."""

    def is_at(self, document: Document, offset: int) -> bool:
        """Whether the cursor is still where this was shown: asked again, nothing is decided."""
        return self.uri == document.uri and self.suggestion.start == offset

    def is_begun(self, rest: Suggestion) -> bool:
        """Whether a part was taken, now that this is left; typing along takes one character."""
        return self.begun or rest.start - self.suggestion.start > 1

    def is_in(self, document: Document) -> bool:
        """Whether the text has become what was suggested."""
        start, text = self.suggestion.start, self.suggestion.text
        return self.uri == document.uri and document.text.startswith(text, start)


class Acceptance:
    """The suggestions on the screen, and what became of earlier ones."""

    def __init__(self, cache: Path | None = None) -> None:
        self._file = (cache or cache_root()) / "history.json"
        self._history: History | None = None
        self._pending: dict[str, _Shown] = {}

    def bias(self, language: str) -> float:
        """See `History.bias`."""
        return self._read().bias(language)

    def shown(self, document: Document, offset: int, answer: CompletionAnswer) -> None:
        """A new answer is on the screen: judge those that it replaces."""
        now = time.monotonic()
        before, self._pending = self._pending, {}
        for suggestion in answer.suggestions:
            known = before.pop(suggestion.id, None)
            since = known.since if known else now
            begun = known is not None and known.is_begun(suggestion)
            shown = _Shown(suggestion, document.uri, document.language, since, begun)
            self._pending[suggestion.id] = shown
        gone = [each for each in before.values() if not each.is_at(document, offset)]
        if any(each.is_in(document) for each in gone):
            self._record(gone[0].language, taken=True)
        elif any(now - each.since > _SEEN and not each.begun for each in gone):
            self._record(gone[0].language, taken=False)

    def accepted(self, suggestion_id: str) -> None:
        """The editor says that a suggestion was taken; told twice, it counts once."""
        shown = self._pending.pop(suggestion_id, None)
        if shown:
            self._pending.clear()
            self._record(shown.language, taken=True)

    def _record(self, language: str, *, taken: bool) -> None:
        history = self._read()
        history.record(language, taken=taken)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            aside = self._file.with_suffix(".part")
            aside.write_text(json.dumps(history.to_json()), "utf-8")
            aside.replace(self._file)
        except OSError as error:
            _log.warning("The history of completions cannot be written: %s.", error)

    def _read(self) -> History:
        if self._history is None:
            try:
                self._history = History.from_json(json.loads(self._file.read_text("utf-8")))
            except (OSError, ValueError):
                self._history = History()
        return self._history
