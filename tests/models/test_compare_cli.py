"""`trivium models compare` on a small repository, with the fake models and sound refusals."""

import json
import signal
import subprocess
import sys
from functools import partial

import psutil
import pytest

from trivium_server.cli import main

from .checkpoints import write_checkpoint

SOURCE = '''def read_lines(path):
    """Read the lines of a file."""
    with open(path) as file:
        return file.readlines()


def send_mail(address, text):
    """Send a text to an address."""
    message = make_message(address, text)
    return deliver(message)
'''


def git(root, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "mail.py").write_text(SOURCE)
    return folder


@pytest.fixture
def repository(root):
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "-m", "Read the lines and send mail")
    return root


@pytest.fixture
def say(capsys):
    def run(*words):
        status = main(["models", "compare", *map(str, words)])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.mark.parametrize(
    ("art", "quality", "latency"),
    [
        ("encoder", {"MRR of docstrings", "MRR of commits"}, {"a question", "a passage"}),
        ("decoder", {"exact lines", "bits per character"}, {"a line"}),
        ("rewriter", {"chrF of summaries"}, {"a summary"}),
    ],
)
def test_both_models_are_measured_on_the_users_own_code(say, repository, art, quality, latency):
    words = ("fake", "fake:1", "--root", repository, "--art", art)
    status, out, err = say(*words, "--json")
    found = json.loads(out)
    assert (status, err, found["art"], found["missing"]) == (0, "", art, [])
    assert [each["model"] for each in found["models"]] == ["fake", "fake:1"]
    for each in found["models"]:
        assert set(each["quality"]) == quality and set(each["latency"]) == latency
        assert all(value > 0 for value in each["latency"].values())
        assert each["context"] == 256
    status, out, _ = say(*words)
    assert status == 0 and all(name in out for name in (*quality, "fake:1", "weights, MB"))


def test_the_nearest_is_found(say, repository):
    words = ("fake", "fake", "--root", repository, "--art", "encoder", "--json")
    for each in json.loads(say(*words)[1])["models"]:
        assert each["quality"] == {"MRR of docstrings": 1, "MRR of commits": 1}


def test_without_a_history_it_works_and_says_what_is_missing(say, root):
    status, out, err = say("fake", "fake", "--root", root, "--art", "decoder", "--json")
    found = json.loads(out)
    assert status == 0 and "no git history" in err
    assert found["missing"] and "exact lines" in found["models"][0]["quality"]


def test_a_folder_with_nothing_to_ask_is_said(say, tmp_path):
    status, out, err = say("fake", "fake", "--root", tmp_path, "--art", "rewriter")
    assert status == 0 and "No definition" in err and "chrF" not in out


def test_models_of_two_arts_are_refused(say, tmp_path):
    bert, llama = (write_checkpoint(tmp_path / kind, kind) for kind in ("bert", "llama"))
    status, _, err = say(bert, llama)
    assert status == 1 and "encoder-only" in err and "decoder-only" in err
    assert say(bert, tmp_path / "nowhere")[0] == 1
    assert say("fake", "fake", "--root", tmp_path / "nowhere", "--art", "encoder")[0] == 1


def is_engine(process):
    try:
        return "trivium_models.engine" in process.cmdline()
    except psutil.Error:  # git, which has ended meanwhile
        return False


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT for a child there")
def test_ctrl_c_ends_it_and_its_engine(repository):
    command = [sys.executable, "-m", "trivium_server", "models", "compare", "--art", "encoder"]
    slow = psutil.Popen(
        [*command, "fake:60000", "fake", "--root", str(repository)],
        # Tests that run in a shell's background are told to ignore it, and so would this.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    while not (engines := [each for each in slow.children() if is_engine(each)]):
        assert slow.poll() is None
    slow.send_signal(signal.SIGINT)
    assert slow.wait(30) == 130
    assert not psutil.wait_procs(engines, 10)[1]
