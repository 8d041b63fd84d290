"""What a model may not touch is taken out before it reads, and its answer is checked.

`mask` replaces spans by placeholders that the model copies; `restore` puts them back and refuses an
answer that lost, doubled or invented one; `check` refuses what a careful reader would: an empty
answer, a loop, another language, names and numbers from nowhere. Knows nothing of documents.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from trivium_server.domain.rewriting import polarity, spans
from trivium_server.domain.rewriting.detect import is_language
from trivium_server.domain.rewriting.legible import legible
from trivium_server.domain.rewriting.spans import Span

MOST_PLACEHOLDERS = 32
"""More spans than this in one sentence are left to the model; the checks still watch over them."""

SENTINELS = "<extra_id_{}>"
"""T5's own placeholders, for models that have them as tokens."""

BRACKETS = "[{}]"
"""Placeholders for the others."""

_CLOSING = ("*/", "-->", "-}", "?>", '"""', "'''", "\\")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_JUNK = re.compile(r"<unk>|<pad>|</?s>|⁇|\ufffd|<extra_id_\d+>")
_NUMBER = re.compile(
    r"\d+(?:[.,:]\d+)*|[\u00b2\u00b3\u00b9\u00bc-\u00be\u2070-\u209c\u2150-\u2189]"
)
_SEPARATORS = str.maketrans(".,", ",.")
_NAME = re.compile(r"[A-Za-z]\w*[_./:@\\${}<>]\w|[a-z][A-Z]")
_WORD = re.compile(r"\w+")
_PART = re.compile(r"[A-Z]?[^\W\dA-Z_]+|[A-Z]+")
_EMPTY_STEMS = frozenset({"the", "and", "for", "thi", "that", "with", "from", "self", "retu"})
_ACRONYM = re.compile(r"\b[A-Z]{3,}\b")
_LONG_WORD = re.compile(r"[^\W\d_]{5,}")
_PLAIN_WORD = re.compile(r"[^\W\d_]+")


class Rejected(Exception):
    """An answer that must not be used; `str(error)` says why, as the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with placeholders in the place of its spans."""

    text: str
    source: str
    spans: tuple[Span, ...]
    form: str
    """The placeholder's form, `{}` standing for its number; empty when nothing was masked."""

    @property
    def pieces(self) -> list[str]:
        """The text of each span."""
        return [self.source[span.start : span.end] for span in self.spans]


def mask(text: str, found: Sequence[Span], form: str) -> Masked:
    """A text with its spans, in order and apart, replaced by numbered placeholders."""
    if not form or len(found) > MOST_PLACEHOLDERS:
        return Masked(text, text, tuple(found), "")
    parts = []
    end = 0
    for number, span in enumerate(found):
        parts += [text[end : span.start], form.format(number)]
        end = span.end
    return Masked("".join([*parts, text[end:]]), text, tuple(found), form)


def restore(masked: Masked, answer: str) -> str:
    """An answer with the spans put back; Rejected when one of them is not there exactly once."""
    if not masked.form:
        return _unmasked(masked, answer)
    pieces = masked.pieces
    holder = _holder(masked.form)
    where: dict[int, int] = {}
    for match in holder.finditer(answer):
        number = int(match[1])
        if len(pieces) <= number:
            raise Rejected("the model invented a placeholder")
        if number in where:
            raise Rejected(f"the model wrote {_quoted(masked, number)} twice")
        where[number] = match.start()
    for number in range(len(pieces)):
        if number not in where:
            raise Rejected(f"the model lost {_quoted(masked, number)}")
    _check_pairs(masked, where)
    return holder.sub(lambda match: pieces[int(match[1])], _snug(masked, answer))


def reveal(masked: Masked, answer: str) -> str:
    """An unfinished answer with the spans put back as far as they are there."""
    pieces = masked.pieces
    if not masked.form or not pieces:
        return answer
    return _holder(masked.form).sub(
        lambda match: pieces[int(match[1])] if int(match[1]) < len(pieces) else "", answer
    )


def check(source: str, answer: str, *, language: str = "", origin: str = "") -> None:
    """Raise Rejected for an answer that is not a translation of its source.

    `language` is the code of the language it should be in and `origin` that of the source's, empty
    to leave that open.
    """
    check_form(source, answer)
    source, answer = legible(source), legible(answer)
    _check_marks(source, answer)
    _check_names(source, answer)
    if _numbers(answer) != _numbers(source):
        raise Rejected("the numbers are not the same")
    _check_length(source, answer)
    prose = _prose(answer)
    if language and _copies(source, prose):
        raise Rejected("the model copied the text")
    if language and len(_PLAIN_WORD.findall(prose)) >= 4 and not is_language(prose, language):
        raise Rejected("the answer is in another language")
    if polarity.differs(source, answer, origin, language):
        raise Rejected("the answer denies or limits something else than the text")


def check_form(source: str, answer: str) -> None:
    """Raise Rejected for an answer that no text-to-text task should give."""
    if not _WORD.search(answer):
        raise Rejected("the model returned nothing")
    if _JUNK.search(answer) and not _JUNK.search(source):
        raise Rejected("the answer has characters that the model could not write")
    if set(_INVISIBLE.findall(answer)) - set(_INVISIBLE.findall(source)):
        raise Rejected("the answer has invisible characters")
    if _insists(source, answer) or (_loops(answer) and not _loops(source)):
        raise Rejected("the answer repeats itself")


def _check_marks(source: str, answer: str) -> None:
    """What could end the comment or the string that the answer will stand in must not be new."""
    for mark in _CLOSING:
        if source.count(mark) < answer.count(mark):
            raise Rejected(f"the answer has {mark}, which may end what it stands in")


