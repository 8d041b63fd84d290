"""What the model must be given, and what its answers become.

A job is a generator: it yields batches of texts, is sent the model's answers, and returns drafts.
So the whole of a rewriting, retries included, is ordinary code that needs no model to be tested.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

from trivium_models.types import Answer
from trivium_server.domain.rewriting import guard, sentences, spans
from trivium_server.domain.rewriting.detect import language_of, may_be
from trivium_server.domain.rewriting.guard import Masked, Rejected
from trivium_server.domain.rewriting.layout import Block
from trivium_server.domain.rewriting.legible import INVISIBLE, held, legible
from trivium_server.domain.rewriting.tasks import Abilities, name_of

_LONGEST_SENTENCE = 400
"""Characters of a piece that is translated in one go."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Texts for the model, all with one prefix."""

    prefix: str
    texts: list[str]
    source: str = ""
    target: str = ""
    """Language codes, for models that are not told by the prefix."""
    tokens: int = 128
    """The most tokens of an answer."""
    masked: Sequence[Masked] = ()
    """What the texts stand for, where something was masked in them."""

    def shown(self, answers: Mapping[str, str]) -> str:
        """The answers so far, by text, as a person may read them while they grow."""
        said = [answers.get(text, "") for text in self.texts]
        if self.masked:
            said = [
                guard.reveal(masked, text) for masked, text in zip(self.masked, said, strict=True)
            ]
        return " ".join(filter(None, said))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of the document that stays as it is, and why."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """New texts for blocks, in their order; None for one that is not rewritten."""

    texts: list[str | None]
    refusals: list[Refusal] = field(default_factory=list)


Job = Generator[Batch, list[Answer], Draft]


def translate(
    blocks: Sequence[Block], target: str, abilities: Abilities, fallback: str = "en"
) -> Job:
    """Translate blocks sentence by sentence.

    `fallback` is the language of a block that does not tell its own. A sentence whose answer is
    refused is tried once more with links and emphasis as wholes and once with nothing masked.
    """
    refusals: list[Refusal] = []
    pieces: list[_Piece] = []
    for number, block in enumerate(blocks):
        source = _language(block, target, abilities, fallback)
        if (source, target) in abilities.pairs:
            pieces += _pieces(number, block, source)
        elif source != target:
            why = f"{abilities.model} does not translate {name_of(source)} to {name_of(target)}"
            unread = f"its language is not one that {abilities.model} reads"
            refusals.append(Refusal(block.start, block.end, why if source else unread))
    for attempt in _ATTEMPTS:
        yield from _ask(pieces, target, abilities, attempt)
    for piece in pieces:
        if piece.answer is None:
            block = blocks[piece.block]
            refusals.append(Refusal(*_place(block, piece), piece.reason))
    return Draft(_assembled(blocks, pieces), refusals)


def summarize(texts: Sequence[str], prefix: str, abilities: Abilities) -> Job:
    """Summarize each text; a long one by parts, whose summaries follow one another.

    The refusals' offsets are indexes of texts, since a summary has no place in the document yet.
    """
    parts = [_packed(text, abilities.longest) for text in texts]
    flat = [part for group in parts for part in group]
    answers = iter((yield Batch(prefix, flat)))
    results: list[str | None] = []
    refusals: list[Refusal] = []
    for number, group in enumerate(parts):
        good = []
        for part in group:
            try:
                good.append(_summary(part, _trusted(next(answers), prefix, abilities)))
            except Rejected as reason:
                refusals.append(Refusal(number, number + 1, str(reason)))
        results.append(" ".join(dict.fromkeys(good)) or None)
    return Draft(results, refusals)


def prompt(texts: Sequence[str], prefix: str, abilities: Abilities) -> Job:
    """Give texts to a prompt of the user's own; refusals as in `summarize`."""
    parts = [_packed(text, abilities.longest) for text in texts]
    answers = iter((yield Batch(prefix, [part for group in parts for part in group])))
    results: list[str | None] = []
    refusals: list[Refusal] = []
    for number, group in enumerate(parts):
        own = [next(answers) for _ in group]
        try:
            pairs = zip(group, own, strict=True)
            results.append(" ".join([_usable(part, answer.text) for part, answer in pairs]))
        except Rejected as reason:
            results.append(None)
            refusals.append(Refusal(number, number + 1, str(reason)))
    return Draft(results, refusals)


def run(job: Job, model: Callable[[Batch], list[Answer]]) -> Draft:
    """Carry a job out with a function for a model."""
    try:
        batch = next(job)
        while True:
            batch = job.send(model(batch))
    except StopIteration as end:
        draft: Draft = end.value
        return draft


@dataclass(slots=True)
class _Piece:
    """A sentence under way."""

    block: int
    source: str
    sentence: sentences.Sentence
    links: tuple[str, ...]
    answer: str | None = None
    reason: str = ""
    open: bool = True
    """Whether it is to be asked for (again): another mask may help where a span was lost."""


_Attempt = Callable[[str, Sequence[str]], tuple[list[spans.Span], bool]]

_ATTEMPTS: tuple[_Attempt, ...] = (
    lambda text, links: (spans.fine(text, links), True),
    lambda text, links: (spans.coarse(text, links), True),
    lambda text, links: (spans.coarse(text, links), False),
)
"""Ways to find the spans of a sentence, and whether they are masked."""


