"""A user who may not write the cache, or not read all of the workspace: the rest works.

Root may do everything, so its tests run the server without the capabilities that let it.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from support.raw_client import RawClient

FAKES = {"models": {"encoder": "fake", "decoder": "fake", "rewriter": "fake"}}
PLAIN = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
SERVE = (sys.executable, "-m", "trivium_server", "serve", "--stdio")


@pytest.fixture(scope="module")
def someone():
    """What is put before a command so that permissions count."""
    if sys.platform == "win32":
        pytest.skip("permissions are others on Windows")
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root needs setpriv to give up its rights")
    trial = subprocess.run([*PLAIN, "true"], capture_output=True)
    if trial.returncode:
        pytest.skip("root may not give up its rights: " + trial.stderr.decode())
    return PLAIN


@pytest.fixture
def place(tmp_path):
    """A folder that can be deleted afterwards, whatever the test forbade."""
    yield tmp_path
    for path in tmp_path.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)


def served(someone, place, cache):
    root = place / "work"
    root.mkdir(exist_ok=True)
    for name in ("mail", "cart"):
        (root / f"{name}.py").write_text(f"def send_{name}(to):\n    return to\n")
    temporary = place / "temporary"
    temporary.mkdir(exist_ok=True)
    kept = {"TRIVIUM_CACHE": str(cache), "TMPDIR": str(temporary), "HOME": str(temporary)}
    client = RawClient(*someone, *SERVE, env={**os.environ, **kept})
    folders = [{"uri": root.as_uri(), "name": "work"}]
    client.initialize(workspaceFolders=folders, initializationOptions=FAKES)
    return client


def complete(client):
    """The search's answer once everything is indexed."""
    while not (found := client.request("trivium/search", {"query": "send mail"}))["result"][
        "complete"
    ]:
        client.until(lambda m: m.get("method") == "trivium/statusChanged")
    return found["result"]["hits"]


def state(client):
    (found,) = client.request("trivium/status")["result"]["index"]
    return found


@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_cache_that_may_not_be_written_costs_no_search(someone, place, mode):
    (place / "cache").mkdir()
    (place / "cache").chmod(mode)
    client = served(someone, place, place / "cache")
    assert complete(client)[0]["symbol"] == "send_mail"
    found = state(client)
    assert found["state"] == "ready"
    assert "permission denied" in found["message"]
    assert client.stop() == 0
    assert list((place / "temporary").glob("trivium-index-*")) == []


def test_what_a_killed_session_left_goes_with_the_next_one(someone, place):
    (place / "cache").mkdir()
    (place / "cache").chmod(0o555)
    client = served(someone, place, place / "cache")
    complete(client)
    client.kill()
    (left,) = (place / "temporary").glob("trivium-index-*")
    client = served(someone, place, place / "cache")
    complete(client)
    (own,) = (place / "temporary").glob("trivium-index-*")
    assert own != left
    assert client.stop() == 0


@pytest.mark.parametrize("pattern", ["vectors.sqlite", "work-*.sqlite"])
def test_an_index_of_another_user_is_left_alone(someone, place, pattern):
    cache = place / "cache"
    cache.mkdir()
    client = served(someone, place, cache)
    complete(client)
    assert "message" not in state(client)
    assert client.stop() == 0
    (theirs,) = (cache / "index").glob(pattern)
    theirs.chmod(0o444)
    shutil.rmtree(place / "temporary")
    client = served(someone, place, cache)
    assert complete(client)[0]["symbol"] == "send_mail"
    assert theirs.name in state(client)["message"]
    assert client.stop() == 0


def forbid(root):
    """What a user may not read, between what they may."""
    (root / "closed").mkdir()
    (root / "closed" / "inside.py").write_text("def send_inside(to): ...\n")
    (root / "secret.py").write_text("def send_secret(to): ...\n")
    (root / ".gitignore").write_text("ignored.py\n")
    (root / "binary.py").write_bytes(bytes(64))
    for name in ("closed", "secret.py", ".gitignore"):
        (root / name).chmod(0)


