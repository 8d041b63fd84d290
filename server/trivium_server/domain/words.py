"""Words of code and of questions about it: identifiers taken apart, stems, stop words.

Both sides of a lexical match go through `terms`, so that "how are routes matched" meets
`RouteMatcher.match_route`. Knows nothing of chunks, files or scores.
"""

from __future__ import annotations

import re
from functools import lru_cache

_IDENTIFIER = re.compile(r"[^\W\d]\w*|\d+")
# Acronyms in the plural (URLs), an acronym before a capitalised word (HTTP|Server), a word, an
# acronym, a number, a word of another script.
_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_PART = re.compile(
    rf"[{_UPPER}]{{2,}}s(?![{_LOWER}])|[{_UPPER}]+(?=[{_UPPER}][{_LOWER}])|[{_UPPER}]?[{_LOWER}]+"
    rf"|[{_UPPER}]+|\d+|[^\W\d_{_UPPER}{_LOWER}]+"
)

STOP_WORDS = frozenset(
    """
    a about all also an and any are as at be been being between but by can could did do does doing
    each for from given had has have how i if implementation implemented implements in into is it
    its logic me my of on one or our out over should so some such than that the their them then
    there these they this those through to under up use used uses using via was we were what when
    where which while who why will with within work works would you your
    """.split()
)
"""Words that say nothing about which code is meant."""

# Longest first. Verbs, the nouns made of them and their agents share a stem in code more often
# than not: parse, parser, parsing; validate, validator, validation.
_SUFFIXES = (
    *("izations", "ization", "ations", "ation", "ators", "ator", "izing", "izers", "izer"),
    *("ments", "ment", "ively", "ingly", "edly", "ating", "ators", "ative", "ated", "ates"),
    *("ities", "ity", "ions", "ion", "ings", "ing", "ized", "izes", "able", "ible", "ally"),
    *("iers", "ier", "ies", "ied", "ie", "ize", "ate", "ive", "ors", "or", "ers", "er", "ed", "es"),
    *("ly", "al", "e", "s", "y"),
)
# How programmers shorten words, where nearly all agree: the same stem for both forms.
_SHORT_FOR = {
    "arg": "argument",
    "args": "argument",
    "async": "asynchronous",
    "attr": "attribute",
    "attrs": "attribute",
    "auth": "authentication",
    "cfg": "configuration",
    "char": "character",
    "cmd": "command",
    "cmds": "command",
    "conf": "configuration",
    "config": "configuration",
    "configs": "configuration",
    "conn": "connection",
    "coords": "coordinate",
    "ctx": "context",
    "db": "database",
    "deps": "dependency",
    "dependencies": "dependency",
    "dest": "destination",
    "dev": "development",
    "dir": "directory",
    "dirs": "directory",
    "directories": "directory",
    "doc": "documentation",
    "docs": "documentation",
    "dst": "destination",
    "elem": "element",
    "elems": "element",
    "env": "environment",
    "err": "error",
    "errs": "error",
    "eval": "evaluation",
    "exc": "exception",
    "exec": "execution",
    "execute": "execution",
    "expr": "expression",
    "exprs": "expression",
    "fmt": "format",
    "fn": "function",
    "func": "function",
    "funcs": "function",
    "hdr": "header",
    "idx": "index",
    "impl": "implementation",
    "info": "information",
    "init": "initialize",
    "initial": "initialize",
    "int": "integer",
    "iter": "iterator",
    "len": "length",
    "lib": "library",
    "libs": "library",
    "libraries": "library",
    "max": "maximum",
    "min": "minimum",
    "msg": "message",
    "msgs": "message",
    "num": "number",
    "obj": "object",
    "op": "operation",
    "ops": "operation",
    "opt": "option",
    "opts": "option",
    "param": "parameter",
    "params": "parameter",
    "pkg": "package",
    "prev": "previous",
    "proc": "process",
    "prop": "property",
    "props": "property",
    "properties": "property",
    "ptr": "pointer",
    "recv": "receive",
    "ref": "reference",
    "refs": "reference",
    "regex": "regexp",
    "repo": "repository",
    "repositories": "repository",
    "repos": "repository",
    "req": "request",
    "reqs": "request",
    "resp": "response",
    "spec": "specification",
    "specs": "specification",
    "src": "source",
    "stat": "statistic",
    "stats": "statistic",
    "str": "string",
    "sync": "synchronous",
    "synchronize": "synchronous",
    "temp": "temporary",
    "tmp": "temporary",
    "val": "value",
    "vals": "value",
    "var": "variable",
    "vars": "variable",
}
_VOWEL = re.compile(r"[aeiouy]")
_SHORTEST_STEM = 3


def identifiers(text: str) -> list[str]:
    """Every identifier, word and number of a text as it is written."""
    return _IDENTIFIER.findall(text)


def parts(identifier: str) -> list[str]:
    """The lower-case words of an identifier: `HTTPServer_v2` gives http, server, v, 2."""
    return [part.lower() for part in _PART.findall(identifier)]


def words(text: str) -> list[str]:
    """The lower-case words of a text, identifiers taken apart, in order."""
    return [part.lower() for part in _PART.findall(text)]


def terms(text: str) -> list[str]:
    """The stems of a text's words, in order: what an index stores and a question asks for."""
    return [stem(word) for word in words(text)]


def question_terms(question: str) -> list[str]:
    """The distinct stems of a question without stop words; with them when nothing else is left."""
    spoken = words(question)
    telling = [word for word in spoken if word not in STOP_WORDS] or spoken
    return list(dict.fromkeys(stem(word) for word in telling))


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a lower-case English word; a light stemmer that favours conflation.

    It takes off one suffix where a pronounceable stem of three letters remains, and undoubles a
    final consonant (`mapped`, `mapper`, `map`). Other scripts and numbers are left as they are.
    """
    word = _SHORT_FOR.get(word, word)
    if len(word) <= _SHORTEST_STEM or not word.isascii():
        return word
    if word.endswith("ss") or not word.endswith(_SUFFIXES):
        return word
    for suffix in _SUFFIXES:
        if word.endswith(suffix):
            left = word[: -len(suffix)]
            if len(left) >= _SHORTEST_STEM and _VOWEL.search(left):
                return _undoubled(left) if suffix[0] in "aei" else left
    return word


def _undoubled(left: str) -> str:
    doubled = len(left) > _SHORTEST_STEM and left[-1] == left[-2] and left[-1] not in "aeiouls"
    return left[:-1] if doubled else left
