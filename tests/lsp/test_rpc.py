"""Every request is answered, whatever it looks like: the errors that LSP names, never silence."""

import gc
import weakref

import pytest

from support.raw_client import RawClient
from trivium_server.lsp import build


@pytest.fixture
def client():
    found = RawClient()
    yield found
    found.kill()


@pytest.fixture
def ready(client):
    client.initialize()
    return client


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{nonsense", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b'{"jsonrpc": "2.0", "id": ' + b"1" * 5000 + b"}", -32700),
        (b"[]", -32600),
        (b"5", -32600),
        (b'{"id": 7, "method": "shutdown"}', -32600),
        (b'{"jsonrpc": "2.0", "id": [], "method": "shutdown"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 7, "method": 5}', -32600),
        (b'{"jsonrpc": "2.0", "id": true, "method": "trivium/status"}', -32600),
        (b'{"jsonrpc": "2.0"}', -32600),
    ],
)
def test_what_is_no_call_gets_an_error(ready, body, code):
    ready.send_raw(body)
    answer = ready.until(lambda m: "error" in m)
    assert answer["error"]["code"] == code
    assert ready.request("trivium/status")["result"]["version"]


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("trivium/search", None),
        ("trivium/search", {}),
        ("trivium/search", {"query": 5}),
        ("trivium/search", {"query": "a", "limit": 0}),
        ("trivium/search", {"query": "a", "limit": "ten"}),
        ("trivium/search", ["a"]),
        ("trivium/similar", {"textDocument": {"uri": "file:///x"}}),
        ("trivium/rewrite", {"textDocument": 5}),
        ("textDocument/codeAction", {}),
        ("textDocument/inlineCompletion", {"textDocument": {"uri": 5}, "position": {}}),
        ("workspace/symbol", {"query": 5}),
        ("workspace/executeCommand", {"command": "no.such.command"}),
    ],
)
def test_parameters_that_do_not_fit(ready, method, params):
    answer = ready.request(method, params)
    assert answer["error"]["code"] == -32602
    assert len(answer["error"]["message"]) < 500


HERE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}
FILE = {"uri": "file:///x"}


@pytest.mark.parametrize(
    ("method", "params", "fault"),
    [
        ("trivium/similar", {"range": HERE}, "'textDocument' is missing"),
        ("trivium/search", {"query": 5}, "'query': 5 should be a string"),
        (
            "trivium/search",
            {"query": "a", "workDoneToken": {}},
            "'workDoneToken' must be an integer or a string",
        ),
        (
            "trivium/prompt",
            {"prompt": "a", "text": "b", "maxTokens": 0},
            "'maxTokens' must be >= 1",
        ),
        (
            "trivium/similar",
            {"textDocument": {"uri": 3}, "range": HERE},
            "'textDocument.uri': 3 should",
        ),
        ("trivium/label", {"text": "a", "examples": [{"text": "b"}]}, "'examples[0].label' is"),
        ("trivium/label", {"text": "a", "examples": 5}, "'examples' should be an array"),
        ("codeAction/resolve", {"title": "a", "data": 5}, "an object is wanted"),
        ("textDocument/codeAction", {"range": HERE, "context": {}}, "'textDocument' is missing"),
        (
            "textDocument/inlineCompletion",
            {"textDocument": FILE, "position": HERE["start"], "context": {}},
            "'context.triggerKind' is missing",
        ),
    ],
)
def test_what_does_not_fit_is_named_as_the_client_sent_it(ready, method, params, fault):
    assert fault in ready.request(method, params)["error"]["message"]


def test_an_unknown_method_is_said_to_be_unknown(ready):
    assert ready.request("textDocument/brew")["error"]["code"] == -32601


def test_requests_out_of_turn_are_answered(client):
    assert client.request("workspace/symbol", {"query": ""})["error"]["code"] == -32002
    client.notify("textDocument/didClose", {"textDocument": {"uri": "file:///x"}})
    client.initialize()
    assert client.request("initialize", {"capabilities": {}})["error"]["code"] == -32600
    client.request("shutdown")
    assert client.request("trivium/status")["error"]["code"] == -32600
    client.notify("exit")
    assert client.process.wait(timeout=30) == 0


def test_exit_without_shutdown_is_status_1(ready):
    ready.notify("exit")
    assert ready.process.wait(timeout=30) == 1


def test_the_end_of_input_ends_the_server(ready):
    ready.process.stdin.close()
    assert ready.process.wait(timeout=30) == 1


def test_unknown_notifications_are_ignored(ready):
    ready.notify("$/unheardOf", {"jsonrpc": "2.0"})
    ready.notify("workspace/unheardOf")
    assert "result" in ready.request("trivium/status")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_the_clients_first_encoding_is_taken(client, encoding):
    capabilities = {"general": {"positionEncodings": [encoding, "utf-16"]}}
    found = client.initialize(capabilities)["capabilities"]
    assert found["positionEncoding"] == encoding


def test_a_session_that_has_ended_leaves_nothing_behind():
    """A server on a socket serves many."""
    server = build.server()
    for method in ("shutdown", "trivium/status", "no/such/method"):
        server.protocol.get_message_type(method)
        server.protocol.get_result_type(method)
    left = weakref.ref(server)
    del server
    gc.collect()
    assert left() is None
