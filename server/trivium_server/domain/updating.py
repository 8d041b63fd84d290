"""Brings an index into step with the files of its folder, a slice at a time.

What differs is found by size and time, what is new by content; each slice is one transaction, so
that whoever stops in between loses nothing and whoever waits does not wait long. Synchronous.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from trivium_server.domain import files
from trivium_server.domain.files import Entry, Walk
from trivium_server.domain.index import Index

_log = logging.getLogger("trivium.index")

_TELL = 0.1
"""Seconds between two tellings of how much was found."""


def compare(
    index: Index, walk: Walk, tell: Callable[[], object] = lambda: None
) -> tuple[list[Entry], list[str]]:
    """The folder's files that the index does not know as they are, oldest first; and those gone.

    `tell` is called now and then: a large folder takes a while.
    """
    known = index.store.files()
    new, gone = [], dict.fromkeys(known)
    told = time.monotonic()
    for entry in walk.entries():
        if told + _TELL < time.monotonic():
            told = time.monotonic()
            tell()
        gone.pop(entry.path, None)
        old = known.get(entry.path)
        if old is None or (old.size, old.modified) != (entry.size, entry.modified):
            new.append(entry)
    return sorted(new, key=lambda each: each.modified), list(gone)


def compare_some(index: Index, walk: Walk, paths: set[str]) -> tuple[list[Entry] | None, list[str]]:
    """The same for some paths; None for the new ones when a folder is among them."""
    new, gone = [], []
    for path in paths:
        if files.is_folder(walk.root / path):
            return None, []
        walk.skipped.pop(path, None)
        entry = walk.entry(path)
        if entry:
            new.append(entry)
        else:
            gone += [path, *index.store.paths_below(path)]
    return new, gone


def apply(
    index: Index,
    walk: Walk,
    new: list[Entry],
    gone: list[str],
    seconds: float,
    give_way: Callable[[], None] = lambda: None,
) -> None:
    """Work on both lists from their ends for a while, as one transaction.

    What is done is taken off the lists, once it is committed. `give_way` is called between files.
    """
    done_new, done_gone = 0, 0
    until = time.monotonic() + seconds
    with index.store.batch():
        while time.monotonic() < until:
            give_way()
            if done_gone < len(gone):
                done_gone += 1
                index.remove(gone[-done_gone])
            elif done_new < len(new):
                done_new += 1
                _put(index, walk, new[-done_new])
            else:
                break
    del gone[len(gone) - done_gone :], new[len(new) - done_new :]


def _put(index: Index, walk: Walk, entry: Entry) -> None:
    try:
        text = files.read(walk.root / entry.path, walk.rules.max_bytes)
    except files.Unreadable as reason:
        _log.info("%s is left out: %s.", entry.path, reason)
        walk.skipped[entry.path] = str(reason)
        index.remove(entry.path)
    else:
        index.put(entry, text)
