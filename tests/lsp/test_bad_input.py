"""What nobody should send or keep on disk: a clear answer or a clear error, nothing hangs."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from support.damage import overwrite
from support.raw_client import RawClient

from .conftest import FAKES, FILES, write

LONG_LINE = "x = [" + "1, " * 350_000 + "]\n"


def session(*roots, options=FAKES) -> RawClient:
    client = RawClient()
    folders = [{"uri": root.as_uri(), "name": root.name} for root in roots]
    client.initialize(workspaceFolders=folders, initializationOptions=options)
    return client


def search(client, query, **more):
    return client.request("trivium/search", {"query": query, **more})["result"]


def complete(client):
    """Wait for the index; the last answer."""
    while not (found := search(client, "receipt"))["complete"]:
        client.until(lambda m: m.get("method") == "trivium/statusChanged")
    return found


@pytest.fixture
def strange(tmp_path):
    """A workspace with everything in it that an indexer has stumbled over."""
    root = write(tmp_path / "strange", {**FILES, "long.py": LONG_LINE, "empty.py": ""})
    (root / "latin1.py").write_bytes("def größe():\n    return 'é'\n".encode("latin-1"))
    (root / "binary.py").write_bytes(bytes(range(256)) * 64)
    with (root / "huge.py").open("wb") as file:
        file.truncate(200_000_000)
    (root / "secret.py").write_text("password = 1\n")
    (root / "secret.py").chmod(0)
    os.mkfifo(root / "pipe.py")
    (root / "loop").symlink_to(root)
    (root / "gone.py").symlink_to(root / "nowhere.py")
    (root / "no\nnewline \U0001f600.py").write_text("def emoji_name(): ...\n")
    return root


def test_a_strange_workspace_is_indexed_to_the_end(strange):
    client = session(strange)
    found = complete(client)
    assert found["hits"][0]["uri"].endswith("mail.py")
    assert search(client, "größe")["complete"]
    assert search(client, "emoji_name")["hits"][0]["symbol"] == "emoji_name"
    assert client.stop() == 0


@pytest.mark.parametrize("end", ["stdin", "SIGTERM", "SIGKILL"])
def test_an_editor_that_goes_while_indexing_leaves_no_process(tmp_path, end):
    files = {f"m{n}.py": f"def function_{n}():\n    return {n}\n" for n in range(500)}
    slow = {"models": {**FAKES["models"], "encoder": "fake:2000"}}
    client = session(write(tmp_path / "many", files), options=slow)
    client.until(lambda m: engine_of(m) and index_of(m)[0]["totalFiles"], timeout=60)
    status = client.request("trivium/status")["result"]
    assert status["index"][0]["state"] == "busy"
    engine = psutil.Process(status["engine"]["pid"])
    if end == "stdin":
        client.process.stdin.close()
    else:
        client.process.send_signal(getattr(signal, end))
    client.process.wait(timeout=60)
    gone(engine)
    client.kill()


def test_a_server_ends_with_its_editor_though_its_pipes_are_held_open():
    editor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    client = RawClient()
    client.initialize(processId=editor.pid, initializationOptions=FAKES)
    assert "result" in client.request("trivium/status")
    editor.stdin.close()
    assert client.process.wait(timeout=60) == 1
    editor.wait()
    client.kill()


@pytest.mark.parametrize("editor", [None, 0, -1, 2**31 - 1])
def test_an_editor_that_is_not_seen_from_here_ends_nothing(editor):
    client = RawClient()
    client.initialize(processId=editor, initializationOptions=FAKES)
    assert "result" in client.request("trivium/status")
    assert client.stop() == 0


def engine_of(message):
    """The engine's process id, once a change of the status tells it."""
    return message.get("method") == "trivium/statusChanged" and message["params"]["engine"].get(
        "pid"
    )


def index_of(message):
    return message["params"]["index"]


def gone(process):
    """Wait for an orphan's end; where nobody reaps it, a zombie is one."""
    try:
        process.wait(timeout=30)
    except psutil.TimeoutExpired:
        assert process.status() == psutil.STATUS_ZOMBIE


