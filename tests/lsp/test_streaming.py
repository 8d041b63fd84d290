"""Results in parts and other transports, with a client that shares no code with the server."""

import asyncio
import json
import signal
import sys
import time
from functools import partial
from itertools import pairwise

import pytest
import websockets

from support.raw_client import RawClient

from .conftest import FAKES, FILES, write


@pytest.fixture
def client(tmp_path):
    root = write(tmp_path / "workspace", FILES)
    found = RawClient()
    folder = {"uri": root.as_uri(), "name": "workspace"}
    found.initialize(workspaceFolders=[folder], initializationOptions=FAKES)
    while not found.request("trivium/search", {"query": "shop"})["result"]["complete"]:
        found.until(lambda m: m.get("method") == "trivium/statusChanged")
    yield found
    found.kill()


def parts(client: RawClient, token: str) -> list:
    found = [m for m in client.seen if m.get("method") == "$/progress"]
    return [m["params"]["value"] for m in found if m["params"]["token"] == token]


def test_search_results_come_in_parts_and_then_the_rest_is_empty(client):
    whole = client.request("trivium/search", {"query": "price of an item"})["result"]["hits"]
    answer = client.request(
        "trivium/search", {"query": "price of an item", "partialResultToken": "p"}
    )
    assert answer["result"]["hits"] == []
    assert [hit for part in parts(client, "p") for hit in part] == whole
    assert whole


def test_a_status_is_told_once(client):
    until = time.monotonic() + 1
    while time.monotonic() < until:
        client.request("trivium/search", {"query": "price of an item"})
    told = [m["params"] for m in client.seen if m.get("method") == "trivium/statusChanged"]
    assert told
    assert all(one != other for one, other in pairwise(told))


def test_a_rewritten_text_grows_as_it_is_made(client):
    text = "# The cart keeps its items. It sums their prices. It knows the customer.\n"
    client.open("untitled:a.py", text)
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    params = {"textDocument": {"uri": "untitled:a.py"}, "range": whole, "mode": "show"}
    params |= {"task": "translate", "target": "fr", "partialResultToken": "p"}
    answer = client.request("trivium/rewrite", params)
    seen = [part["text"] for part in parts(client, "p")]
    assert seen
    assert len(seen[0]) <= len(answer["result"]["text"])


def test_the_answer_to_a_prompt_grows_as_it_is_made(client):
    text = "The list is empty. Nothing is returned."
    params = {"prompt": "summarize: ", "text": text, "partialResultToken": "p"}
    answer = client.request("trivium/prompt", params)["result"]["text"]
    seen = [part["text"] for part in parts(client, "p")]
    assert len(seen) > 1 and seen[-1] == answer
    assert all(answer.startswith(part) for part in seen)


async def listening(*arguments: str) -> tuple[asyncio.subprocess.Process, str, int]:
    """A server on a port of its choice; process, host and port."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "trivium_server", "serve", *arguments),
        stderr=asyncio.subprocess.PIPE,
        # Tests that a shell runs in the background ignore interrupts, and so would their children.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    line = (await process.stderr.readline()).decode()
    host, _, port = line.strip().rpartition("/")[2].rpartition(":")
    return process, host, int(port)


def initialize(ident: int = 1) -> bytes:
    call = {"jsonrpc": "2.0", "id": ident, "method": "initialize", "params": {"capabilities": {}}}
    return json.dumps(call).encode()


async def over_tcp(host: str, port: int) -> dict:
    reader, writer = await asyncio.open_connection(host, port)
    body = initialize()
    writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    header = await reader.readuntil(b"\r\n\r\n")
    length = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    answer = json.loads(await reader.readexactly(length))
    writer.close()
    return answer


async def test_tcp_serves_one_client_after_another():
    process, host, port = await listening("--tcp", "127.0.0.1:0")
    for _ in range(2):
        assert (await over_tcp(host, port))["result"]["serverInfo"]["name"] == "trivium"
    process.terminate()
    await process.wait()


async def test_websocket_serves_a_client_and_refuses_a_web_page():
    process, host, port = await listening("--ws", "127.0.0.1:0")
    async with websockets.connect(f"ws://{host}:{port}") as socket:
        await socket.send(initialize().decode())
        answer = json.loads(await socket.recv())
        assert answer["result"]["serverInfo"]["name"] == "trivium"
    with pytest.raises(websockets.exceptions.InvalidStatus):
        await websockets.connect(f"ws://{host}:{port}", origin="https://evil.example")
    process.terminate()
    await process.wait()


@pytest.mark.parametrize("transport", ["--tcp", "--ws"])
async def test_an_interrupt_ends_a_server_whose_clients_are_still_there(transport):
    process, host, port = await listening(transport, "127.0.0.1:0")
    if transport == "--ws":
        client = await websockets.connect(f"ws://{host}:{port}")
        await client.send(initialize().decode())
        await client.recv()
    else:
        reader, client = await asyncio.open_connection(host, port)
        body = initialize()
        client.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await reader.readuntil(b"\r\n\r\n")
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (130, b"")
    client.transport.close()
    await client.wait_closed()


async def test_tcp_does_not_listen_to_a_web_page():
    process, host, port = await listening("--tcp", "127.0.0.1:0")
    reader, writer = await asyncio.open_connection(host, port)
    body = initialize()
    writer.write(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert await reader.read() == b""
    writer.close()
    process.terminate()
    await process.wait()


@pytest.mark.parametrize(
    "address", ["0.0.0.0:0", "192.168.0.1:1", "example.org:1", "nonsense", "127.0.0.1:99999"]
)
async def test_only_loopback_addresses_are_served(address):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "trivium_server", "serve", "--tcp", address),
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert address.rpartition(":")[0] in err.decode()
