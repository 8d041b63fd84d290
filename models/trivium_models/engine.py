"""The process that runs the models: `python -m trivium_models.engine`.

It reads frames (`wire`) from standard input and answers on standard output. One thread reads, the
main thread runs jobs step by step (`scheduler`), so a request is noticed while a model computes
and starts at the next step. It ends when standard input does: it cannot outlive its client.
Anything that a library prints goes to standard error, never into the protocol.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from typing import Any, BinaryIO

from trivium_models import wire
from trivium_models.loading import Models
from trivium_models.scheduler import Done, Failed, Partial, Scheduler
from trivium_models.types import Art, CompletionOptions, Priority, RewriteOptions
from trivium_models.wire import Header

Job = Generator[Any, None, tuple[Any, bytes]]
"""A job whose result is what `result` holds in the answer's header, and the payload."""


class Engine:
    """Turns requests into jobs and their outcomes into answers."""

    def __init__(self, send: Callable[[Header, bytes], None]) -> None:
        self._send = send
        self._scheduler = Scheduler()
        self._models = Models(self._send_status)
        self._warming: int | None = None

    def handle(self, header: Header) -> None:
        """Take one message from the client."""
        if "cancel" in header:
            self._scheduler.cancel(header["cancel"])
        elif header.get("method") == "configure":
            specs = {Art(art): spec for art, spec in header["params"]["models"].items()}
            self._models.configure(specs, header["params"]["threads"])
        else:
            self._start(header)

    def step(self) -> bool:
        """Run one step of the most urgent job; false when there is nothing to do."""
        if self._scheduler.priority is None:
            return False
        outcome = self._scheduler.step()
        if isinstance(outcome, Partial):
            self._send({"id": outcome.key, "partial": outcome.value}, b"")
        elif isinstance(outcome, Done):
            result, payload = outcome.value
            self._send({"id": outcome.key, "result": result}, payload)
        elif isinstance(outcome, Failed):
            self._fail(outcome.key, outcome.error)
        return True

    def _start(self, header: Header) -> None:
        key = header.get("id")
        try:
            job = self._job(header["method"], header["params"])
            if header["method"] in ("complete", "warm"):
                self._stop_warming()
            self._warming = key if header["method"] == "warm" else None
            self._scheduler.submit(key, Priority(header["priority"]), job)
        except (KeyError, TypeError, ValueError) as error:
            self._fail(key, error)

    def _stop_warming(self) -> None:
        """A guess at the next prompt is worth nothing once the next prompt is there."""
        if self._warming is not None and self._scheduler.cancel(self._warming):
            self._send({"id": self._warming, "result": None}, b"")

    def _job(self, method: str, params: Header) -> Job:
        match method:
            case "embed":
                return self._embed(params["texts"])
            case "complete":
                how = CompletionOptions(**_tuples(params["options"], "stop", "drafts"))
                return self._complete(params["prompt"], params["suffix"], how)
            case "warm":
                return self._warm(params["prompt"])
            case "rewrite":
                options = RewriteOptions(**params["options"])
                return self._rewrite(params["prefix"], params["texts"], options)
            case "prepare":
                return self._prepare(Art(params["art"]))
        raise ValueError(f"there is no method {method!r}")

    def _embed(self, texts: list[str]) -> Job:
        model = yield from self._models.get(Art.ENCODER)
        return wire.pack_vectors((yield from model.embed(texts)))

    def _complete(self, prompt: str, suffix: str, options: CompletionOptions) -> Job:
        model = yield from self._models.get(Art.DECODER)
        return wire.pack_completions((yield from model.complete(prompt, suffix, options))), b""

    def _warm(self, prompt: str) -> Job:
        model = yield from self._models.get(Art.DECODER)
        yield from model.warm(prompt)
        return None, b""

    def _rewrite(self, prefix: str, texts: list[str], options: RewriteOptions) -> Job:
        model = yield from self._models.get(Art.REWRITER)
        return (yield from model.rewrite(prefix, texts, options)), b""

    def _prepare(self, art: Art) -> Job:
        yield from self._models.get(art)
        status = next(each for each in self._models.statuses() if each.art is art)
        return wire.pack_model(status), b""

    def _fail(self, key: object, error: Exception) -> None:
        traceback.print_exception(error)
        self._send({"id": key, "error": wire.pack_error(error)}, b"")

    def _send_status(self) -> None:
        models = [wire.pack_model(each) for each in self._models.statuses()]
        self._send({"event": "models", "models": models}, b"")


def run(source: BinaryIO, sink: BinaryIO) -> None:
    """Serve until the source ends, then leave at once whatever is under way."""
    inbox: queue.SimpleQueue[Header] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(source, inbox), daemon=True).start()

    def send(header: Header, payload: bytes) -> None:
        sink.write(wire.pack(header, payload))
        sink.flush()

    engine = Engine(send)
    send({"event": "hello", "pid": os.getpid()}, b"")
    busy = False
    while True:
        while not (busy and inbox.empty()):
            engine.handle(inbox.get())
            busy = True
        busy = engine.step()


def _read(source: BinaryIO, inbox: queue.SimpleQueue[Header]) -> None:
    try:
        while (frame := wire.read(source)) is not None:
            inbox.put(frame[0])
    except wire.BrokenFrame as error:
        print(f"The engine's input is broken: {error}", file=sys.stderr, flush=True)
        os._exit(3)
    os._exit(0)


def _tuples(options: Header, *names: str) -> Header:
    return {key: tuple(value) if key in names else value for key, value in options.items()}


def _guarded_streams() -> tuple[BinaryIO, BinaryIO]:
    """The protocol's streams, moved to where a stray print or read cannot reach them."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def main() -> None:
    """Run as a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        from trivium_models import offline
    except ImportError:
        pass
    else:
        offline.install()
    run(*_guarded_streams())


if __name__ == "__main__":
    main()
