"""Giving freed memory back to the system, which C's allocator does late and in part.

And keeping Python's collector, which looks for it too, out of where nothing is freed.

Tensors of some megabytes come and go; between them the heap keeps holes, a hundred megabytes in
the engine. Knows nothing of models; does nothing where the allocator is not glibc's.
"""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Import or load without the garbage collector, which takes a fifth of the time for nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def trim() -> None:
    """Return the heap's free pages; takes a few milliseconds."""
    if sys.platform == "linux":
        import ctypes  # The server imports this module at its start and never trims.

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def collect() -> None:
    """Free what only cycles hold, such as a checkpoint after loading, then `trim`."""
    gc.collect()
    trim()
