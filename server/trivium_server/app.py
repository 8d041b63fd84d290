"""The composition root: builds every part and joins them; nothing else constructs a service.

Both the command line and the language server start here. It knows no LSP.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import EngineStatus
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Settings

if TYPE_CHECKING:
    from trivium_server.services.completion import CompletionService
    from trivium_server.services.rewriting import RewriteService
    from trivium_server.services.texts import TextService


def _ignore(*_: object) -> None:
    """Stand for a listener that nobody gave."""


@dataclass
class App:
    """The services of one session, sharing one engine and one view of the settings."""

    settings: Settings
    on_engine: Callable[[EngineStatus], None] = _ignore
    """Called when the engine's state changes, on the event loop."""
    on_index: Callable[[], None] = _ignore
    """Called when an index made progress, on the event loop."""
    engine: EngineClient = field(init=False)
    workspace: Workspace = field(init=False)

    def __post_init__(self) -> None:
        """Build the services; no process is started and no file is read yet."""
        self.engine = EngineClient(engine_config(self.settings), self.on_engine)
        self.workspace = Workspace(self.engine, self.current, self.on_index)

    # The first search shall not wait for the code of these.

    @cached_property
    def completion(self) -> CompletionService:
        """Ghost text; built when it is first asked for."""
        from trivium_server.services.completion import CompletionService

        return CompletionService(self.engine, self.current, self.workspace.similar)

    @cached_property
    def rewriting(self) -> RewriteService:
        """Translations and summaries; built when they are first asked for."""
        from trivium_server.services.rewriting import RewriteService

        return RewriteService(self.engine, self.current)

    @cached_property
    def texts(self) -> TextService:
        """Labels, similarity and prompts; built when they are first asked for."""
        from trivium_server.services.texts import TextService

        return TextService(self.engine, self.current)

    @property
    def unsuggested(self) -> str:
        """Why the last completion showed nothing; empty before the first."""
        return self.completion.last_reason if "completion" in self.__dict__ else ""

    def current(self) -> Settings:
        """The settings as they are now; services ask each time instead of keeping a copy."""
        return self.settings

    async def configure(self, settings: Settings) -> None:
        """Follow new settings; only what they touch is restarted."""
        before, self.settings = self.settings, settings
        if before.models.encoder != settings.models.encoder:
            await self.workspace.change_encoder()
        if engine_config(before) != engine_config(settings):
            encoder, successor = self.workspace.encoders()
            chosen = replace(engine_config(settings), encoder=encoder, successor=successor)
            await self.engine.configure(chosen)
        if before.search != settings.search:
            await self.workspace.refresh()

    async def close(self) -> None:
        """Stop indexing, commit what is done and end the engine, each whatever the others do."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self.engine.close)
            closing.push_async_callback(self.workspace.close)
            if "completion" in self.__dict__:
                closing.callback(self.completion.close)


def engine_config(settings: Settings) -> EngineConfig:
    """What of the settings concerns the engine."""
    return EngineConfig(
        encoder=settings.models.encoder,
        decoder=settings.models.decoder,
        rewriter=settings.models.rewriter,
        threads=settings.engine.threads,
        idle_seconds=60 * settings.engine.idle_minutes,
    )
