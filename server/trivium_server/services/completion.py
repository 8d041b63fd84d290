"""Autocomplete as the editor asks for it: remembered, asked of the engine, filtered and gated.

One state of the text counts at a time: a newer one cancels what is under way for an older one, and
requests for the same state share one answer. Whatever happens, the answer is a list of suggestions
or an empty list with the reason. Knows no LSP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from trivium_models.client import EngineClient
from trivium_models.errors import ModelError
from trivium_models.types import CompletionOptions, Priority
from trivium_server.domain.completion import boundaries, prompt
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.candidates import (
    LARGEST_TEXT,
    LONGEST_CONTEXT,
    Copy,
    Source,
    copies,
)
from trivium_server.domain.completion.memory import CompletionAnswer, Memory, Suggestion
from trivium_server.domain.completion.refusals import refusal
from trivium_server.domain.completion.selection import Proposal, select
from trivium_server.domain.text import Document
from trivium_server.services.acceptance import Acceptance
from trivium_server.services.neighbours import FindSimilar, Neighbours
from trivium_server.settings import Settings

__all__ = ["CompletionAnswer", "CompletionService", "Suggestion"]

_log = logging.getLogger("trivium.completion")

_CANDIDATES = 3
"""Texts that the model makes when the user asks for suggestions."""
_DRAFTS = 2
"""Copied texts that the model judges."""
_BLOCK_TOKENS = 2
"""A block may have so many times the tokens of a line."""
_UNSURE = -2.5
"""Mean log-probability below which the model need not go on: it would not be shown."""
_PATIENCE = 0.1
"""Seconds that a completion waits for similar code."""
_WITHDRAWN = CompletionAnswer((), "a newer request took its place")

State = tuple[str, int, str]
"""URI, offset and text of a document: what an answer depends on."""


@dataclass
class _Work:
    """An answer under way, and how many requests wait for it."""

    state: State
    task: asyncio.Task[CompletionAnswer]
    waiting: int = 0

    async def outcome(self) -> CompletionAnswer:
        """The answer; when nobody waits for it any more, the work on it stops."""
        self.waiting += 1
        try:
            return await asyncio.shield(self.task)
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if self.task.cancelled() and not (current and current.cancelling()):
                return _WITHDRAWN
            raise
        finally:
            self.waiting -= 1
            if not self.waiting:
                self.task.cancel()


class CompletionService:
    """Suggestions for one session. Use it from one event loop."""

    def __init__(
        self,
        engine: EngineClient,
        settings: Callable[[], Settings],
        find_similar: FindSimilar | None = None,
        cache: Path | None = None,
    ) -> None:
        """`cache` is the folder for the history of acceptance, Trivium's own if None."""
        self._engine = engine
        self._settings = settings
        self._neighbours = Neighbours(find_similar)
        self._memory = Memory()
        self._remembered_with = settings()
        self._acceptance = Acceptance(cache)
        self._ids = count(1)
        self._work: dict[bool, _Work] = {}
        """What is under way for one state: asked for by hand, and while typing."""
        self._ahead: asyncio.Task[None] | None = None
        self._warming: asyncio.Task[None] | None = None
        self.last_reason = ""
        """Why the last request showed nothing; empty when it showed something."""

    async def complete(
        self, document: Document, offset: int, *, invoked: bool = False
    ) -> CompletionAnswer:
        """Suggestions for a cursor, best first; raises only when cancelled."""
        offset = min(max(offset, 0), len(document.text))
        reason = refusal(Spot(document, offset), self._settings().completion, invoked=invoked)
        if reason:
            answer = CompletionAnswer((), reason)
        else:
            # Who asks by hand wants all that there is, not the one that was shown while typing.
            known = None if invoked else self._known().recall(document, offset)
            answer = known or await self._shared(document, offset, invoked)
        self._acceptance.shown(document, offset, answer)
        self.last_reason = answer.reason
        if answer.reason:
            _log.debug("Nothing at %s:%d: %s.", document.uri, offset, answer.reason)
        return answer

    def accepted(self, suggestion_id: str) -> None:
        """The user took a suggestion."""
        self._acceptance.accepted(suggestion_id)

    async def warm(self, document: Document, offset: int) -> None:
        """The cursor has moved: have the engine read what comes before it."""
        if self._warming:
            self._warming.cancel()
        spot = Spot(document, min(max(offset, 0), len(document.text)))
        if not self._busy() and not refusal(spot, self._settings().completion, invoked=False):
            self._warming = self._start(self._warm(spot))

    def close(self) -> None:
        """Drop everything that is under way."""
        for work in self._work.values():
            work.task.cancel()
        for task in (self._ahead, self._warming):
            if task:
                task.cancel()
        self._neighbours.close()

    async def settle(self, document: Document, offset: int) -> None:
        """Wait until similar code has been looked for, however long that takes."""
        await self._neighbours.near(Spot(document, offset), None)

    async def propose(
        self, document: Document, offset: int, *, invoked: bool, priority: Priority
    ) -> Proposal:
        """What the model and copied places have to say; raises the errors of the engine."""
        spot = Spot(document, offset)
        similar = await self._neighbours.near(spot, _PATIENCE)
        found = self._copies(spot, similar)
        block = boundaries.wants_block(spot)
        asked = prompt.build(document, offset)
        most = self._settings().completion.max_tokens
        options = CompletionOptions(
            max_tokens=most * _BLOCK_TOKENS if block else most,
            stop=boundaries.stops(block=block),
            candidates=_CANDIDATES if invoked else 1,
            min_logprob=None if invoked else _UNSURE,
            drafts=tuple(copy.text for copy in found[:_DRAFTS]),
        )
        completions = await self._engine.complete(
            asked.text, options, suffix=asked.suffix, priority=priority
        )
        return Proposal(spot, block, completions, found)

    def _known(self) -> Memory:
        """What is remembered under the settings as they are."""
        settings = self._settings()
        if settings != self._remembered_with:
            self._memory, self._remembered_with = Memory(), settings
        return self._memory

    async def _shared(self, document: Document, offset: int, invoked: bool) -> CompletionAnswer:
        """The answer of the one task for this state of the text, and of no other state."""
        state = (document.uri, offset, document.text)
        for old in self._work.values():
            if old.state != state:
                old.task.cancel()
        self._work = {key: work for key, work in self._work.items() if work.state == state}
        if self._ahead:
            self._ahead.cancel()
        work = self._work.get(invoked)
        if work is None or work.task.done():
            task = asyncio.create_task(self._answer(document, offset, invoked))
            work = self._work[invoked] = _Work(state, task)
        return await work.outcome()

    async def _answer(self, document: Document, offset: int, invoked: bool) -> CompletionAnswer:
        if not invoked:
            await asyncio.sleep(self._settings().completion.debounce_ms / 1000)
        try:
            answer = await self._computed(document, offset, invoked, Priority.TYPING)
        except ModelError as error:
            return CompletionAnswer((), str(error))
        if answer.suggestions:
            self._ahead = self._start(self._look_ahead(document, answer.suggestions[0]))
        return answer

    async def _computed(
        self, document: Document, offset: int, invoked: bool, priority: Priority
    ) -> CompletionAnswer:
        """Ask the engine, select, and remember."""
        proposal = await self.propose(document, offset, invoked=invoked, priority=priority)
        choices, reason = select(
            proposal,
            confidence=self._settings().completion.confidence,
            bias=self._acceptance.bias(document.language),
            invoked=invoked,
        )
        suggestions = tuple(
            Suggestion(
                choice.text, offset, offset + choice.replaced, f"s{next(self._ids)}", choice.source
            )
            for choice in choices
        )
        answer = CompletionAnswer(suggestions, reason)
        self._known().remember(document, offset, answer)
        return answer

    async def _look_ahead(self, document: Document, suggestion: Suggestion) -> None:
        """Prepare the answer for the state after the suggestion is taken, or after its line."""
        text = document.text
        text = text[: suggestion.start] + suggestion.text + text[suggestion.end :]
        offset = suggestion.start + len(suggestion.text)
        taken = replace(document, text=text, version=None)
        answer = await self._computed(taken, offset, False, Priority.ACTION)
        rest = Spot(taken, offset).rest
        if not answer.suggestions and not rest.strip():
            break_ = document.newline + boundaries.next_indent(Spot(taken, offset))
            text = text[:offset] + break_ + text[offset:]
            opened = replace(taken, text=text)
            await self._computed(opened, offset + len(break_), False, Priority.ACTION)

    def _busy(self) -> bool:
        return any(not work.task.done() for work in self._work.values())

    async def _warm(self, spot: Spot) -> None:
        await self._neighbours.near(spot, _PATIENCE)
        await self._engine.warm(prompt.build(spot.document, spot.offset).text)

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        async def quietly() -> None:
            try:
                await work
            except ModelError as error:
                _log.debug("%s", error)

        return asyncio.create_task(quietly())

    def _copies(self, spot: Spot, similar: tuple[Source, ...]) -> list[Copy]:
        text, offset = spot.document.text, spot.offset
        # Slices of what is compared only: the text may have 200 MB.
        own = [
            Source(text[first:end], "", spot.document.lines.line_of(first))
            for first, end in (
                (max(offset - 1 - LARGEST_TEXT, 0), max(offset - 1, 0)),
                (max(offset, len(text) - LARGEST_TEXT), len(text)),
            )
        ]
        before = text[max(offset - LONGEST_CONTEXT, 0) : offset]
        return copies(before, text[offset : offset + LONGEST_CONTEXT], [*own, *similar])
