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
class Said:
    """What an action does, in parts that an editor can say in its user's language.

    `subject` is what a person calls the place, in English, or the title of a user's own action;
    `form` is what a summary becomes; `source` and `target` are codes of languages.
    """

    verb: str
    """`explain`, `summarize`, `translate`; `own` for an action of the user's."""
    subject: str
    result: str
    """`replace`, `insert`, `insert above`, `insert below` or `show`."""
    form: str = ""
    source: str = ""
    target: str = ""

    @property
    def what(self) -> str:
        """In English, without where the result goes."""
        match self.verb:
            case "explain":
                foreign = f"{name_of(self.source)} {self.subject}"
                return f"Explain {foreign} in {name_of(self.target)}"
            case "translate":
                return f"Translate {self.subject} to {name_of(self.target)}"
            case "summarize":
                return f"Summarize {self.subject}" + (f" as {self.form}" if self.form else "")
            case _:
                return self.subject


@dataclass(frozen=True, slots=True)
class Offer:
    """One action: what to ask `trivium/rewrite` for if the user takes it."""

    said: Said
    kind: str
    task: str
    target: str | None
    mode: str
    start: int
    end: int

    @property
    def title(self) -> str:
        """What the action does, in English."""
        return f"{self.said.what} ({self.said.result})"


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
        Offer(said, kind, task, said.target or None, mode, start, end)
        for said, kind, task, mode in (
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
        first.setdefault(offer.said.what, offer)
    own = [offer for offer in first.values() if offer.kind == OWN_KIND]
    others = [offer for offer in first.values() if offer.kind != OWN_KIND]
    kept = others[: _FEW - min(len(own), _FEW // 2)]
    return kept + own[: _FEW - len(kept)]


def worth_a_light(found: Sequence[Offer]) -> list[Offer]:
    """What is worth a light bulb where nothing is selected: foreign text, which is explained.

    Nearly every place of a text can be summarized or translated. A bulb at each of them would tell
    nothing, and would hide the ones that other servers light.
    """
    return [offer for offer in found if offer.said.verb == "explain"]


_Row = tuple[Said, str, str, Mode]


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
        said = Said("explain", subject.noun, "show", source=source, target=target)
        yield said, TRANSLATE_KIND, TRANSLATE, Mode.SHOW


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
    yield _summary(subject.noun, "replace", Mode.REPLACE)
    if subject.passages[0].wraps:
        yield _summary(subject.noun, "insert above", Mode.INSERT)
    yield _summary(subject.noun, "show", Mode.SHOW)


def _code_summaries(document: Document, subject: Subject) -> Iterator[_Row]:
    noun = subjects.code_noun(subject)
    places = [documentation.place_of(document, each) for each in subject.definitions]
    if any(places):
        inside = any(place.as_docstring for place in places if place)
        form, result = ("docstring", "insert") if inside else ("comment", "insert above")
        yield _summary(noun, result, Mode.INSERT, form)
    yield _summary(noun, "show", Mode.SHOW)


def _summary(noun: str, result: str, mode: Mode, form: str = "") -> _Row:
    return Said("summarize", noun, result, form), SUMMARIZE_KIND, SUMMARIZE, mode


def _translations(
    subject: Subject, source: str, abilities: Abilities, wishes: Wishes
) -> Iterator[_Row]:
    if not subject.passages:
        return
    for target in dict.fromkeys([*wishes.targets, wishes.language]):
        if target == source or (source, target) not in abilities.pairs:
            continue
        yield _translation(subject.noun, target, "replace", Mode.REPLACE)
        if _has_room(subject):
            yield _translation(subject.noun, target, "insert below", Mode.INSERT)
        yield _translation(subject.noun, target, "show", Mode.SHOW)


def _translation(noun: str, target: str, result: str, mode: Mode) -> _Row:
    return Said("translate", noun, result, target=target), TRANSLATE_KIND, TRANSLATE, mode


def _has_room(subject: Subject) -> bool:
    """Whether a translation can stand below each passage."""
    return all(passage.wraps and passage.kind is not Kind.TEXT for passage in subject.passages)


def _own(subject: Subject, wishes: Wishes) -> Iterator[_Row]:
    if subject or subject.span:
        for action in wishes.own:
            said = Said("own", action.title, action.mode.value)
            yield said, OWN_KIND, action.id, action.mode
