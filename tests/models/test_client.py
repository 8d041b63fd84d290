"""The client and the real engine process, with the fake models."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import psutil
import pytest

from trivium_models import supervisor
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.errors import EngineFailed, ModelMissing
from trivium_models.types import Art, CompletionOptions, EngineStatus, Priority

FAKE = EngineConfig("fake", "fake", "fake")
SLOW = EngineConfig("fake:5", "fake:5", "fake:5")
LONG = ["one two three four five six seven eight nine ten"] * 1000
IMPATIENT = """
from trivium_models import engine, watchdog
watchdog.LOOKS, watchdog.SECONDS = 5, 0.05
engine.main()
"""
GERMAN = "translate English to German: "


async def texts(client, *asked):
    return [answer.text for answer in await client.rewrite(*asked)]


class Watcher:
    """Every status that the client reported, and a way to wait for one."""

    def __init__(self):
        self.seen: list[EngineStatus] = []
        self._changed = asyncio.Event()

    def __call__(self, status):
        self.seen.append(status)
        self._changed.set()

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not (self.seen and condition(self.seen[-1])):
                self._changed.clear()
                await self._changed.wait()
        return self.seen[-1]


@pytest.fixture
async def watcher():
    return Watcher()


@pytest.fixture
async def client(watcher):
    client = EngineClient(FAKE, watcher)
    yield client
    await client.close()


@pytest.fixture
async def slow(watcher):
    client = EngineClient(SLOW, watcher)
    yield client
    await client.close()


async def test_all_three_arts_answer_from_one_process(client):
    vectors = await client.embed(["read a file", "readFile", "the moon"], priority=Priority.QUERY)
    pid = client.status().pid
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    [completion] = await client.complete("for item in items:\n    use(item)\nfor item")
    assert completion.text == " in items:" and completion.finish == "stop"
    assert await texts(client, "summarize: ", ["First. Second."]) == ["First."]
    assert await texts(client, GERMAN, ["A", "B"]) == ["[de] A", "[de] B"]
    assert client.status().pid == pid


async def test_nothing_runs_before_the_first_need(client):
    assert client.status().state == "off" and client.status().pid is None
    assert [model.state for model in client.status().models] == ["off"] * 3


async def test_the_state_is_told_as_it_changes(client, watcher):
    await client.rewrite("summarize: ", ["x"])
    await watcher.until(lambda status: status.state == "ready")
    states = list(dict.fromkeys(status.state for status in watcher.seen))
    assert states == ["starting", "busy", "ready"]
    assert client.status().resident_bytes is None or client.status().resident_bytes > 1_000_000


async def test_answers_are_streamed_as_they_grow(client):
    parts = []
    await client.rewrite("", ["a b", "c"], on_text=lambda index, text: parts.append((index, text)))
    assert parts == [(0, "a"), (0, "a b"), (1, "c")]


async def test_a_caller_that_fails_at_what_it_is_shown_fails_alone(client):
    def fail(index, text):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await client.rewrite("", ["a b"], on_text=fail)
    assert await texts(client, "", ["a b"]) == ["a b"]


async def test_a_listener_that_fails_disturbs_nothing():
    def fail(status):
        raise ZeroDivisionError

    client = EngineClient(FAKE, fail)
    assert await texts(client, "", ["a b"]) == ["a b"]
    await client.close()


async def test_texts_that_are_too_long_are_counted_and_told_of_once(client, watcher, caplog):
    caplog.set_level("INFO", "trivium.engine")
    for count in (1, 2, 3):
        await client.embed(["word " * 300, "word"], priority=Priority.QUERY)
        status = await watcher.until(lambda s, count=count: s.models[0].truncated == count)
    assert status.models[0].context == 256
    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("INFO", "fake reads 256 tokens at once; longer texts are cut.")
    ]


async def test_no_texts_are_no_trouble(client):
    assert (await client.embed([], priority=Priority.QUERY)).shape[0] == 0
    assert await texts(client, GERMAN, []) == []


@pytest.mark.parametrize("text", ["", "\x00", "\ud83d", "🎉" * 9, "x" * 5_000_000])
async def test_odd_texts_are_answered(client, text):
    assert (await client.embed([text], priority=Priority.QUERY)).shape[0] == 1
    assert len(await texts(client, "summarize: ", [text])) == 1
    assert await client.complete(text[:1000], CompletionOptions(max_tokens=2))


async def test_prepare_loads_a_model(client):
    status = await client.prepare(Art.DECODER)
    assert (status.id, status.art, status.state) == ("fake", Art.DECODER, "ready")


async def test_a_keystroke_overtakes_work_under_way(slow):
    indexing = asyncio.create_task(slow.embed(LONG, priority=Priority.INDEXING))
    await slow.complete("a", CompletionOptions(max_tokens=1))
    assert not indexing.done()
    indexing.cancel()


async def test_cancelling_drops_the_job_in_the_engine(slow, watcher):
    started = asyncio.Event()
    task = asyncio.create_task(
        slow.rewrite("", LONG, on_text=lambda *_: started.set(), priority=Priority.TYPING)
    )
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # Were the job still there, this would wait for its ten thousand steps of 5 ms.
    async with asyncio.timeout(5):
        assert await texts(slow, GERMAN, ["x"]) == ["[de] x"]


async def test_warming_is_dropped_by_a_completion(slow):
    await asyncio.wait_for(asyncio.gather(slow.warm("a b c"), slow.complete("a b c d")), 5)


async def test_a_missing_model_is_a_sentence_that_says_what_to_do(watcher, tmp_path, monkeypatch):
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path))
    client = EngineClient(EngineConfig(encoder="all-MiniLM-L6-v2", decoder="fake"), watcher)
    with pytest.raises(ModelMissing, match="trivium models pull"):
        await client.embed(["x"], priority=Priority.QUERY)
    status = await watcher.until(lambda status: status.models[0].state == "error")
    assert "trivium models pull" in status.models[0].message
    assert await client.complete("x")
    await client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
class TestDeath:
    async def test_a_request_survives_one_death_of_the_engine(self, slow):
        started = asyncio.Event()
        texts = LONG[:20]
        task = asyncio.create_task(slow.rewrite("", texts, on_text=lambda *_: started.set()))
        await started.wait()
        first = slow.status().pid
        os.kill(first, signal.SIGKILL)
        assert [answer.text for answer in await task] == texts
        assert slow.status().pid not in (None, first)

    async def test_a_request_that_kills_twice_fails_with_the_last_words_and_the_next_works(
        self, slow, watcher
    ):
        task = asyncio.create_task(slow.embed(LONG, priority=Priority.INDEXING))
        for _ in range(2):
            await watcher.until(lambda status: status.models[0].state == "ready")
            watcher.seen.clear()
            os.kill(slow.status().pid, signal.SIGKILL)
        with pytest.raises(EngineFailed, match="killed by signal 9"):
            await task
        assert await texts(slow, GERMAN, ["x"]) == ["[de] x"]

    async def test_a_crash_loop_is_damped_with_a_clear_sentence(self, client, monkeypatch):
        monkeypatch.setattr(supervisor, "_command", lambda: [sys.executable, "-c", "1/0"])
        with pytest.raises(EngineFailed, match="ZeroDivisionError"):
            await client.complete("x")
        with pytest.raises(EngineFailed, match="3 times within a minute"):
            await client.complete("x")
        assert client.status().state == "error" and "3 times" in client.status().message

    async def test_an_engine_that_talks_nonsense_is_replaced(self, client, monkeypatch):
        nonsense = "print('hello' * 99, flush=True); input()"
        monkeypatch.setattr(supervisor, "_command", lambda: [sys.executable, "-c", nonsense])
        with pytest.raises(EngineFailed, match="broke the protocol"):
            await client.complete("x")

    async def test_an_engine_that_cannot_start_is_a_clear_error(self, client, monkeypatch):
        monkeypatch.setattr(supervisor, "_command", lambda: ["/no/such/python"])
        with pytest.raises(EngineFailed, match="could not be started"):
            await client.complete("x")

    async def test_an_engine_that_stands_still_is_replaced_and_asked_once_more(
        self, watcher, monkeypatch
    ):
        monkeypatch.setattr(supervisor, "_command", lambda: [sys.executable, "-c", IMPATIENT])
        client = EngineClient(EngineConfig("fake", "fake:1e9", "fake"), watcher)
        with pytest.raises(EngineFailed, match=r"status 4.*One step took more than"):
            await client.complete("a step of this model lasts eleven days")
        assert sum(status.state == "starting" for status in watcher.seen) == 2
        assert await texts(client, GERMAN, ["x"]) == ["[de] x"]
        await client.close()

    async def test_a_stuck_engine_does_not_hold_up_closing(self, slow, monkeypatch):
        monkeypatch.setattr(supervisor, "PATIENCE", 0.2)
        await slow.complete("x")
        os.kill(slow.status().pid, signal.SIGSTOP)
        task = asyncio.create_task(slow.complete("x"))
        await asyncio.sleep(0)
        await asyncio.wait_for(slow.close(), 5)
        with pytest.raises(EngineFailed, match="closed"):
            await task


async def test_an_idle_engine_gives_its_memory_back_and_returns_on_need(watcher):
    client = EngineClient(EngineConfig("fake", "fake", "fake", idle_seconds=0.05), watcher)
    await client.rewrite(GERMAN, ["x"])
    pid = client.status().pid
    await watcher.until(lambda status: status.state == "off")
    assert not _exists(pid) and client.status().pid is None
    assert await texts(client, GERMAN, ["x"]) == ["[de] x"]
    await client.close()


async def test_new_settings_drop_only_what_they_change(client, watcher):
    for art in Art:
        await client.prepare(art)
    pid = client.status().pid
    await client.configure(EngineConfig("fake", "fake:1", "fake"))
    status = await watcher.until(lambda status: status.models[1].id == "fake:1")
    assert [model.state for model in status.models] == ["ready", "off", "ready"]
    assert status.pid == pid


async def test_settings_are_followed_while_the_engine_is_off(client, watcher):
    await client.configure(EngineConfig("fake", "fake", "fake:1"))
    assert client.status().models[2].id == "fake:1"
    await client.rewrite(GERMAN, ["x"])
    assert client.status().models[2].id == "fake:1"


async def test_closing_ends_the_process_and_its_requests(slow):
    task = asyncio.create_task(slow.embed(LONG, priority=Priority.INDEXING))
    await slow.complete("x")
    pid = slow.status().pid
    await slow.close()
    with pytest.raises(EngineFailed, match="closed"):
        await task
    with pytest.raises(EngineFailed, match="closed"):
        await slow.complete("x")
    assert not _exists(pid)


async def test_closing_what_never_started_or_twice_is_fine(client):
    await client.close()
    await client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_engine_dies_with_its_client():
    """A server that is killed cannot say goodbye: the end of its pipe has to be enough."""
    script = """
        import asyncio, os, signal
        from trivium_models.client import EngineClient, EngineConfig
        async def main():
            client = EngineClient(EngineConfig("fake", "fake:20", "fake"))
            await client.complete("x")
            print(client.status().pid, flush=True)
            asyncio.create_task(client.complete("x " * 9))
            await asyncio.sleep(0.05)
            os.kill(os.getpid(), signal.SIGKILL)
        asyncio.run(main())
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(int(done.stdout)).wait(timeout=20)


def _exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
