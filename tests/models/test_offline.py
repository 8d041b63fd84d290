"""No connection unless the user asked for one: refused, counted, and not even tried."""

import json
import socket
import subprocess
import sys

import pytest

from trivium_models import offline

# Pull with every source there is, into an empty cache; print what was tried.
PULL = """
import sys
tried = []
sys.addaudithook(lambda event, arguments: tried.append((event, arguments)) if event in (
    "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.posix_spawn") else None)
from trivium_models import fetching, weights
from trivium_models.errors import ModelMissing
from trivium_models.types import Art

for spec in ("all-MiniLM-L6-v2", "SmolLM2-135M-Instruct", "t5-small", "org/name"):
    for attempt in (fetching.pull, lambda spec: weights.locate(spec, Art.ENCODER)):
        try:
            attempt(spec)
        except ModelMissing as error:
            print(error)
print("tried:", tried)
"""

CONNECT = """
import json, socket
from trivium_models import offline

offline.install()
refused = []
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=5),
    lambda: socket.create_connection(("2001:db8::1", 80), timeout=5),
    lambda: socket.getaddrinfo("example.org", 443),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.2", 53)),
):
    try:
        attempt()
    except ConnectionRefusedError as error:
        refused.append(str(error))
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).close()
socket.getaddrinfo("localhost", 80)
print(json.dumps({
    "attempts": offline.attempts(), "refused": refused, "recorded": offline.recorded()
}))
"""


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("variable", offline.VARIABLES)
def test_offline_not_even_a_connection_is_tried(tmp_path, variable):
    output = run(PULL, TRIVIUM_CACHE=str(tmp_path), HF_HOME=str(tmp_path), **{variable: "1"})
    *sentences, tried = output.splitlines()
    assert tried == "tried: []"
    refused = [each for each in sentences if variable in each]
    assert len(refused) == 4
    assert all(f"unset {variable}" in each for each in refused)


@pytest.mark.parametrize(
    ("value", "variable"),
    [
        ("1", "TRIVIUM_OFFLINE"),
        ("true", "TRIVIUM_OFFLINE"),
        ("ON", "TRIVIUM_OFFLINE"),
        ("yes", "TRIVIUM_OFFLINE"),
        ("", None),
        ("0", None),
        ("false", None),
    ],
)
def test_the_variables_are_read_as_the_hubs_library_reads_them(monkeypatch, value, variable):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("TRIVIUM_OFFLINE", value)
    assert offline.forbidden() == variable


def test_connections_to_other_machines_are_refused_counted_and_recorded(tmp_path):
    found = json.loads(run(CONNECT, TRIVIUM_CACHE=str(tmp_path)))
    assert found["attempts"] == ["192.0.2.1", "2001:db8::1", "example.org", "192.0.2.2"]
    assert len(found["refused"]) == 4
    assert "192.0.2.1" in found["refused"][0]
    assert [line.split()[-1] for line in found["recorded"]] == found["attempts"]


def test_a_record_that_cannot_be_written_hides_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    found = json.loads(run(CONNECT, TRIVIUM_CACHE=str(tmp_path / "file")))
    assert (len(found["refused"]), found["recorded"]) == (4, [])


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::1%lo", True),
        ("localhost", True),
        (b"localhost", True),
        (None, True),
        ("", True),
        ("192.168.0.1", False),
        ("8.8.8.8", False),
        ("fe80::1%eth0", False),
        ("localhost.example.org", False),
        ("example.org", False),
    ],
)
def test_what_counts_as_this_machine(host, local):
    assert offline.is_local(host) is local


def test_without_install_nothing_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    assert isinstance(offline.attempts(), tuple)
