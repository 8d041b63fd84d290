"""The texts that the editor shows: every folder searches them as they are on the screen.

Noting one is cheap, since it happens with every keystroke; the vectors are made once typing rests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from trivium_models.client import EngineClient
from trivium_models.types import Priority
from trivium_server.services.background import Background
from trivium_server.services.reading import Reader
from trivium_server.services.search import FolderView

_TYPING_RESTS = 1.5
"""Seconds without a keystroke after which unsaved text is embedded."""
_MOST = 64
"""Texts of one folder that are embedded at one rest."""


class Buffers:
    """What is open in a session. Use it from one event loop."""

    def __init__(
        self,
        folders: Mapping[Path, FolderView],
        reader: Reader,
        engine: EngineClient,
        encoder: Callable[[], str],
        background: Background,
    ) -> None:
        """The folders are looked at anew each time; `encoder` is the model that answers now."""
        self._folders = folders
        self._reader = reader
        self._engine = engine
        self._encoder = encoder
        self._background = background
        self._texts: dict[Path, str] = {}
        self._resting: asyncio.TimerHandle | None = None

    def note(self, path: Path, text: str | None) -> None:
        """A text as it is now; None when it was closed."""
        if text is None:
            self._texts.pop(path, None)
        else:
            self._texts[path] = text
        for folder in self._folders.values():
            folder.overlay(path, text)
        self.close()
        self._resting = asyncio.get_running_loop().call_later(_TYPING_RESTS, self.embed)

    def show(self, folder: FolderView) -> None:
        """Tell a new folder of all that is open."""
        for path, text in self._texts.items():
            folder.overlay(path, text)

    def embed(self) -> None:
        """Give what lacks vectors its own, behind."""
        self._background.spawn(self._embed())

    def close(self) -> None:
        """Wait for no rest."""
        if self._resting:
            self._resting.cancel()

    async def _embed(self) -> None:
        encoder = self._encoder()
        for folder in list(self._folders.values()):
            texts = await self._reader.lacking(folder, _MOST, encoder)
            if texts:
                matrix = await self._engine.embed(
                    list(texts.values()), priority=Priority.INDEXING, model=encoder
                )
                await self._reader.run(folder.give, list(texts), matrix, encoder)
