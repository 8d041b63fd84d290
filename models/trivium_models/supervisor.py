"""Keeps the engine process alive: starts it on need, notices its death, damps a crash loop.

Knows frames and processes, not what is asked of a model. A supervisor has at most one process;
each run's frames arrive at `on_frame`, and its end at `on_end` with a sentence that says why and
whether it was a crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from trivium_models import machine, wire
from trivium_models.errors import EngineFailed
from trivium_models.wire import Header

CRASHES = 3
"""So many unexpected ends within `CRASH_SECONDS` and the engine is left alone for as long."""
CRASH_SECONDS = 60.0
PATIENCE = 2.0
"""Seconds that a process gets to leave by itself when its input is closed."""

_NO_WINDOW: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""On Windows a process would otherwise open a console of its own."""

_log = logging.getLogger("trivium.engine")


class Supervisor:
    """One engine process at a time."""

    def __init__(
        self, on_frame: Callable[[Header, bytes], None], on_end: Callable[[str, bool], None]
    ) -> None:
        self._on_frame = on_frame
        self._on_end = on_end
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._stopping = False
        self._closed = False
        self._changing = asyncio.Lock()
        """Held while a process starts or stops, so that neither meets the other halfway."""
        self._crashes: deque[float] = deque(maxlen=CRASHES)

    @property
    def pid(self) -> int | None:
        """The running process's id."""
        return self._process.pid if self._process else None

    async def start(self, threads: int) -> bool:
        """Make sure that a process runs; true when it was started just now.

        `threads` is for a new process, 0 for what suits the machine.
        """
        async with self._changing:
            if self._closed:
                raise EngineFailed("The model engine was closed.")
            if self._process is not None:
                return False
            self._refuse_crash_loop()
            self._stopping = False
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *_command(),
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.PIPE,
                    env=environment(threads),
                    creationflags=_NO_WINDOW,
                )
            except OSError as error:
                raise EngineFailed(f"The model engine could not be started: {error}") from error
            self._watch = asyncio.create_task(self._follow(self._process))
            return True

    def send(self, header: Header) -> None:
        """Queue a frame; one for a process that has just died is lost, and `on_end` tells."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(wire.pack(header))

    async def stop(self) -> None:
        """End the process and give its memory back; returns when it is gone."""
        async with self._changing:
            process, watch = self._process, self._watch
            if process is None or watch is None or process.stdin is None:
                return
            self._stopping = True
            process.stdin.close()
            done, _ = await asyncio.wait([watch], timeout=PATIENCE)
            if not done:
                _kill(process)
                await asyncio.wait([watch], timeout=PATIENCE)

    async def close(self) -> None:
        """End the process and start none again."""
        self._closed = True
        await self.stop()

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        """Deliver frames until the process ends, then say why it did."""
        assert process.stdout is not None and process.stderr is not None
        last_words: deque[str] = deque(maxlen=20)
        errors = asyncio.create_task(_listen(process.stderr, last_words))
        try:
            while (frame := await wire.receive(process.stdout)) is not None:
                self._on_frame(*frame)
        except wire.BrokenFrame as error:
            last_words.append(f"it broke the protocol: {error}")
            _kill(process)
        code = await process.wait()
        await asyncio.wait([errors], timeout=PATIENCE)
        self._process = None
        if self._stopping:
            self._on_end("The model engine was stopped.", False)
            return
        self._crashes.append(time.monotonic())
        self._on_end(_obituary(code, last_words), True)

    def _refuse_crash_loop(self) -> None:
        if len(self._crashes) < CRASHES:
            return
        now = time.monotonic()
        rest = self._crashes[-1] + CRASH_SECONDS - now
        if self._crashes[-1] - self._crashes[0] < CRASH_SECONDS and rest > 0:
            raise EngineFailed(
                f"The model engine died {CRASHES} times within a minute; "
                f"it will be started again in {rest:.0f} s at the earliest."
            )


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()


async def _listen(stream: asyncio.StreamReader, last_words: deque[str]) -> None:
    """Log what the engine writes to standard error and keep its end."""
    rest = b""
    while chunk := await stream.read(65536):
        *lines, rest = (rest + chunk)[-1_000_000:].split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip()
            if text:
                last_words.append(text)
                _log.info("%s", text)


def _obituary(code: int, last_words: deque[str]) -> str:
    cause = f"was killed by signal {-code}" if code < 0 else f"ended with status {code}"
    said = f" Its last words: {' | '.join(list(last_words)[-3:])}" if last_words else ""
    return f"The model engine {cause}.{said}"


def _command() -> list[str]:
    # -P keeps the current folder, which is the user's workspace, out of the import path.
    return [sys.executable, "-P", "-X", "utf8", "-m", "trivium_models.engine"]


def environment(threads: int) -> dict[str, str]:
    """An engine's environment: waiting threads sleep, libraries stay offline, the rest as it was.

    OpenMP workers that spin while they wait slowed torch down up to twenty times on a machine
    whose cores were busy with something else.
    """
    packages = str(Path(__file__).parent.parent)
    path = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": packages if not path else os.pathsep.join((packages, path)),
        "OMP_NUM_THREADS": str(threads or machine.threads()),
        "OMP_WAIT_POLICY": "PASSIVE",
        "GOMP_SPINCOUNT": "0",
        "KMP_BLOCKTIME": "0",
        # A kernel takes a megabyte, and texts of every length ask for kernels of their own.
        "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "64",
        # MKL else keeps its buffers, 60 MB where float32 is computed in; products are no slower.
        "MKL_DISABLE_FAST_MM": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "DO_NOT_TRACK": "1",
        "TOKENIZERS_PARALLELISM": "false",
        # Each heap keeps holes of its own; tensors are few and large, so nobody waits for the one.
        "MALLOC_ARENA_MAX": "1",
        # What a layer frees, the next one takes: giving it back between them costs a thousand page
        # faults for a chunk of code. `memory.trim` gives it back when the work is done.
        "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
        "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
        "TRANSFORMERS_VERBOSITY": "error",
    }
