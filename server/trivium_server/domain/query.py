"""What a person types into the search box, taken apart.

Beside plain words: `path:src/` (`path:/src/` from the top), `lang:python`, `kind:class`, each
with a `-` before it to leave out; `-word` for words that must not occur; `"a quoted phrase"` for
text that must occur as it stands. Anything else is plain words: no query is wrong.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from trivium_server.domain import languages
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.text import encodable

_LONGEST = 2000
"""Characters of a query that are read; an encoder reads fewer."""
_TOKEN = re.compile(
    r'(?<!\S)(?P<not>-)?(?:(?P<field>path|lang|kind):(?P<value>"[^"]+"|\S+)|"(?P<phrase>[^"]+)"'
    r"|(?<=-)(?P<word>[^\W\d]\w*))(?!\S)",
    re.IGNORECASE,
)
_KINDS = {
    "fn": "function",
    "func": "function",
    "def": "function",
    "trait": "interface",
    "protocol": "interface",
    "namespace": "module",
    "const": "constant",
    "var": "variable",
    "heading": "section",
    "table": "type",
    "view": "type",
    "message": "struct",
}


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query."""

    text: str
    """What is to be found, filters and signs taken away: for the encoder and for words."""
    phrases: tuple[str, ...] = ()
    filters: tuple[tuple[str, str, bool], ...] = field(default=())
    """(`path`, `lang`, `kind`, `phrase` or `word`; value; wanted)."""

    def accepts(self, chunk: Chunk) -> bool:
        """Whether a chunk passes every filter; of several wanted values of one field, any."""
        for name in ("path", "lang", "kind"):
            wanted = [value for key, value, keep in self.filters if key == name and keep]
            if wanted and not any(_CHECKS[name](chunk, value) for value in wanted):
                return False
        for name, value, keep in self.filters:
            if (name in ("phrase", "word") or not keep) and _CHECKS[name](chunk, value) != keep:
                return False
        return True


def parse(query: str) -> Query:
    """Take a query apart."""
    filters: list[tuple[str, str, bool]] = []
    phrases: list[str] = []

    def take(match: re.Match[str]) -> str:
        keep = match["not"] is None
        if match["field"]:
            filters.append((match["field"].lower(), match["value"].strip('"'), keep))
        elif match["phrase"]:
            filters.append(("phrase", match["phrase"], keep))
            if keep:
                phrases.append(match["phrase"])
                return match["phrase"]
        else:
            filters.append(("word", match["word"], False))
        return " "

    text = " ".join(_TOKEN.sub(take, encodable(query[:_LONGEST])).split())
    return Query(text, tuple(phrases), tuple(filters))


def _in_path(chunk: Chunk, value: str) -> bool:
    path, value = chunk.path.lower(), value.lower().removeprefix("./")
    if any(sign in value for sign in "*?["):
        return fnmatch.fnmatchcase(path, value) or fnmatch.fnmatchcase(path, f"*/{value}")
    return f"/{path}".startswith(value) if value.startswith("/") else value in path


def _in_language(chunk: Chunk, value: str) -> bool:
    language = languages.of_path(chunk.path)
    wanted = languages.by_id(value.lower())
    if wanted is languages.UNKNOWN:
        wanted = languages.of_path("x." + value.lower().lstrip("."))
    if wanted is languages.UNKNOWN:
        return chunk.path.lower().endswith("." + value.lower().lstrip("."))
    return language.id == wanted.id


def _of_kind(chunk: Chunk, value: str) -> bool:
    wanted = _KINDS.get(value.lower(), value.lower())
    return chunk.kind == wanted or (wanted == "function" and chunk.kind == "method")


def _has_phrase(chunk: Chunk, value: str) -> bool:
    """As it stands, except that any run of blanks matches any other, line ends included."""
    if any(char.isupper() for char in value):
        return " ".join(value.split()) in " ".join(chunk.text.split())
    return " ".join(value.lower().split()) in " ".join(chunk.text.lower().split())


def _has_word(chunk: Chunk, value: str) -> bool:
    pattern = rf"(?<![^\W_]){re.escape(value)}(?![^\W_])"
    return re.search(pattern, f"{chunk.path} {chunk.text}", re.IGNORECASE) is not None


_CHECKS: dict[str, Callable[[Chunk, str], bool]] = {
    "path": _in_path,
    "lang": _in_language,
    "kind": _of_kind,
    "phrase": _has_phrase,
    "word": _has_word,
}
