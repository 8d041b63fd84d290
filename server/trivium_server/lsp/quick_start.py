"""What makes a start quick: classes that are finished when first used, and imports uncollected.

The protocol has 554 classes and a session uses some eighty. attrs writes, compiles and runs code
for each: a quarter of the time from a server's start to its first answer. Here a class waits for
the first look at its fields or its first instance; then attrs does what it always does, except
that the class gets no slots, since it is in use already and cannot be made again.

Knows attrs, lsprotocol and the garbage collector; nothing of what is served.
"""

from __future__ import annotations

import gc
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from trivium_models import memory

_FIELDS = "__attrs_attrs__"
_finishing = threading.RLock()


@contextmanager
def uncollected() -> Iterator[None]:
    """Import without the garbage collector, which would look through it all again and again.

    What was imported is left out of later collections as well: it stays, and each full look
    through it would hold up whoever waits for an answer.
    """
    with memory.uncollected():
        yield
        gc.freeze()


def import_asyncio() -> None:
    """Import asyncio as in a Python built without TLS: nothing here connects to another machine.

    Whoever imports `ssl` later gets it.
    """
    if "ssl" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("asyncio")
    finally:
        del sys.modules["ssl"]


def import_protocol() -> None:
    """Import lsprotocol's classes and ours in such a way that each is finished later.

    Whatever was imported before stays as it is.
    """
    import attrs

    whole = "lsprotocol.types" not in sys.modules
    at_once = attrs.define
    attrs.define = _define  # type: ignore[assignment]
    try:
        importlib.import_module("trivium_server.lsp.protocol")
    finally:
        attrs.define = at_once
    import lsprotocol._hooks

    if whole:  # What it would do for all classes is done by each for itself.
        lsprotocol._hooks._resolved_forward_references = True


def _define(cls: type | None = None, **options: object) -> Any:  # noqa: ANN401  (a class or a decorator)
    """In place of `attrs.define`."""
    if cls is None:
        return lambda given: _define(given, **options)
    unfinished = _Unfinished(cls, options)
    setattr(cls, _FIELDS, unfinished)
    cls.__init__ = unfinished.first_init()  # type: ignore[misc]
    if "__repr__" not in vars(cls):  # attrs would write one for each: a third of its time.
        cls.__repr__ = _shown  # type: ignore[assignment]
    return cls


def _shown(self: Any) -> str:  # noqa: ANN401  (an instance of any class of the protocol)
    """What the `__repr__` that attrs writes says."""
    fields = (f"{field.name}={getattr(self, field.name)!r}" for field in self.__attrs_attrs__)
    return f"{type(self).__name__}({', '.join(fields)})"


class _Unfinished:
    """Stands where a class's fields will be, and finishes the class when somebody looks at them."""

    def __init__(self, cls: type, options: dict[str, Any]) -> None:
        self._cls = cls
        self._options = options

    def __get__(self, _instance: object, owner: type) -> Any:  # noqa: ANN401  (attrs' own tuple of fields)
        self._finish()
        return getattr(owner, _FIELDS)

    def first_init(self) -> Callable[..., None]:
        """An `__init__` that finishes the class and goes on with the real one."""

        def __init__(instance: object, *values: object, **named: object) -> None:
            self._finish()
            type(instance).__init__(instance, *values, **named)

        return __init__

    def _finish(self) -> None:
        import attrs

        with _finishing:
            if self._cls.__dict__.get(_FIELDS) is not self:
                return  # Another thread was here first.
            # attrs leaves alone what a class has of its own, and these two only keep a place.
            delattr(self._cls, _FIELDS)
            del self._cls.__init__
            attrs.define(self._cls, slots=False, **self._options)
            attrs.resolve_types(self._cls)
