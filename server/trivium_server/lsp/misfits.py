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

_MOST = 3
"""Faults that are named; more of them help nobody."""
_PLAINER = (
    (re.compile(": Only input mappings are supported"), " should be an object"),
    (re.compile(r": '\w+' object is not iterable"), " should be an array"),
)


def sentence(error: BaseException) -> str:
    """What an exception of structuring, or of what was raised from it, found wrong."""
    faults = list(_faults(error, ""))
    more = len(faults) - _MOST
    named = "; ".join(faults[:_MOST]) + (f"; and {more} more" if more > 0 else "")
    return f"The parameters do not fit: {named}."


def _faults(error: BaseException, path: str) -> Iterator[str]:
    if not isinstance(error, BaseValidationError):
        if error.__cause__ is not None:  # pygls' own exception says less than what caused it
            yield from _faults(error.__cause__, path)
        else:
            yield _fault(error, path)
        return
    noted: list[tuple[Exception, Any]] = []
    bare = list(error.exceptions)
    if isinstance(error, ClassValidationError | IterableValidationError):
        noted, bare = error.group_exceptions()
    for inner, note in noted:
        yield from _faults(inner, path + _step(note))
    for inner in bare:
        yield from _faults(inner, path)


def _step(note: AttributeValidationNote | IterableValidationNote) -> str:
    if isinstance(note, AttributeValidationNote):
        return f".{camel(note.name)}"
    return f"[{note.index}]" if isinstance(note.index, int) else f".{note.index}"


def _fault(error: BaseException, path: str) -> str:
    place = path.removeprefix(".").removeprefix("params").removeprefix(".")
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
