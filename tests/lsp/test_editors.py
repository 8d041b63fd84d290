"""Habits of single editors, each seen on the wire, that the server must get along with."""

import os
import subprocess
import sys

import pytest

from support.raw_client import RawClient

from .asking import CODE
from .conftest import FAKES, write

ALIKE = {f"{name}.py": f"def send_{name}(order):\n    return order\n" for name in "abc"}


@pytest.fixture
def client(tmp_path, own_cache):
    found = RawClient()
    folder = {"uri": write(tmp_path / "workspace", ALIKE).as_uri(), "name": "workspace"}
    found.initialize(workspaceFolders=[folder], initializationOptions=FAKES)
    yield found
    found.stop()


def ready(message):
    folders = (message.get("params") or {}).get("index")
    return bool(folders) and all(folder["state"] == "ready" for folder in folders)


def test_kate_sorts_symbols_by_their_score_alone(client):
    client.until(ready)
    found = client.request("workspace/symbol", {"query": "send"})["result"]
    scores = [each["score"] for each in found]
    assert len(scores) > 1
    assert scores == sorted(set(scores), reverse=True)


def test_vim_shows_the_errors_of_a_list_that_typing_made_stale(client):
    client.open("untitled:area.py", CODE)
    document = {"uri": "untitled:area.py", "version": 2}
    params = {"textDocument": document, "position": {"line": 4, "character": 16}}
    listed = client.start("textDocument/completion", params)
    typed = {"textDocument": document, "contentChanges": [{"text": CODE + "h"}]}
    client.notify("textDocument/didChange", typed)
    assert client.answer(listed)["result"] == {"isIncomplete": True, "items": []}


@pytest.mark.parametrize("answer", [[], [None]])
def test_eclipse_has_no_answer_about_settings_and_pushes_them(answer):
    client = RawClient()
    client.reply = lambda request: answer
    client.initialize({"workspace": {"configuration": True}}, initializationOptions=FAKES)
    settings = {"trivium": {**FAKES, "rewrite": {"targets": ["it"]}}}
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    client.open("untitled:one", "# One two.\n")
    at = {"line": 0, "character": 3}
    params = {"textDocument": {"uri": "untitled:one"}, "range": {"start": at, "end": at}}
    params["context"] = {"diagnostics": [], "only": ["refactor.rewrite.trivium.translate"]}
    found = client.request("textDocument/codeAction", params)["result"]
    assert {action["data"]["target"] for action in found} == {"it"}
    client.stop()


def test_an_editor_that_reads_no_more_ends_the_session():
    reading, writing = os.pipe()
    command = (sys.executable, "-m", "trivium_server", "serve")
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=writing)
    os.close(writing)
    os.close(reading)
    body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
    server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    server.stdin.flush()
    assert server.wait(timeout=60) == 1
    server.stdin.close()
