"""The three arts as awaitable calls; the engine behind them starts, ends and restarts by itself.

Every method may be cancelled, which drops the job in the engine within one step. A request whose
engine dies is run again once, because none of them changes anything; after that it raises
`EngineFailed` with the engine's last words. asyncio only: use a client from one event loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from trivium_models import reported, wire
from trivium_models.errors import EngineFailed
from trivium_models.reported import Reported
from trivium_models.supervisor import Supervisor
from trivium_models.types import (
    Answer,
    Art,
    Completion,
    CompletionOptions,
    EngineStatus,
    ModelStatus,
    Priority,
    RewriteOptions,
    Role,
)
from trivium_models.wire import Header

_log = logging.getLogger("trivium.engine")


@dataclass(frozen=True)
class EngineConfig:
    """Which model serves each art, and how the engine behaves.

    A model is a catalog name, a hub id, a folder, or `fake` for the deterministic ones.
    """

    encoder: str = "all-MiniLM-L6-v2"
    decoder: str = "SmolLM2-135M-Instruct"
    rewriter: str = "trivium-t5"
    successor: str = ""
    """An embedding model that is to take `encoder`'s place and may be asked beside it."""
    threads: int = 0
    """0 chooses for this machine."""
    idle_seconds: float = 600.0
    """Seconds without work after which the engine ends; 0 means never."""

    @property
    def models(self) -> dict[Art, str]:
        """The chosen model of each art."""
        return {art: getattr(self, art.value) for art in Art}

    def message(self) -> Header:
        """The part that the engine has to know."""
        models = {art.value: spec for art, spec in self.models.items()}
        params = {"models": models, "successor": self.successor, "threads": self.threads}
        return {"method": "configure", "params": params}


