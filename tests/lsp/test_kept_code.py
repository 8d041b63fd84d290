"""The code of lsprotocol's classes is compiled once and kept, and a bad file does no harm."""

import os
import subprocess
import sys

import pytest

IMPORT = """
from trivium_server.lsp import kept_code
kept_code.import_lsprotocol()
from lsprotocol import types
print(types.Position(line=1, character=2))
"""


def start(folder, *options):
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [sys.executable, *options, "-c", IMPORT],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1:2"


def kept_in(folder):
    return sorted(folder.rglob("generated.*"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pycache")
    start(folder)
    return folder


def test_a_second_start_finds_the_code_of_the_first(folder):
    [file] = kept_in(folder)
    before = file.stat()
    start(folder)
    assert (file.stat().st_mtime_ns, file.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("damage", [b"", b"\0" * 1000, "half", "flipped"])
def test_a_damaged_file_is_made_anew(folder, damage):
    [file] = kept_in(folder)
    good = file.read_bytes()
    flipped = good[:5000] + bytes([good[5000] ^ 1]) + good[5001:]
    bad = {"half": good[: len(good) // 2], "flipped": flipped}.get(damage, damage)
    file.write_bytes(bad)
    start(folder)
    assert file.read_bytes() not in (bad, b"")
    assert len(file.read_bytes()) > len(good) // 2


def test_nothing_is_kept_where_python_keeps_nothing(tmp_path):
    start(tmp_path, "-B")
    assert kept_in(tmp_path) == []
