"""Words of code and of questions about it: identifiers taken apart, stems, stop words.

Both sides of a lexical match go through `terms`, so that "how are routes matched" meets
`RouteMatcher.match_route`. Knows nothing of chunks, files or scores.
"""

from __future__ import annotations

import re
from functools import lru_cache

_IDENTIFIER = re.compile(r"[^\W\d]\w*|\d+")
# One word for most though written as two, an acronym in the plural (URLs), an acronym before a
# capitalised word (HTTP|Server), a word, an acronym, a number, a word of another script.
_UPPER, _LOWER = "A-ZÀ-ÖØ-Þ", "a-zß-öø-ÿ"
_PART = re.compile(
    rf"OAuth|gRPC|IPv(?=\d)|[{_UPPER}]{{2,}}s(?![{_LOWER}])"
    rf"|[{_UPPER}]+(?=[{_UPPER}][{_LOWER}])|[{_UPPER}]?[{_LOWER}]+"
    rf"|[{_UPPER}]+|\d+|[^\W\d_{_UPPER}{_LOWER}]+"
)

STOP_WORDS = frozenset(
    """
    a about all also an and any are as at be been being between but by can cannot could did do does
    doing each for from given had happen happens has have how i if implementation implemented
    implements in into is it its logic me my of on one or our out over should so some such than
    that the their them then there these they this those through to under up use used uses using
    via was we were what when where which while who why will with within work works would you your
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
# How programmers shorten words, where nearly all agree: one stem for all forms.
_FORMS = {
    "argument": "arg args",
    "asynchronous": "async",
    "attribute": "attr attrs",
    "authentication": "auth",
    "character": "char",
    "command": "cmd cmds",
    "configuration": "cfg conf config configs",
    "connection": "conn",
    "context": "ctx",
    "coordinate": "coords",
    "database": "db",
    "dependency": "deps dependencies",
    "destination": "dest dst",
    "development": "dev",
    "directory": "dir dirs directories",
    "documentation": "doc docs",
    "element": "elem elems",
    "environment": "env",
    "error": "err errs",
    "evaluation": "eval",
    "exception": "exc",
    "execution": "exec execute",
    "expression": "expr exprs",
    "format": "fmt",
    "function": "fn func funcs",
    "header": "hdr",
    "implementation": "impl",
    "index": "idx",
    "information": "info",
    "initialize": "init initial",
    "integer": "int",
    "iterator": "iter",
    "length": "len",
    "library": "lib libs libraries",
    "maximum": "max",
    "message": "msg msgs",
    "minimum": "min",
    "number": "num",
    "object": "obj",
    "operation": "op ops",
    "option": "opt opts",
    "package": "pkg",
    "parameter": "param params",
    "pointer": "ptr",
    "previous": "prev",
    "process": "proc",
    "property": "prop props properties",
    "receive": "recv",
    "reference": "ref refs",
    "regexp": "regex",
    "repository": "repo repositories repos",
    "request": "req reqs",
    "response": "resp",
    "source": "src",
    "specification": "spec specs",
    "statistic": "stat stats",
    "string": "str",
    "synchronous": "sync synchronize",
    "temporary": "temp tmp",
    "value": "val vals",
    "variable": "var vars",
}
_WHOLE_WORD = {form: word for word, forms in _FORMS.items() for form in forms.split()}
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
    word = _WHOLE_WORD.get(word, word)
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