def _language(block: Block, target: str, abilities: Abilities, fallback: str) -> str:
    """The language of a block; that of the text around it where a few words mislead.

    Empty when it is none that is known here.
    """
    found = language_of(block.text) or fallback
    known = found == target or (found, target) in abilities.pairs
    language = found if known or len(block.text.split()) > 5 else fallback
    return language if may_be(block.text, language) else ""


def _pieces(number: int, block: Block, source: str) -> list[_Piece]:
    solid = [(span.start, span.end) for span in spans.coarse(block.text, block.links)]
    return [
        _Piece(number, source, sentence, block.links)
        for sentence in sentences.split(block.text, _LONGEST_SENTENCE, solid)
    ]


def _ask(
    pieces: Sequence[_Piece], target: str, abilities: Abilities, attempt: _Attempt
) -> Generator[Batch, list[Answer], None]:
    """One round for the pieces without an answer, a batch for each source language."""
    for source in dict.fromkeys(piece.source for piece in pieces):
        asked: list[tuple[_Piece, Masked]] = []
        for piece in pieces:
            if piece.source == source and piece.open:
                text = piece.sentence.text
                found, masking = attempt(text, piece.links)
                asked.append(
                    (piece, guard.mask(text, found, abilities.placeholder if masking else ""))
                )
        # A sentence of nothing but spans has nothing to translate.
        asked = [each for each in asked if not _settled(*each)]
        if not asked:
            continue
        prefix = abilities.pairs[source, target]
        answers = yield Batch(
            prefix,
            [legible(masked.text) for _, masked in asked],
            source,
            target,
            # Far more than any language needs, far less than a loop would take.
            tokens=16 + max(len(masked.text) for _, masked in asked) * 2 // 3,
            masked=[masked for _, masked in asked],
        )
        for (piece, masked), answer in zip(asked, answers, strict=True):
            try:
                text = _trusted(answer, prefix, abilities)
            except Rejected as reason:
                piece.reason, piece.open = piece.reason or str(reason), False
            else:
                _judge(piece, masked, text, target if abilities.talks else "")


def _settled(piece: _Piece, masked: Masked) -> bool:
    rest = masked.source
    for span in reversed(masked.spans):
        rest = rest[: span.start] + rest[span.end :]
    if any(char.isalpha() for char in rest):
        return False
    piece.answer, piece.open = masked.source, False
    return True


def _judge(piece: _Piece, masked: Masked, answer: str, language: str) -> None:
    words = answer.split()
    try:
        # What a model gives back as it was keeps its white space, too.
        same = words == legible(masked.text).split()
        text = masked.source if same else guard.restore(masked, " ".join(words))
    except Rejected as reason:
        # The first attempt says best what is wrong: the later ones make it harder for the model.
        piece.reason = piece.reason or str(reason)
        return
    piece.open = False
    try:
        guard.check(masked.source, text, language=language, origin=piece.source)
        piece.answer = held(masked.source, _same_ends(masked.source, text))
    except Rejected as reason:
        piece.reason = str(reason)


def _same_ends(source: str, answer: str) -> str:
    """A translation without a full stop that its source does not have, behind its byte order mark.

    That and the like at the start belong to the file and not to the sentence.
    """
    if answer.endswith(".") and not answer.endswith("..") and source[-1:].isalnum():
        answer = answer[:-1]
    mark = source[: len(source) - len(source.lstrip(INVISIBLE))]
    return mark + answer.lstrip(INVISIBLE)


def _assembled(blocks: Sequence[Block], pieces: Sequence[_Piece]) -> list[str | None]:
    """The new text of each block; refused sentences as they were, None if all of them are."""
    groups: list[list[_Piece]] = [[] for _ in blocks]
    for piece in pieces:
        groups[piece.block].append(piece)
    return [
        "".join(
            (piece.sentence.text if piece.answer is None else piece.answer) + piece.sentence.gap
            for piece in group
        )
        if any(piece.answer is not None for piece in group)
        else None
        for group in groups
    ]


def _place(block: Block, piece: _Piece) -> tuple[int, int]:
    """Where a sentence stands in the document."""
    first = piece.sentence.start
    return block.place(first, first + len(piece.sentence.text))


def _packed(text: str, longest: int) -> list[str]:
    """A text in parts that a model reads in one piece: whole sentences, as many as fit."""
    solid = [(span.start, span.end) for span in spans.coarse(text)]
    parts = [""]
    for sentence in sentences.split(text, longest, solid):
        if parts[-1] and longest < len(parts[-1]) + len(sentence.text):
            parts.append("")
        parts[-1] += sentence.text + sentence.gap
    return [legible(part).rstrip() for part in parts]


def _trusted(answer: Answer, prefix: str, abilities: Abilities) -> str:
    """The text of an answer; Rejected when the model was less sure than the task asks for."""
    if not answer.ended:
        raise Rejected("the model found no end")
    if answer.logprob < abilities.least.get(prefix, -math.inf):
        raise Rejected("the model was not sure enough of its answer")
    return answer.text


def _summary(source: str, answer: str) -> str:
    answer = " ".join(answer.split())
    guard.check_summary(source, answer)
    answer = answer[0].upper() + answer[1:] if answer[:1].islower() else answer
    return answer if answer.endswith((".", "!", "?", "…", "。")) else answer + "."


def _usable(source: str, answer: str) -> str:
    guard.check_form(source, answer)
    return answer.strip()
