"""What is wrong with parameters that do not fit, in the names that the client sent.

cattrs and attrs speak of our attributes (`text_document`); a client knows `textDocument`.
It knows nothing of the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    IterableValidationError,
    IterableValidationNote,
)

from trivium_server.settings import camel

Path = tuple[str | int, ...]
"""Where something stands in a message: the client's names, and places in lists."""
_MOST = 3
"""Faults that are named; more of them help nobody."""
_PLAINER = (
    (re.compile(": Only input mappings are supported"), " should be an object"),
    (re.compile(r": '\w+' object is not iterable"), " should be an array"),
)


def sentence(error: BaseException) -> str:
    """What an exception of structuring, or of what was raised from it, found wrong."""
    found = [_fault(fault, path) for path, fault in faults(error)]
    more = len(found) - _MOST
    named = "; ".join(found[:_MOST]) + (f"; and {more} more" if more > 0 else "")
    return f"The parameters do not fit: {named}."


def faults(error: BaseException, path: Path = ()) -> Iterator[tuple[Path, BaseException]]:
    """Each single fault, and where in the message it is."""
    if not isinstance(error, BaseValidationError):
        if error.__cause__ is not None:  # pygls' own exception says less than what caused it
            yield from faults(error.__cause__, path)
        else:
            yield path, error
        return
    noted: list[tuple[Exception, Any]] = []
    bare = list(error.exceptions)
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, bare = error.group_exceptions()
    for inner, note in noted:
        yield from faults(inner, (*path, _step(note)))
    for inner in bare:
        yield from faults(inner, path)


def _step(note: AttributeValidationNote | IterableValidationNote) -> str | int:
    if isinstance(note, AttributeValidationNote):
        return camel(note.name)
    return note.index


def _fault(error: BaseException, path: Path) -> str:
    place = _shown(path[1:] if path[:1] == ("params",) else path)
    if isinstance(error, KeyError):
        return f"'{place or error.args[0]}' is missing"
    # attrs' validators name the attribute first.
    what = str(error.args[0] if error.args else type(error).__name__).rstrip(".")
    named = re.match(r"'(\w+)' (?=must be )", what)
    if named:
        place = ".".join(part for part in (place, camel(named[1])) if part)
        what = what[named.end() - 1 :]
    elif place:
        what = f": {what}"
    for pattern, plain in _PLAINER:
        what = pattern.sub(plain, what)
    return f"'{place}'{what}" if place else what


def _shown(path: Path) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")
