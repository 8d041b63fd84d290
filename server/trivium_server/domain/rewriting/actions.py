"""Which actions are offered at a place, with titles that say what will happen.

Needs no model: what the chosen one can do is told by its `Abilities`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from trivium_server.domain.rewriting import documentation, finding, subjects
from trivium_server.domain.rewriting.detect import language_of, may_be
from trivium_server.domain.rewriting.passages import Kind
from trivium_server.domain.rewriting.subjects import Subject
from trivium_server.domain.rewriting.tasks import SUMMARIZE, TRANSLATE, Abilities, Mode, name_of
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

SUMMARIZE_KIND = "refactor.rewrite.trivium.summarize"
TRANSLATE_KIND = "refactor.rewrite.trivium.translate"
OWN_KIND = "refactor.rewrite.trivium.own"

_PROBED_LINES = 100
"""Of a long selection, what is looked at to decide what to offer."""
_WORTH_A_SUMMARY = 25
"""Words of a text from which on a summary is shorter."""
_FEW = 4
"""Actions in a list that nobody asked a kind of: a light bulb's is read at a glance."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One action: what to ask `trivium/rewrite` for if the user takes it."""

    title: str
    kind: str
    task: str
    target: str | None
    mode: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OwnAction:
    """A prompt of the user's, from the settings."""

    id: str
    title: str
    prefix: str
    mode: Mode


def own_actions(rows: Sequence[Mapping[str, str]]) -> list[OwnAction]:
    """The user's actions; rows without an id or a prefix, or with an unknown mode, are left out."""
    modes = set(Mode)
    return [
        OwnAction(row["id"], row.get("title") or row["id"], row["prefix"], Mode(mode))
        for row in rows
        if row.get("id") not in (None, "", SUMMARIZE, TRANSLATE)
        and "prefix" in row
        and (mode := row.get("mode", "show")) in modes
    ]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What of the settings decides what is offered."""

    language: str
    targets: Sequence[str]
    own: Sequence[OwnAction] = ()


def offers(
    document: Document,
    tree: Syntax | None,
    start: int,
    end: int,
    abilities: Abilities,
    wishes: Wishes,
) -> list[Offer]:
    """The actions for a cursor or a selection, the likeliest first."""
    subject = _probe(document, tree, start, end)
    words, told, language = _read(document, subject)
    return [
        Offer(title, kind, task, target, mode, start, end)
        for title, kind, task, target, mode in (
            *_explanations(subject, told, abilities, wishes),
            *_summaries(document, subject, words, abilities),
            *_translations(subject, language, abilities, wishes),
            *_own(subject, wishes),
        )
    ]


def likeliest(found: Sequence[Offer]) -> list[Offer]:
    """A few of the offers: each thing that can be done once, in its first presentation.

    Languages and presentations multiply; whoever wants another one asks for all of a kind. Half of
    the room is the user's own actions', since they were written to be used.
    """
    first: dict[str, Offer] = {}
    for offer in found:
        what, _, _ = offer.title.rpartition(" (")
        first.setdefault(what, offer)
    own = [offer for offer in first.values() if offer.kind == OWN_KIND]
    others = [offer for offer in first.values() if offer.kind != OWN_KIND]
    kept = others[: _FEW - min(len(own), _FEW // 2)]
    return kept + own[: _FEW - len(kept)]


_Row = tuple[str, str, str, str | None, Mode]


def _probe(document: Document, tree: Syntax | None, start: int, end: int) -> Subject:
    if start == end:
        return subjects.of_cursor(document, tree, start)
    lines = document.lines
    last = min(lines.line_of(start) + _PROBED_LINES, lines.count - 1)
    return subjects.of_selection(document, tree, start, min(end, lines.span(last)[1]))


def _read(document: Document, subject: Subject) -> tuple[int, str, str]:
    """How many words the text of a subject has, the language it tells and the one it is taken for.

    A text that does not tell is taken for English; both are empty where it is of none known here.
    """
    text = " ".join(block.text for group in subject.blocks(document) for block in group)
    told = language_of(text)
    language = told or "en"
    if not may_be(text, language):
        told = language = ""
    return len(text.split()), told, language


def _explanations(
    subject: Subject, source: str, abilities: Abilities, wishes: Wishes
) -> Iterator[_Row]:
    """Foreign text into the user's language, only to be read."""
    target = wishes.language
    if source and source != target and (source, target) in abilities.pairs:
        title = f"Explain {name_of(source)} {subject.noun} in {name_of(target)} (show)"
        yield title, TRANSLATE_KIND, TRANSLATE, target, Mode.SHOW


def _summaries(
    document: Document, subject: Subject, words: int, abilities: Abilities
) -> Iterator[_Row]:
    if subject.definitions:
        if abilities.code is not None:
            yield from _code_summaries(document, subject)
        return
    adjoining = len(subject.passages) == 1 or finding.is_text(document)
    if abilities.prose is None or words < _WORTH_A_SUMMARY or not adjoining:
        return
    start = f"Summarize {subject.noun}"
    yield f"{start} (replace)", SUMMARIZE_KIND, SUMMARIZE, None, Mode.REPLACE
    if subject.passages[0].wraps:
        yield f"{start} (insert above)", SUMMARIZE_KIND, SUMMARIZE, None, Mode.INSERT
    yield f"{start} (show)", SUMMARIZE_KIND, SUMMARIZE, None, Mode.SHOW


def _code_summaries(document: Document, subject: Subject) -> Iterator[_Row]:
    start = f"Summarize {subjects.code_noun(subject)}"
    places = [documentation.place_of(document, each) for each in subject.definitions]
    if any(places):
        inside = any(place.as_docstring for place in places if place)
        what = "docstring (insert)" if inside else "comment (insert above)"
        yield f"{start} as {what}", SUMMARIZE_KIND, SUMMARIZE, None, Mode.INSERT
    yield f"{start} (show)", SUMMARIZE_KIND, SUMMARIZE, None, Mode.SHOW


def _translations(
    subject: Subject, source: str, abilities: Abilities, wishes: Wishes
) -> Iterator[_Row]:
    if not subject.passages:
        return
    for target in dict.fromkeys([*wishes.targets, wishes.language]):
        if target == source or (source, target) not in abilities.pairs:
            continue
        start = f"Translate {subject.noun} to {name_of(target)}"
        yield f"{start} (replace)", TRANSLATE_KIND, TRANSLATE, target, Mode.REPLACE
        if _has_room(subject):
            yield f"{start} (insert below)", TRANSLATE_KIND, TRANSLATE, target, Mode.INSERT
        yield f"{start} (show)", TRANSLATE_KIND, TRANSLATE, target, Mode.SHOW


def _has_room(subject: Subject) -> bool:
    """Whether a translation can stand below each passage."""
    return all(passage.wraps and passage.kind is not Kind.TEXT for passage in subject.passages)


def _own(subject: Subject, wishes: Wishes) -> Iterator[_Row]:
    if subject or subject.span:
        for action in wishes.own:
            yield f"{action.title} ({action.mode})", OWN_KIND, action.id, None, action.mode
