"""The process that runs the models: `python -m trivium_models.engine`.

It reads frames (`wire`) from standard input and answers on standard output. One thread reads; two
run jobs step by step (`lanes`), so a request is noticed while a model computes and starts at the
next step at the latest. It ends when standard input does: it cannot outlive its client. Anything
that a library prints goes to standard error, never into the protocol.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from trivium_models import lanes, left_out, sealed, watchdog, wire
from trivium_models.lanes import Lane
from trivium_models.loading import Models
from trivium_models.numbers import are_numbers, refuse_nan
from trivium_models.scheduler import Done, Failed, Partial, Scheduler
from trivium_models.types import Art, CompletionOptions, Priority, RewriteOptions, Role
from trivium_models.wire import Header

_PLAIN = "a text"
"""What any encoder can take; if it cannot, its weights are to blame."""

Job = Generator[Any, None, tuple[Any, bytes]]
"""A job whose result is what `result` holds in the answer's header, and the payload."""


class Engine:
    """Turns requests into jobs and their outcomes into answers."""

    def __init__(self, send: Callable[[Header, bytes], None]) -> None:
        self._send = send
        self._models = Models(self._send_status)
        self._warming: int | None = None
        self._cuts = 0
        self.foreground = Lane(self._answer)
        self.background = Lane(self._answer, self.foreground.idle.wait)

    def watch(self, lane: Lane) -> NoReturn:
        """End the process when a lane stands still, in the calling thread."""
        watchdog.watch(lambda: lane.step, excused=self._models.loading)

    def handle(self, header: Header) -> None:
        """Take one message from the client."""
        if "cancel" in header:
            for lane in (self.foreground, self.background):
                lane.ask(lambda scheduler: scheduler.cancel(header["cancel"]))
        elif header.get("method") == "configure":
            params = header["params"]
            specs = {Art(art): spec for art, spec in params["models"].items()}
            self._models.configure(specs, params["threads"], params.get("successor", ""))
        else:
            self._start(header)

    def _start(self, header: Header) -> None:
        key = header.get("id")
        try:
            job = self._job(header["method"], header["params"])
            priority = Priority(header["priority"])
        except (KeyError, TypeError, ValueError) as error:
            self._fail(key, error)
            return
        if header["method"] in ("complete", "warm"):
            self._stop_warming()
            self._warming = key if header["method"] == "warm" else None
        self._lane(priority, header["params"].get("model", "")).ask(
            lambda scheduler: scheduler.submit(key, priority, job)
        )

    def _lane(self, priority: Priority, encoder: str) -> Lane:
        """Indexing goes on behind; the job that loads the encoder does not, however."""
        behind = priority is Priority.INDEXING and self._models.ready(Art.ENCODER, encoder)
        return self.background if behind else self.foreground

    def _stop_warming(self) -> None:
        """A guess at the next prompt is worth nothing once the next prompt is there."""
        key = self._warming

        def stop(scheduler: Scheduler) -> None:
            if key is not None and scheduler.cancel(key):
                self._send({"id": key, "result": None}, b"")

        self.foreground.ask(stop)

    def _answer(self, outcome: Partial | Done | Failed) -> None:
        match outcome:
            case Partial(key, value):
                self._send({"id": key, "partial": value}, b"")
            case Done(key, (result, payload)):
                self._send({"id": key, "result": result}, payload)
                self._tell_of_cuts()
            case Failed(key, error):
                self._fail(key, error)

    def _job(self, method: str, params: Header) -> Job:
        match method:
            case "embed":
                role = Role(params.get("role", Role.PASSAGE))
                return self._embed(params["texts"], role, params.get("model", ""))
            case "complete":
                how = CompletionOptions(**_tuples(params["options"], "stop", "drafts"))
                return self._complete(params["prompt"], params["suffix"], how)
            case "warm":
                return self._warm(params["prompt"])
            case "rewrite":
                options = RewriteOptions(**params["options"])
                job = self._rewrite(params["prefix"], params["texts"], options)
                return job if params["streamed"] else _silenced(job)
            case "prepare":
                return self._prepare(Art(params["art"]))
        raise ValueError(f"there is no method {method!r}")

    def _embed(self, texts: list[str], role: Role, spec: str) -> Job:
        model = yield from self._models.get(Art.ENCODER, spec)
        vectors = yield from model.embed(texts, role)
        if are_numbers(vectors):
            return wire.pack_vectors(vectors)
        refuse_nan((yield from model.embed([_PLAIN])), spec or self._models.name(Art.ENCODER))
        # One text that a model cannot take is no reason to lose the others.
        for place, text in enumerate(texts):
            [vector] = yield from model.embed([text], role)
            vectors[place] = vector if are_numbers(vector) else 0
        return wire.pack_vectors(vectors)

    def _complete(self, prompt: str, suffix: str, options: CompletionOptions) -> Job:
        model = yield from self._models.get(Art.DECODER)
        found = yield from model.complete(prompt, suffix, options)
        refuse_nan((each for one in found for each in one.logprobs), self._models.name(Art.DECODER))
        return wire.pack_completions(found), b""

    def _warm(self, prompt: str) -> Job:
        model = yield from self._models.get(Art.DECODER)
        yield from model.warm(prompt)
        return None, b""

    def _rewrite(self, prefix: str, texts: list[str], options: RewriteOptions) -> Job:
        model = yield from self._models.get(Art.REWRITER)
        answers = yield from model.rewrite(prefix, texts, options)
        refuse_nan((each.logprob for each in answers), self._models.name(Art.REWRITER))
        return wire.pack_answers(answers), b""

    def _prepare(self, art: Art) -> Job:
        yield from self._models.get(art)
        status = next(each for each in self._models.statuses() if each.art is art)
        return wire.pack_model(status), b""

    def _fail(self, key: object, error: Exception) -> None:
        traceback.print_exception(error)
        self._send({"id": key, "error": wire.pack_error(error)}, b"")

    def _tell_of_cuts(self) -> None:
        """A text that a model could not read to its end is reported, never passed over."""
        cuts = sum(each.truncated for each in self._models.statuses())
        if cuts > self._cuts:
            self._send_status()
        self._cuts = cuts

    def _send_status(self) -> None:
        models = [wire.pack_model(each) for each in self._models.statuses()]
        self._send({"event": "models", "models": models}, b"")


