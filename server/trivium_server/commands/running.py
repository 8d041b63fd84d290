"""An application for the time of one command, with progress on a terminal and errors explained."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from trivium_models.errors import ModelError
from trivium_server import settings
from trivium_server.app import App
from trivium_server.commands import Explained, arguments
from trivium_server.domain import files
from trivium_server.services import tally


@asynccontextmanager
async def application(given: argparse.Namespace) -> AsyncIterator[App]:
    """The services as the settings file wants them; closed at the end, whatever happens."""
    progress = _Progress()
    app = App(_settings(given.settings), on_index=lambda: progress.show(app))
    try:
        yield app
    except ModelError as error:
        raise Explained(str(error)) from error
    finally:
        progress.clear()
        await app.close()


async def indexed(app: App, root: Path) -> None:
    """Open a folder and wait until its index is complete, as far as the models allow."""
    if not files.is_folder(root):
        raise Explained(f"{root} is not a folder that can be opened.")
    await app.workspace.add_folder(root.resolve())
    await app.workspace.ready()


def _settings(path: Path | None) -> settings.Settings:
    if path is None:
        return settings.Settings()
    given = arguments.json_file(path, '{"search": {"limit": 5}}')
    given = given.get("trivium", given) if isinstance(given, dict) else given
    found, problems = settings.from_json(given)
    for problem in problems:
        print(f"trivium: {problem}", file=sys.stderr)
    return found


class _Progress:
    """One line on standard error, rewritten in place; nothing when that is not a terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty()
        self._shown = False

    def show(self, app: App) -> None:
        if self._on:
            message, _ = tally.progress(app.workspace.status())
            print(f"\r\x1b[KIndexing: {message}", end="", file=sys.stderr, flush=True)
            self._shown = True

    def clear(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