class EngineClient:
    """One engine, shared by everyone who asks."""

    def __init__(
        self, config: EngineConfig, on_status: Callable[[EngineStatus], None] | None = None
    ) -> None:
        self._config = config
        self._supervisor = Supervisor(self._on_frame, self._on_end)
        self._calls: dict[int, _Call] = {}
        self._next_id = 0
        self._idle: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        off = EngineStatus("off", models=reported.switched_off(config.models))
        self._reported = Reported(off, on_status)

    async def embed(
        self,
        texts: Sequence[str],
        *,
        priority: Priority,
        role: Role = Role.PASSAGE,
        model: str = "",
    ) -> np.ndarray:
        """Float32 [n, dimensions], L2-normalised, in the order of the texts.

        A text that the model makes no numbers of gets zeros.
        `model` is the configured encoder or its successor; whoever compares the vectors with
        others names it, and gets ModelUnfit when it has been replaced meanwhile.
        """
        params = {"texts": list(texts), "role": role, "model": model}
        call = await self._request("embed", params, priority)
        return wire.unpack_vectors(call["result"], call["payload"])

    async def complete(
        self,
        prompt: str,
        options: CompletionOptions = CompletionOptions(),  # noqa: B008  (frozen)
        *,
        suffix: str = "",
        priority: Priority = Priority.TYPING,
    ) -> list[Completion]:
        """The best continuations of a prompt, the greedy one first.

        `suffix`, the text after the cursor, is used only by models trained to fill in the middle.
        """
        params = {"prompt": prompt, "suffix": suffix, "options": asdict(options)}
        call = await self._request("complete", params, priority)
        return wire.unpack_completions(call["result"])

    async def warm(self, prompt: str) -> None:
        """Read a prompt ahead of the request for it; any other completion drops this."""
        await self._request("warm", {"prompt": prompt}, Priority.ACTION)

    async def rewrite(
        self,
        prefix: str,
        texts: Sequence[str],
        options: RewriteOptions = RewriteOptions(),  # noqa: B008  (frozen)
        *,
        priority: Priority = Priority.ACTION,
        on_text: Callable[[int, str], None] | None = None,
    ) -> list[Answer]:
        """One answer for each text; `on_text(index, text so far)` is called as they grow."""
        params = {
            "prefix": prefix,
            "texts": list(texts),
            "options": asdict(options),
            "streamed": on_text is not None,
        }
        call = await self._request("rewrite", params, priority, on_text)
        return wire.unpack_answers(call["result"])

    async def prepare(self, art: Art) -> ModelStatus:
        """Start the engine and load a model now."""
        call = await self._request("prepare", {"art": art}, Priority.ACTION)
        return wire.unpack_model(call["result"])

    async def configure(self, config: EngineConfig) -> None:
        """Follow new settings; only the models that they change are dropped."""
        old, self._config = self._config, config
        if self._supervisor.pid is None:
            self._report(models=reported.switched_off(config.models))
        elif old.threads != config.threads:
            await self._supervisor.stop()  # What was under way is run again in a new process.
        elif old.message() != config.message():
            self._supervisor.send(config.message())
        self._watch_idle()

    async def choose_encoder(self, encoder: str, successor: str = "") -> None:
        """Follow the choice of an embedding model alone; see `EngineConfig.successor`."""
        await self.configure(replace(self._config, encoder=encoder, successor=successor))

    def status(self) -> EngineStatus:
        """What is known now, without waiting."""
        pid = self._supervisor.pid
        memory = reported.resident_bytes(pid)
        return replace(self._reported.status, pid=pid, resident_bytes=memory)

    def has_ready(self, art: Art, model: str = "") -> bool:
        """Whether a model of an art is loaded; any if none is named."""
        return self._reported.has_ready(art, model)

    async def rest(self) -> None:
        """End the engine, which gives its memory back; the next request starts it again."""
        await self._supervisor.stop()

    async def close(self) -> None:
        """End the engine; requests under way raise `EngineFailed`."""
        self._closed = True
        self._watch_idle()
        await self._supervisor.close()
        self._fail_all("closed")
        for task in list(self._tasks):
            await asyncio.wait([task])

    async def _request(
        self,
        method: str,
        params: Header,
        priority: Priority,
        on_partial: Callable[[int, str], None] | None = None,
    ) -> Header:
        """Send, wait, and once more if the engine died meanwhile."""
        try:
            return await self._attempt(method, params, priority, on_partial)
        except _EngineDied as death:
            _log.warning("%s Running `%s` again.", death, method)
        try:
            return await self._attempt(method, params, priority, on_partial)
        except _EngineDied as death:
            raise EngineFailed(str(death)) from None

    async def _attempt(
        self,
        method: str,
        params: Header,
        priority: Priority,
        on_partial: Callable[[int, str], None] | None,
    ) -> Header:
        await self._ensure_running()
        self._next_id += 1
        key = self._next_id
        call = self._calls[key] = _Call(on_partial)
        header = {"id": key, "method": method, "priority": int(priority), "params": params}
        self._supervisor.send(header)
        self._changed()
        try:
            return await call.answer
        except asyncio.CancelledError:
            self._supervisor.send({"cancel": key})
            raise
        finally:
            self._calls.pop(key, None)
            self._changed()

    async def _ensure_running(self) -> None:
        try:
            started = await self._supervisor.start(self._config.threads)
        except EngineFailed as error:
            self._report(state="error", message=str(error))
            raise
        if started:
            self._report(state="starting", message="")
            self._supervisor.send(self._config.message())

    def _on_frame(self, header: Header, payload: bytes) -> None:
        if header.get("event") == "models":
            self._report(models=tuple(wire.unpack_model(each) for each in header["models"]))
        if "event" in header:
            self._changed(started=True)
            return
        call = self._calls.get(header["id"])
        if call is None or call.answer.done():
            return
        if "partial" in header:
            _show(call, *header["partial"])
        elif "error" in header:
            call.answer.set_exception(wire.unpack_error(header["error"]))
        else:
            call.answer.set_result({"result": header["result"], "payload": payload})

    def _on_end(self, reason: str, crashed: bool) -> None:
        state, message = ("error", reason) if crashed else ("off", "")
        models = reported.switched_off(self._config.models)
        self._report(state=state, models=models, message=message)
        self._fail_all(reason)

    def _fail_all(self, reason: str) -> None:
        for call in list(self._calls.values()):
            if not call.answer.done():
                closed = EngineFailed("The model engine was closed.")
                call.answer.set_exception(closed if self._closed else _EngineDied(reason))

    def _changed(self, *, started: bool = False) -> None:
        """Tell `busy` from `ready`, and let an engine without work go to rest."""
        if started or self._reported.status.state in ("ready", "busy"):
            self._report(state="busy" if self._calls else "ready")
        self._watch_idle()

    def _report(self, **changes: Any) -> None:  # noqa: ANN401  (fields of EngineStatus)
        self._reported.note(pid=self._supervisor.pid, **changes)

    def _watch_idle(self) -> None:
        if self._idle:
            self._idle.cancel()
            self._idle = None
        running = self._supervisor.pid is not None and not self._closed
        if running and not self._calls and self._config.idle_seconds > 0:
            loop = asyncio.get_running_loop()
            self._idle = loop.call_later(self._config.idle_seconds, self._rest)

    def _rest(self) -> None:
        task = asyncio.create_task(self.rest())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _EngineDied(Exception):
    """The process ended before it answered."""


@dataclass
class _Call:
    """A request under way."""

    on_partial: Callable[[int, str], None] | None
    answer: asyncio.Future[Header] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


def _show(call: _Call, index: int, text: str) -> None:
    """Pass on what there is so far; a caller that fails at it has failed with its request."""
    if call.on_partial:
        try:
            call.on_partial(index, text)
        except Exception as error:
            call.answer.set_exception(error)
