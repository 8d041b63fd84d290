"""The engine process as its client sees it: frames in, frames out, whatever happens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trivium_models import lanes, supervisor, wire
from trivium_models.client import EngineConfig
from trivium_models.types import Priority


@pytest.fixture
def engine():
    """The process itself, with fakes, one that takes its time to embed."""
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "trivium_models.engine"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=supervisor.environment(1),
    ) as process:
        send(process, EngineConfig("fake:10", "fake", "fake").message())
        yield process
        process.kill()


def send(process, header):
    process.stdin.write(wire.pack(header))
    process.stdin.flush()


def answer(process, key):
    """The frame that ends a request."""
    while True:
        header, _ = wire.read(process.stdout)
        if header.get("id") == key and "partial" not in header:
            return header


def request(key, method, params, priority=Priority.ACTION):
    return {"id": key, "method": method, "priority": int(priority), "params": params}


def summary(key):
    return request(
        key,
        "rewrite",
        {"prefix": "summarize: ", "texts": ["A. B."], "options": {}, "streamed": True},
    )


@pytest.mark.parametrize(
    "header",
    [
        {"id": 1},
        {"id": 1, "method": "fly", "params": {}, "priority": 0},
        {"id": 1, "method": "embed", "params": {}, "priority": 0},
        {"id": 1, "method": "embed", "params": {"texts": ["x"]}, "priority": 9},
        {"id": 1, "method": "complete", "params": {"options": {"colour": "red"}}, "priority": 0},
        {"id": 1, "method": "embed", "params": {"texts": [None]}, "priority": 0},
    ],
)
def test_a_request_that_makes_no_sense_gets_an_error_and_the_next_an_answer(engine, header):
    send(engine, header)
    error = answer(engine, 1)["error"]
    assert error["kind"] == "EngineFailed" and error["message"]
    send(engine, summary(2))
    assert answer(engine, 2)["result"][0]["text"] == "A."


def test_noise_on_its_input_ends_it_with_a_sentence(engine):
    engine.stdin.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    engine.stdin.flush()
    assert engine.wait(timeout=20) == 3
    assert b"BrokenFrame" in engine.stderr.read()


def test_it_ends_at_once_when_its_input_does_whatever_is_under_way(engine):
    texts = ["word"] * 10_000
    send(engine, request(1, "embed", {"texts": texts}, Priority.INDEXING))
    engine.stdin.close()
    assert engine.wait(timeout=20) == 0


def test_what_a_library_prints_does_not_reach_the_protocol():
    script = "from trivium_models import engine; s, k = engine.guarded_streams(); print('hello')"
    command = [sys.executable, "-c", script + "; import os; os.system('echo there'); k.write(b'x')"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stdout == b"x"
    assert sorted(done.stderr.split()) == [b"hello", b"there"]


@pytest.mark.skipif(not Path("/proc/sys/kernel/seccomp").exists(), reason="needs seccomp")
def test_the_kernel_refuses_it_sockets_to_elsewhere(engine):
    send(engine, request(1, "prepare", {"art": "encoder"}))
    answer(engine, 1)
    assert "\nSeccomp:\t2\n" in Path(f"/proc/{engine.pid}/status").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux")
def test_indexing_runs_at_a_low_priority_and_nothing_else_does(engine):
    send(engine, request(1, "prepare", {"art": "encoder"}))
    answer(engine, 1)
    send(engine, request(2, "embed", {"texts": ["word"]}, Priority.INDEXING))
    answer(engine, 2)
    send(engine, summary(3))
    answer(engine, 3)
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness(engine.pid)[engine.pid] == min(ours + lanes.NICENESS, 19)
    assert min(niceness(engine.pid).values()) == ours


def niceness(pid):
    """The nice value of each thread."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    # The fields after the name, which ends at the last parenthesis; nice is the 19th of all.
    return {
        int(each.name): int((each / "stat").read_text().rpartition(")")[2].split()[16])
        for each in threads
    }


@pytest.mark.parametrize("priority", [Priority.ACTION, Priority.INDEXING])
def test_a_cancelled_job_is_gone_in_either_lane(engine, priority):
    send(engine, request(1, "prepare", {"art": "encoder"}))
    answer(engine, 1)
    send(engine, request(2, "embed", {"texts": ["word"] * 100_000}, priority))
    send(engine, {"cancel": 2})
    # Were it still there, this would be answered after a quarter of an hour.
    send(engine, request(3, "embed", {"texts": ["word"]}, priority))
    assert answer(engine, 3)["result"] == [1, 256]