def run(source: BinaryIO, sink: BinaryIO) -> NoReturn:
    """Serve until the source ends, then leave at once whatever is under way."""
    one_at_a_time = threading.Lock()

    def send(header: Header, payload: bytes) -> None:
        frame = wire.pack(header, payload)
        with one_at_a_time:
            sink.write(frame)
            sink.flush()

    threading.excepthook = _die
    engine = Engine(send)
    send({"event": "hello", "pid": os.getpid()}, b"")
    threading.Thread(target=_read, args=(source, engine), daemon=True).start()
    threading.Thread(target=engine.foreground.run, daemon=True).start()
    lanes.lower_priority()
    for lane in (engine.foreground, engine.background):
        threading.Thread(target=engine.watch, args=(lane,), daemon=True).start()
    engine.background.run()


def _read(source: BinaryIO, engine: Engine) -> None:
    while (frame := wire.read(source)) is not None:
        engine.handle(frame[0])
    os._exit(0)


def _die(unexpected: threading.ExceptHookArgs) -> NoReturn:
    """An engine that has lost one of its threads is of no use: the client starts another."""
    if unexpected.exc_value is not None:
        traceback.print_exception(unexpected.exc_value)
    sys.stderr.flush()
    os._exit(3)


def _silenced(job: Job) -> Job:
    """The same steps with nothing to show, for a client that waits for the whole."""
    while True:
        try:
            next(job)
        except StopIteration as end:
            result: tuple[Any, bytes] = end.value
            return result
        yield None


def _tuples(options: Header, *names: str) -> Header:
    return {key: tuple(value) if key in names else value for key, value in options.items()}


def guarded_streams() -> tuple[BinaryIO, BinaryIO]:
    """The protocol's streams, moved to where a stray print or read cannot reach them."""
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")


def main() -> None:
    """Run as a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        # Should memory run out, Linux ends this process rather than the editor.
        Path("/proc/self/oom_score_adj").write_text("500")
    try:
        from trivium_models import offline
    except ImportError:
        pass
    else:
        offline.install()
    sealed.install()
    left_out.install()
    run(*guarded_streams())


if __name__ == "__main__":
    main()
