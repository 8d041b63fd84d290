"""What can be asked for, and what a model is able to do of it.

Every task of a text-to-text model is a prompt: a prefix that it was trained with. `Abilities` says
which prefixes a model knows. No model, no file and no setting is read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from trivium_server.domain.rewriting.guard import BRACKETS, SENTINELS

SUMMARIZE = "summarize"
TRANSLATE = "translate"

NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "ro": "Romanian",
    "pt": "Portuguese",
    "nl": "Dutch",
    "ru": "Russian",
    "el": "Greek",
    "he": "Hebrew",
    "ar": "Arabic",
    "hi": "Hindi",
    "th": "Thai",
    "ko": "Korean",
    "ja": "Japanese",
    "zh": "Chinese",
    "pl": "Polish",
    "cs": "Czech",
    "sv": "Swedish",
    "da": "Danish",
    "fi": "Finnish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "no": "Norwegian",
    "hu": "Hungarian",
}
"""English names of language codes (ISO 639-1), as T5's prefixes and our titles use them."""

_CODES = {name: code for code, name in NAMES.items()}
_TRANSLATION = re.compile(r"translate (\w+) to (\w+)")


class Mode(StrEnum):
    """What happens with the new text."""

    SHOW = "show"
    REPLACE = "replace"
    INSERT = "insert"


@dataclass(frozen=True)
class Abilities:
    """The prefixes that a model knows. `prose` and `code` are its two kinds of summary."""

    model: str
    prose: str | None = None
    code: str | None = None
    pairs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """From source and target language to the prefix that translates."""
    placeholder: str = BRACKETS
    """What stands for a masked span; `{}` is its number."""
    longest: int = 1000
    """The most characters that it reads well in one piece."""
    weak: Mapping[str, str] = field(default_factory=dict)
    """Prefixes that the model was trained with and is not good enough at, each with the figures."""
    least: Mapping[str, float] = field(default_factory=dict)
    """By prefix, the mean log-probability of its tokens from which on an answer is used."""
    talks: bool = True
    """Whether its answers are in the language asked for: not those of the test model."""

    def sources(self, target: str) -> list[str]:
        """The languages that can be translated from."""
        return [origin for origin, end in self.pairs if end == target]


def name_of(language: str) -> str:
    """The English name of a language code, or the code."""
    return NAMES.get(language, language)


def code_of(language: str) -> str:
    """The code of a language given by code or English name, whatever the case."""
    language = language.strip()
    return _CODES.get(language.title(), language.lower().partition("-")[0])


def from_prefixes(
    model: str,
    prefixes: Iterable[str],
    *,
    sentinels: bool,
    weak: Mapping[str, str] | None = None,
    least: Mapping[str, float] | None = None,
) -> Abilities:
    """The abilities of a model that knows certain prefixes of T5's style."""
    known = {prefix.strip().removesuffix(":"): f"{prefix.strip().removesuffix(':')}: "
             for prefix in prefixes}  # fmt: skip
    pairs = {
        (_CODES[match[1]], _CODES[match[2]]): prefix
        for name, prefix in known.items()
        if (match := _TRANSLATION.fullmatch(name)) and {match[1], match[2]} <= _CODES.keys()
    }
    return Abilities(
        model,
        prose=known.get("summarize"),
        code=known.get("summarize code"),
        pairs=pairs,
        placeholder=SENTINELS if sentinels else BRACKETS,
        weak=weak or {},
        least=least or {},
    )


def of_t5(model: str) -> Abilities:
    """T5 as it was published (Raffel et al. 2020): summaries, English to three languages."""
    targets = ("German", "French", "Romanian")
    translations = [f"translate English to {target}" for target in targets]
    return from_prefixes(model, ["summarize", *translations], sentinels=False)


def of_pair(model: str, source: str, target: str) -> Abilities:
    """A model that translates one language into one other and needs no prefix, as Marian's do."""
    return Abilities(model, pairs={(source, target): ""})


def of_languages(model: str, languages: Iterable[str]) -> Abilities:
    """The project's own T5: summaries, and translations between English and other languages."""
    others = [name_of(code) for code in languages if code in NAMES and code != "en"]
    pairs = [
        f"translate {first} to {second}"
        for other in others
        for first, second in (("English", other), (other, "English"))
    ]
    return from_prefixes(model, ["summarize", "summarize code", *pairs], sentinels=True)


def of_fake(model: str) -> Abilities:
    """The deterministic test model: everything, without knowing a language."""
    known = of_languages(model, ("de", "fr", "es", "it"))
    return Abilities(
        model, known.prose, known.code, known.pairs, placeholder=SENTINELS, talks=False
    )