def test_an_empty_workspace_is_complete_and_finds_nothing(tmp_path):
    client = session(tmp_path)
    found = complete(client)
    assert (found["hits"], found["totalFiles"]) == ([], 0)
    assert client.stop() == 0


def test_a_bad_page_in_the_vectors_leaves_every_request_its_answer(tmp_path, own_cache):
    root = write(tmp_path / "w", FILES)
    client = session(root)
    complete(client)
    assert client.stop() == 0
    overwrite(own_cache / "index" / "vectors.sqlite", "complete")
    client = session(root)
    assert complete(client)["hits"]
    uri = (root / "shop" / "cart.py").as_uri()
    client.open(uri, FILES["shop/cart.py"])
    place = {"textDocument": {"uri": uri}, "position": {"line": 4, "character": 0}}
    ghost = {**place, "context": {"triggerKind": 1}}
    assert "result" in client.request("textDocument/inlineCompletion", ghost)
    assert client.stop() == 0


def test_a_folder_that_does_not_exist_is_left_out(tmp_path):
    client = session(tmp_path / "nowhere")
    assert search(client, "anything")["hits"] == []
    assert client.request("trivium/status")["result"]["index"] == []
    assert client.stop() == 0


@pytest.mark.parametrize(
    "query",
    ["", " ", "\0", "😀" * 50, "a" * 100_000, "word " * 20_000, '"' * 999, "path: lang:", "-"],
)
def test_any_query_is_answered(tmp_path, query):
    client = session(write(tmp_path / "w", FILES))
    complete(client)
    assert isinstance(search(client, query)["hits"], list)
    assert search(client, "send receipt")["hits"]
    client.kill()


def at(uri, line, character):
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}


@pytest.mark.parametrize("text", ["", LONG_LINE, "\ufeff", "\r\r\r", "😀", "\ud83d", "a\x00b"])
@pytest.mark.parametrize("place", [(0, 0), (0, 1), (0, 999_999), (7, 3)])
def test_completion_answers_anywhere(shared, text, place):
    uri = "untitled:odd.py"
    shared.open(uri, text)
    answer = shared.request(
        "textDocument/inlineCompletion", {**at(uri, *place), "context": {"triggerKind": 1}}
    )
    assert "result" in answer
    shared.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


@pytest.mark.parametrize("text", ["", LONG_LINE, "\0" * 300, "😀 " * 400, "# " + "שלום " * 50])
def test_actions_and_rewriting_answer_for_any_text(shared, text):
    uri = "untitled:odd.py"
    shared.open(uri, text)
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
    document = {"textDocument": {"uri": uri}, "range": whole}
    offered = shared.request(
        "textDocument/codeAction", {**document, "context": {"diagnostics": []}}
    )
    assert "result" in offered
    params = {**document, "task": "translate", "target": "de", "mode": "replace"}
    answer = shared.request("trivium/rewrite", params)
    assert "result" in answer or answer["error"]["code"] == -32803
    shared.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def test_what_is_like_a_megabyte_is_answered_soon(tmp_path):
    client = session(write(tmp_path / "w", {**FILES, "long.py": LONG_LINE[:900_000]}))
    complete(client)
    uri = (tmp_path / "w" / "long.py").as_uri()
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    params = {"textDocument": {"uri": uri}, "range": whole}
    answer = client.request("trivium/similar", params, timeout=5)
    assert answer["result"]["complete"]
    client.kill()


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("trivium/rewrite", {"task": "sing", "mode": "show"}),
        ("trivium/rewrite", {"task": "translate", "mode": "show", "target": "tlh"}),
        ("trivium/similar", {}),
    ],
)
def test_what_cannot_be_done_gets_a_sentence(shared, method, params):
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    document = {"textDocument": {"uri": "file:///nowhere/at/all.py"}, "range": whole}
    answer = shared.request(method, {**document, **params})
    assert answer["error"]["code"] in (-32602, -32803)
    assert answer["error"]["message"].endswith(".")


@pytest.fixture(scope="module")
def shared():
    client = session()
    yield client
    client.kill()