def _check_length(source: str, answer: str) -> None:
    """Bounds beyond which fewer than one in two hundred people's translations lie."""
    before, after = _weight(source), _weight(answer)
    if after < before * (0.45 if before >= 80 else 0.33 if before >= 20 else 0):
        raise Rejected("the answer is far too short")
    if after > before * (1.9 if before >= 80 else 2.4) + (0 if before >= 20 else 20):
        raise Rejected("the answer is far too long")


def _check_names(source: str, answer: str) -> None:
    lowered = source.lower()
    invented = [name for name in _names(answer) if name.removesuffix("s") not in source]
    invented += [name for name in _ACRONYM.findall(answer) if name.lower() not in lowered]
    if invented:
        raise Rejected(f"the answer names {min(invented)}, which the text does not")


def check_summary(source: str, answer: str) -> None:
    """Raise Rejected for a summary with names or numbers that its source does not have."""
    check_form(source, answer)
    _check_marks(source, answer)
    _check_names(source, answer)
    if _numbers(answer).keys() - _numbers(source).keys():
        raise Rejected("the summary has a number that the text does not have")
    said = _stems(answer)
    common = said & _stems(source)
    if said and len(common) < 2 and len(common) < len(said) / 3:
        raise Rejected("the summary has hardly a word in common with the text")


def _holder(form: str) -> re.Pattern[str]:
    return re.compile(re.escape(form).replace(r"\{\}", r"(\d+)"))


def _unmasked(masked: Masked, answer: str) -> str:
    """An answer that was given the spans to read: each must be there as often as before."""
    for number, piece in enumerate(masked.pieces):
        if answer.count(piece) != masked.source.count(piece):
            raise Rejected(f"the model changed {_quoted(masked, number)}")
    return answer


def _check_pairs(masked: Masked, where: dict[int, int]) -> None:
    """The two marks of a link or of emphasis must still enclose something, in their order."""
    starts = {span.start: number for number, span in enumerate(masked.spans)}
    for number, span in enumerate(masked.spans):
        if span.partner >= 0:
            width = len(masked.form.format(number))
            if where[starts[span.partner]] <= where[number] + width:
                raise Rejected(f"the model took {_quoted(masked, number)} apart")


def _snug(masked: Masked, answer: str) -> str:
    """White space beside a placeholder as in the source, where a tokenizer may have changed it.

    Only where the source has punctuation or a mark's inner side there, because elsewhere the words
    around it are new.
    """
    for number, span in enumerate(masked.spans):
        holder = re.escape(masked.form.format(number))
        following = masked.source[span.end : span.end + 1]
        if following and following in ".,;:!?)]}\"'»":
            answer = re.sub(rf"({holder})\s+(?=[{re.escape(following)}])", r"\1", answer)
        preceding = masked.source[max(span.start - 1, 0) : span.start]
        if preceding and preceding in "([{\"'«":
            answer = re.sub(rf"(?<=[{re.escape(preceding)}])\s+({holder})", r"\1", answer)
        if span.partner >= 0:
            answer = re.sub(rf"({holder})\s+", r"\1", answer)
            closing = next(n for n, each in enumerate(masked.spans) if each.start == span.partner)
            answer = re.sub(rf"\s+({re.escape(masked.form.format(closing))})", r"\1", answer)
    return answer


def _names(text: str) -> set[str]:
    """Identifiers and addresses in a text, without the marks around them."""
    found = (text[span.start : span.end] for span in spans.fine(text))
    names = {re.sub(r"\([^()]*\)$", "", each).strip("`*_[]():") for each in found}
    return {each for each in names if len(each) > 2 and _NAME.search(each)}


def _numbers(text: str) -> Counter[str]:
    """The numbers of a text; 1,234.5 is 1.234,5 in another language."""
    found = _NUMBER.findall(text)
    return Counter(min(each, each.translate(_SEPARATORS)) for each in found)


def _prose(text: str) -> str:
    """A text without what must not change: the words of an ICU message are as they were."""
    for span in reversed(spans.fine(text)):
        text = f"{text[: span.start]} {text[span.end :]}"
    return text


def _stems(text: str) -> set[str]:
    """The first four letters of each word, identifiers taken apart; short words left out."""
    words = (word.lower() for word in _PART.findall(text))
    return {word.removesuffix("s")[:4] for word in words if len(word) > 2} - _EMPTY_STEMS


def _loops(text: str) -> bool:
    """Whether one to six words come twice running, a short single word four times."""
    words = [word.lower() for word in _WORD.findall(text)]
    for size in range(1, 7):
        run = 0
        for index in range(size, len(words)):
            run = run + 1 if words[index] == words[index - size] else 0
            times = 4 if size == 1 and len(words[index]) < 5 else 2
            if size * (times - 1) <= run:
                return True
    return False


def _insists(source: str, answer: str) -> bool:
    """Whether a long word comes more often than any in the source: three times at least."""
    often, asked = (
        max(Counter(_LONG_WORD.findall(text.lower())).values(), default=0)
        for text in (answer, source)
    )
    return often >= 3 and often > asked + 1


def _copies(source: str, answer: str) -> bool:
    """Whether most of four or more ordinary words are those of the source."""
    words = [word for word in _PLAIN_WORD.findall(answer) if len(word) > 3 and word.islower()]
    known = {word.lower() for word in _PLAIN_WORD.findall(source)}
    return len(words) >= 4 and sum(word in known for word in words) >= 0.75 * len(words)


def _weight(text: str) -> int:
    """The length of a text, a Chinese, Japanese or Korean character counting for three."""
    return len(text) + 2 * sum("\u3040" <= char <= "\ud7af" for char in text)


def _quoted(masked: Masked, number: int) -> str:
    piece = masked.pieces[number]
    return f"“{piece if len(piece) <= 40 else piece[:39] + '…'}”"
