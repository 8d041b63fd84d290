"""A request carried out: from a range of a document to new text and edits.

Each function is a job in the sense of `jobs`, and returns an `Outcome`. What cannot be done is said
in the outcome, with its place, and leaves the document as it is.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from trivium_models.types import Answer
from trivium_server.domain.rewriting import documentation, finding, jobs, layout, subjects
from trivium_server.domain.rewriting.detect import is_language, may_be
from trivium_server.domain.rewriting.jobs import Batch, Draft, Refusal
from trivium_server.domain.rewriting.layout import Block
from trivium_server.domain.rewriting.passages import Kind, Line, Passage
from trivium_server.domain.rewriting.subjects import Subject
from trivium_server.domain.rewriting.tasks import Abilities, Mode, name_of
from trivium_server.domain.syntax import Syntax
from trivium_server.domain.text import Document

MOST_CHARACTERS = 400_000
"""A longer selection is refused: it would take a model the better part of an hour."""

Edit = tuple[int, int, str]
"""Start and end of what is replaced, and the new text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request."""

    text: str
    """The new text, without comment markers where it is that of one passage."""
    edits: list[Edit] = field(default_factory=list)
    """In the order of the document, not overlapping; none in the mode `show`."""
    kept: list[tuple[int, int, str]] = field(default_factory=list)
    """Ranges that stay as they were, each with the reason, the end of a sentence."""
    model: str = ""


Work = Generator[Batch, list[Answer], Outcome]


def subject_of(document: Document, tree: Syntax | None, start: int, end: int) -> Subject:
    """What a range is about; an empty range is a cursor."""
    if end - start > MOST_CHARACTERS:
        return Subject("", why=f"select less: at most {MOST_CHARACTERS:,} characters at a time")
    if start == end:
        return subjects.of_cursor(document, tree, start)
    return subjects.of_selection(document, tree, start, end)


def nothing(start: int, end: int, why: str, model: str) -> Outcome:
    """The outcome that changes nothing."""
    return Outcome("", kept=[(start, end, why)], model=model)


def translation(
    document: Document, subject: Subject, target: str, mode: Mode, abilities: Abilities
) -> Work:
    """Translate every passage of a subject."""
    groups = subject.blocks(document)
    blocks = [block for group in groups for block in group]
    fallback = subjects.language(document, subject) or "en"
    if blocks and fallback == target and all(_is_in(block, target) for block in blocks):
        why = f"it is in {name_of(target)} already"
        return nothing(blocks[0].start, blocks[-1].end, why, abilities.model)
    draft = yield from jobs.translate(blocks, target, abilities, fallback)
    return _outcome(document, subject, groups, draft, mode, abilities.model)


def prose_summary(document: Document, subject: Subject, mode: Mode, abilities: Abilities) -> Work:
    """Summarize the text of a subject as a whole, or what a summary can take the place of."""
    short = (Kind.HEADING, Kind.CELL)
    prose = [passage for passage in subject.passages if passage.kind not in short]
    groups = [layout.blocks(document, passage) for passage in prose or subject.passages]
    blocks = [block for group in groups for block in group]
    if mode is Mode.REPLACE:
        blocks = _adjoining(document, blocks)
    text = " ".join(_ended(block.text) for block in blocks)
    draft = yield from jobs.summarize([text], abilities.prose or "", abilities)
    summary = draft.texts[0]
    kept = [(blocks[0].start, blocks[-1].end, each.reason) for each in draft.refusals]
    edits: list[Edit] = []
    if summary and mode is Mode.INSERT:
        edits = [(blocks[0].start, blocks[0].start, layout.insertion_above(blocks[0], summary))]
    elif summary and mode is Mode.REPLACE:
        edits = [(blocks[0].start, blocks[-1].end, layout.fill(blocks[0], summary))]
    return Outcome(summary or "", edits, kept, abilities.model)


def code_summary(document: Document, subject: Subject, mode: Mode, abilities: Abilities) -> Work:
    """A sentence for each definition of a subject, or for the selected code itself."""
    found = subject.definitions
    codes = [documentation.code_of(document, each, abilities.longest) for each in found]
    draft = yield from jobs.summarize(codes, abilities.code or "", abilities)
    kept = [
        (found[each.start].start, found[each.start].end, each.reason) for each in draft.refusals
    ]
    edits: list[Edit] = []
    for definition, sentence in zip(found, draft.texts, strict=True):
        place = documentation.place_of(document, definition) if mode is not Mode.SHOW else None
        if sentence and place:
            new = documentation.written(document, place, sentence)
            edits.append((place.offset, place.offset, new))
        elif sentence and mode is not Mode.SHOW:
            why = "has documentation" if definition.doc else "has no line for documentation"
            kept.append((definition.start, definition.end, f"{definition.name} {why}"))
    said = [
        sentence if len(found) == 1 else f"{definition.name}: {sentence}"
        for definition, sentence in zip(found, draft.texts, strict=True)
        if sentence
    ]
    return Outcome("\n".join(said), sorted(edits), kept, abilities.model)


def own(
    document: Document, subject: Subject, prefix: str, mode: Mode, abilities: Abilities
) -> Work:
    """Give each block of a subject to a prompt of the user's, or code where there is no text."""
    groups = subject.blocks(document)
    blocks = [block for group in groups for block in group]
    if not blocks:
        return (yield from _own_code(document, subject, prefix, mode, abilities))
    draft = yield from jobs.prompt([block.text for block in blocks], prefix, abilities)
    placed = [
        Refusal(blocks[each.start].start, blocks[each.start].end, each.reason)
        for each in draft.refusals
    ]
    return _outcome(document, subject, groups, Draft(draft.texts, placed), mode, abilities.model)