def test_what_may_not_be_read_is_counted_and_the_rest_is_found(someone, place):
    (place / "work").mkdir()
    forbid(place / "work")
    client = served(someone, place, place / "cache")
    assert complete(client)[0]["symbol"] == "send_mail"
    found = state(client)
    assert (found["state"], found["files"]) == ("ready", 2)
    assert found["leftOut"] == {"permission denied": 3, "binary": 1}

    secret = place / "work" / "secret.py"
    secret.chmod(0o644)
    inside = place / "work" / "closed" / "inside.py"
    changes = [{"uri": each.as_uri(), "type": 2} for each in (secret, inside)]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    while "send_secret" not in {hit["symbol"] for hit in complete(client)}:
        client.until(lambda m: m.get("method") == "trivium/statusChanged")
    assert state(client)["leftOut"] == {"permission denied": 2, "binary": 1}
    answer = client.request("trivium/similar", {**at(inside), "limit": 3})
    assert answer["error"]["message"].endswith("cannot be read from disk.")
    client.open(inside.as_uri(), "def send_inside(to): ...\n")
    assert "send_mail" in {hit["symbol"] for hit in complete(client)}
    assert client.stop() == 0


def at(path):
    first = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    return {"textDocument": {"uri": path.as_uri()}, "range": first}


@pytest.mark.parametrize("closed", ["work", "."])
def test_a_folder_that_may_not_be_opened_is_said_and_nothing_hangs(someone, place, closed):
    root = place / "outer" / "work"
    root.mkdir(parents=True)
    (place / "cache").mkdir()
    forbidden = place / "outer" / closed
    forbidden.chmod(0)
    kept = {**os.environ, "TRIVIUM_CACHE": str(place / "cache")}
    client = RawClient(*someone, *SERVE, env=kept)
    folders = [{"uri": root.as_uri(), "name": "work"}]
    client.initialize(workspaceFolders=folders, initializationOptions=FAKES)
    assert client.request("trivium/search", {"query": "send"})["result"]["hits"] == []
    index = client.request("trivium/status")["result"]["index"]
    while index and index[0]["state"] != "error":
        client.until(lambda m: m.get("method") == "trivium/statusChanged")
        index = client.request("trivium/status")["result"]["index"]
    assert [each["message"] for each in index] == (
        [f"The folder {root} cannot be opened: permission denied."] if closed == "work" else []
    )
    assert client.stop() == 0


def test_the_index_command_says_what_it_left_out(someone, place):
    root = place / "work"
    root.mkdir()
    forbid(root)
    (root / "mail.py").write_text("def send_mail(to): ...\n")
    settings = place / "settings.json"
    settings.write_text(json.dumps(FAKES))
    command = (*SERVE[:-2], "index", str(root), "--settings", str(settings))
    env = {**os.environ, "TRIVIUM_CACHE": str(place / "cache")}
    done = subprocess.run([*someone, *command], capture_output=True, env=env, timeout=120)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "1 files" in done.stdout.decode()
    assert "4 left out (3 × permission denied, 1 × binary)" in done.stdout.decode()


def test_models_that_may_not_be_looked_for_are_said_and_words_answer(someone, place):
    root, cache = place / "work", place / "cache"
    root.mkdir()
    (root / "mail.py").write_text("def send_mail(to): ...\n")
    cache.mkdir(mode=0)

    def trivium(*arguments):
        env = {**os.environ, "TRIVIUM_CACHE": str(cache)}
        command = [*someone, *SERVE[:-2], *arguments]
        return subprocess.run(command, capture_output=True, env=env, timeout=120)

    done = trivium("search", "mail", "--root", str(root), "--json")
    assert json.loads(done.stdout)[0]["symbol"] == "send_mail"
    assert b"all-MiniLM-L6-v2 cannot be looked for" in done.stderr
    states = {
        each["name"]: each["state"] for each in json.loads(trivium("models", "--json").stdout)
    }
    assert states["trivium-t5"] == "ready"
    assert states["all-MiniLM-L6-v2"] != "ready"
