"""What a session knows of damage to one index file, and how the file is put out of the way.

Indexing meets it, or a search does; before anything else is done the file is put aside and made
anew, from the second time on with the shared vectors, of which what can be read stays. Knows
files, not what is in them.
"""

from __future__ import annotations

import logging
from pathlib import Path

from trivium_server.domain import database, vectors
from trivium_server.services.places import Place
from trivium_server.services.worker import Worker

_log = logging.getLogger("trivium.index")

_MOST = 3
"""In one session, after which an index is not made anew before something changes."""


class Damage:
    """The damage to the index of one folder."""

    def __init__(self, root: Path, place: Place, worker: Worker) -> None:
        """None is known yet."""
        self.waiting = False
        """Whether the file is to be put aside before anything else is done."""
        self.generation = 0
        """Rises when the file was put aside and begun anew."""
        self._root = root
        self._place = place
        self._worker = worker
        self._times = 0

    def note(self) -> str:
        """There is some. Why the file is not made anew at once; empty if it is."""
        self.waiting = True
        self._times += 1
        if self._times > _MOST:
            return (
                f"The index in {self._place.index} is damaged again and again. If the disk of that "
                "folder fails, name another one in TRIVIUM_CACHE."
            )
        _log.warning(
            "The index in %s is damaged; it is set aside and made anew.", self._place.index
        )
        return ""

    @property
    def lacking(self) -> str:
        """What searches lack while the file is made anew; empty where it never had to be."""
        if not self._times:
            return ""
        return f"The index of {self._root} was damaged and is being made anew; ask again."

    async def put_aside(self) -> None:
        """Set the file aside. Raises `OSError` where another process holds it."""
        if self._times > 1:
            await self._worker.run(vectors.salvage, self._place.vectors)
        await self._worker.run(database.set_aside, self._place.index)
        self.waiting = False
        self.generation += 1