def _own_code(
    document: Document, subject: Subject, prefix: str, mode: Mode, abilities: Abilities
) -> Work:
    """The selected code, or that of the definition at the cursor, as one text."""
    if subject.span:
        start, end = subject.span
    else:
        start, end = subject.definitions[0].start, subject.definitions[0].end
    code = document.text[start:end]
    draft = yield from jobs.prompt([code.strip()], prefix, abilities)
    kept = [(start, end, each.reason) for each in draft.refusals]
    new = draft.texts[0]
    edits: list[Edit] = []
    first, last = start + len(code) - len(code.lstrip()), start + len(code.rstrip())
    if new and mode is Mode.REPLACE:
        edits = [(first, last, new)]
    elif new and mode is Mode.INSERT:
        # Above, and as a comment: nobody knows whether the answer is code.
        above = document.lines.starts[document.lines.line_of(first)]
        edits = [(above, above, documentation.comment(document, above, new))]
    return Outcome(new or "", edits, kept, abilities.model)


def _outcome(
    document: Document,
    subject: Subject,
    groups: Sequence[Sequence[Block]],
    draft: Draft,
    mode: Mode,
    model: str,
) -> Outcome:
    """New texts for blocks, as the mode wants them."""
    texts = iter(draft.texts)
    news = [[(block, next(texts)) for block in group] for group in groups]
    edits: list[Edit] = []
    kept = [(each.start, each.end, each.reason) for each in draft.refusals]
    for passage, group in zip(subject.passages, news, strict=True):
        changes = []
        for block, text in group:
            why = _ends_it(passage, block, text)
            if why:
                kept.append((block.start, block.end, why))
            elif text is not None and text != block.text:
                changes.append((block.start, block.end, layout.fill(block, text)))
        if mode is not Mode.INSERT:
            edits += changes
        elif changes and passage.wraps:
            edits.append(_below(document, passage, changes))
        elif changes:
            kept.append((passage.start, passage.end, "there is no room below it"))
    said = _said(document, subject, news, edits if mode is not Mode.INSERT else [])
    return Outcome(said, [] if mode is Mode.SHOW else edits, sorted(kept), model)


def _said(
    document: Document,
    subject: Subject,
    news: Sequence[Sequence[tuple[Block, str | None]]],
    edits: Sequence[Edit],
) -> str:
    """The new text to show: a selection's with its layout, a comment's without."""
    if finding.is_text(document) and subject.span and edits:
        return _applied(document.text, *subject.span, edits)
    return "\n\n".join(
        "\n".join(text if text is not None else block.text for block, text in group)
        for group in news
        if any(text is not None for _, text in group)
    )


def _applied(text: str, start: int, end: int, edits: Sequence[Edit]) -> str:
    parts = []
    for first, last, new in edits:
        parts += [text[start:first], new]
        start = last
    return "".join([*parts, text[start:end]])


def _below(document: Document, passage: Passage, changes: Sequence[Edit]) -> Edit:
    """A copy of a passage with its changes, to stand below it."""
    lines = [line for line in passage.lines if line.start < line.end]
    end = lines[-1].end
    copy = _applied(document.text, lines[0].start, end, changes)
    between = document.newline
    if passage.kind is not Kind.COMMENT:
        between += lines[0].margin.rstrip() + document.newline
    return end, end, between + _head(document, passage, lines[0]) + copy


def _head(document: Document, passage: Passage, line: Line) -> str:
    """What a copy's first line begins with: a list item's bullet, but no opening mark."""
    before = document.text[document.lines.starts[document.lines.line_of(line.start)] : line.start]
    opening = passage.kind is Kind.DOCSTRING or before.lstrip().startswith(("/*", "<!--", "{-"))
    return line.margin if opening else before


def _ends_it(passage: Passage, block: Block, text: str | None) -> str:
    """Why a text cannot stand in a passage; empty if it can."""
    for mark in passage.forbidden:
        if text is not None and block.text.count(mark) < text.count(mark):
            return f"the answer has {mark}, which may end the {passage.kind}"
        if mark in ('"""', '"', "'''", "'") and text and block.text[-1:] != mark[0] == text[-1]:
            return f"the answer ends with {mark[0]}, which may end the {passage.kind}"
    return ""


def _adjoining(document: Document, blocks: Sequence[Block]) -> list[Block]:
    """The first blocks as far as nothing else is said between them: no code, no tag, no table."""
    run = [blocks[0]]
    for block in blocks[1:]:
        if any(char.isalnum() for char in document.text[run[-1].end : block.start]):
            break
        run.append(block)
    return run


def _is_in(block: Block, language: str) -> bool:
    return is_language(block.text, language) and may_be(block.text, language)


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", ":", "。")) else text + "."
