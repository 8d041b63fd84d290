"""A user who may not write the cache, or not read all of the workspace: the rest works.

Root may do everything, so its tests run the server without the capabilities that let it.
"""

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
    temporary.mkdir()
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
