"""Indexing when something is wrong: with the folder, the cache, a file, or with ourselves.

Each is a state with a sentence, and what can be searched is. The engine is real, its models are
the fakes.
"""

import contextlib
import os
import sqlite3
import sys
import tempfile
from pathlib import Path

import pytest

from support.damage import overwrite, sound
from support.workspaces import PARSE, changed, names, opened, write
from trivium_models.types import Art
from trivium_server.app import App
from trivium_server.domain import database, updating
from trivium_server.settings import Models, Settings


@pytest.mark.parametrize(
    ("pattern", "sound", "filling"),
    [("index/root-*.sqlite", 100, b"\0"), ("index/vectors.sqlite", 4096, b"\xff")],
    ids=["words", "vectors"],
)
async def test_what_is_damaged_is_made_anew(engine, tmp_path, root, pattern, sound, filling):
    cache = tmp_path / "cache"
    async with opened(engine, cache, root):
        pass
    (file,) = cache.glob(pattern)
    content = bytearray(file.read_bytes())
    content[sound:] = filling * (len(content) - sound)
    file.write_bytes(content)
    async with opened(engine, cache, root) as workspace:
        assert workspace.status()[0].state == "ready"
        assert await names(workspace, "parse config") == ["config.py"]


async def test_a_bad_page_in_what_all_folders_share_switches_nothing_off(engine, tmp_path, root):
    cache = tmp_path / "cache"
    async with opened(engine, cache, root):
        pass
    vectors = cache / "index" / "vectors.sqlite"
    overwrite(vectors, "complete")
    embedded = engine.embedded
    async with opened(engine, cache, root) as workspace:
        assert workspace.status()[0].state == "ready"
        assert await names(workspace, "parse config") == ["config.py"]
    assert sound(vectors)
    assert engine.embedded == embedded, "vectors on other pages stay"


@pytest.mark.parametrize("table", ["words_data", "file_words_data"])
async def test_damage_that_only_a_search_meets_costs_that_folder_a_moment(
    engine, tmp_path, root, table
):
    cache, other = tmp_path / "cache", tmp_path / "other"
    write(other / "tax.py", "def parse_tax(path):\n    return path\n")
    async with opened(engine, cache, root, other):
        pass
    (file,) = (cache / "index").glob("root-*.sqlite")
    overwrite(file, table)
    async with opened(engine, cache, root, other) as workspace:
        workspace.overlay(root / "new.py", "def parse_unsaved(text):\n    return text\n")
        workspace.pause()
        answer = await workspace.search("parse", limit=10)
        assert [hit.name for hit in answer.hits] == ["tax.py"]
        assert not answer.complete
        assert "damaged" in workspace.status()[0].message
        workspace.resume()
        await workspace.ready()
        assert [state.message for state in workspace.status()] == ["", ""]
        assert {*await names(workspace, "parse")} == {"tax.py", "new.py", "config.py"}
    assert sound(file)


async def indexed(engine, tmp_path, root):
    """A cache with the index of a folder, and the index's file."""
    cache = tmp_path / "cache"
    async with opened(engine, cache, root):
        pass
    (file,) = (cache / "index").glob("root-*.sqlite")
    return cache, file


@pytest.mark.parametrize("column", ["chunks SET text", "files SET path"])
async def test_bytes_that_are_no_text_are_damage_too(engine, tmp_path, root, column):
    cache, file = await indexed(engine, tmp_path, root)
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute(f"UPDATE {column} = CAST(x'ffff' || id AS TEXT)")
    async with opened(engine, cache, root) as workspace:
        await workspace.search("parse config", limit=10)
        await workspace.ready()
        assert await names(workspace, "parse config") == ["config.py"]


async def test_damage_that_is_met_last_is_gone_the_next_time(engine, tmp_path, root):
    cache, file = await indexed(engine, tmp_path, root)
    overwrite(file, "words_data")
    async with opened(engine, cache, root) as workspace:
        workspace.pause()
        assert await names(workspace, "parse config") == []
    async with opened(engine, cache, root) as workspace:
        assert await names(workspace, "parse config") == ["config.py"]


@pytest.fixture
async def damaged(engine, tmp_path, root):
    """A cache with a bad page that only writing to the index meets."""
    cache, file = await indexed(engine, tmp_path, root)
    overwrite(file, "symbols_file")
    return cache


async def edited(workspace, root):
    """Change a file and wait until that is worked off; whether the change is found."""
    write(root / "config.py", PARSE + "\n\ndef brand_new():\n    return 1\n")
    await changed(workspace, root / "config.py")
    return "config.py" in await names(workspace, "brand_new")


@pytest.mark.skipif(sys.platform != "linux", reason="looks up which files are open")
async def test_nobody_in_the_session_holds_a_file_that_is_put_aside(
    engine, damaged, root, monkeypatch
):
    """Windows would not let it be moved."""
    aside = database.set_aside

    def on_windows(file):
        held = {os.path.realpath(each) for each in Path("/proc/self/fd").iterdir()}
        if str(file.resolve()) in held:
            raise PermissionError(13, "The process cannot access the file")
        return aside(file)

    monkeypatch.setattr(database, "set_aside", on_windows)
    async with opened(engine, damaged, root) as workspace:
        assert await names(workspace, "parse config") == ["config.py"]
        workspace.overlay(root / "net" / "http.py", "def unsaved_text():\n    return 2\n")
        assert await names(workspace, "unsaved_text") == ["net/http.py"]
        assert await edited(workspace, root)
        assert await names(workspace, "unsaved_text") == ["net/http.py"]
        (status,) = workspace.status()
        assert (status.state, status.message) == ("ready", "")


async def test_a_damaged_file_that_cannot_be_moved_is_a_state_until_it_can(
    engine, damaged, root, monkeypatch
):
    def refused(file):
        raise PermissionError(13, "The process cannot access the file")

    async with opened(engine, damaged, root) as workspace:
        with monkeypatch.context() as patch:
            patch.setattr(database, "set_aside", refused)
            assert not await edited(workspace, root)
            (status,) = workspace.status()
            assert status.state == "error"
            assert "cannot access the file" in status.message
        assert await edited(workspace, root)
        assert workspace.status()[0].state == "ready"


async def test_damage_that_stays_is_said_and_not_tried_for_ever(engine, damaged, root, monkeypatch):
    tried = []

    def nothing_done(file):
        tried.append(file)
        return file.with_name("nothing")

    async with opened(engine, damaged, root) as workspace:
        with monkeypatch.context() as patch:
            patch.setattr(database, "set_aside", nothing_done)
            assert not await edited(workspace, root)
            (status,) = workspace.status()
            assert status.state == "error"
            assert "again and again" in status.message
            assert len(tried) < 10
        assert await edited(workspace, root)
        assert workspace.status()[0].state == "ready"


@pytest.mark.parametrize("told", ["config.py", "."])
async def test_what_a_full_disk_did_not_take_is_taken_when_there_is_room(
    engine, tmp_path, root, monkeypatch, told
):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    async with opened(engine, tmp_path / "cache", root) as workspace:
        write(root / "config.py", "def brand_new():\n    return 1\n")
        with monkeypatch.context() as patch:
            patch.setattr(updating, "apply", full)
            await changed(workspace, root / told)
        assert "disk is full" in workspace.status()[0].message
        write(root / "other.py", "def another():\n    return 2\n")
        await changed(workspace, root / "other.py")
        assert workspace.status()[0].state == "ready"
        assert await names(workspace, "brand_new") == ["config.py"]


async def test_an_error_of_our_own_throws_no_index_away(engine, tmp_path, root, monkeypatch):
    def broken(*_):
        raise sqlite3.IntegrityError("UNIQUE constraint failed")

    cache = tmp_path / "cache"
    async with opened(engine, cache, root) as workspace:
        with monkeypatch.context() as patch:
            patch.setattr(updating, "compare_some", broken)
            await changed(workspace, root / "config.py")
        (status,) = workspace.status()
        assert status.state == "error"
        assert "UNIQUE constraint failed" in status.message
        assert await names(workspace, "parse config") == ["config.py"]
    assert not list(cache.glob("**/*.damaged"))


async def test_what_fails_at_the_end_leaves_no_engine_behind(monkeypatch):
    async def broken():
        raise ZeroDivisionError("nobody thought of this")

    app = App(Settings(models=Models(encoder="fake", decoder="fake", rewriter="fake")))
    await app.engine.prepare(Art.ENCODER)
    monkeypatch.setattr(app.workspace, "close", broken)
    with pytest.raises(ZeroDivisionError):
        await app.close()
    assert app.engine.status().state == "off"


async def test_an_empty_and_a_missing_folder(engine, tmp_path):
    (tmp_path / "empty").mkdir()
    async with opened(engine, tmp_path / "cache", tmp_path / "empty") as workspace:
        answer = await workspace.search("anything", limit=5)
        assert (answer.hits, answer.complete, answer.total_files) == ((), True, 0)
        await workspace.add_folder(tmp_path / "nowhere")
        await workspace.ready()
        missing = workspace.status()[1]
        assert missing.state == "error"
        assert "no such file or directory" in missing.message
        write(tmp_path / "nowhere" / "config.py", PARSE)
        await changed(workspace, tmp_path / "nowhere" / "config.py")
        assert await names(workspace, "parse config") == ["config.py"]


async def test_a_cache_that_takes_nothing_costs_no_search(engine, tmp_path, root, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
        assert (status.state, status.files) == ("ready", 2)
        assert "for this session only" in status.message
        assert "TRIVIUM_CACHE" in status.message
        assert await names(workspace, "parse config") == ["config.py"]
        await workspace.rebuild()
        await workspace.ready()
        assert await names(workspace, "parse config") == ["config.py"]
    assert list((tmp_path / "temporary").iterdir()) == []


async def test_no_place_at_all_for_an_index_is_said_once_and_nothing_hangs(
    engine, tmp_path, root, caplog, monkeypatch
):
    (tmp_path / "cache").write_text("a file where the folder should be")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
        assert status.state == "error"
        assert "TRIVIUM_CACHE" in status.message
        for _ in range(3):
            assert await names(workspace, "parse config") == []
    assert len(caplog.messages) == len(set(caplog.messages))


@pytest.mark.parametrize("line", ["!", "\\", "ends with \\", "[z-a]", "[[:alpha:]]"])
async def test_an_ignore_file_with_a_strange_line_counts_without_it(engine, tmp_path, root, line):
    write(root / ".gitignore", f"{line}\nnet/\n")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
        assert (status.state, status.message) == ("ready", "")
        assert await names(workspace, "parse config") == ["config.py"]
        assert "net/http.py" not in await names(workspace, "retry the request")


async def test_an_error_of_our_own_is_a_state_too(engine, tmp_path, root, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("nobody thought of this")

    with monkeypatch.context() as patch:
        patch.setattr(updating, "compare", broken)
        async with opened(engine, tmp_path / "cache", root) as workspace:
            (status,) = workspace.status()
            assert status.state == "error"
            assert "nobody thought of this" in status.message
            patch.undo()
            write(root / "new.py", "def brand_new():\n    return 1\n")
            workspace.resume()
            await workspace.refresh()
            await workspace.ready()
            assert await names(workspace, "brand_new") == ["new.py"]


async def test_what_is_no_text_is_left_out(engine, tmp_path, root):
    (root / "image.png").write_bytes(b"\x89PNG\0\0" * 100)
    (root / "latin.py").write_bytes("def größe():\n    return 1\n".encode("latin-1"))
    write(root / "long.py", "x = '" + "a b " * 100_000 + "'\n")
    write(root / "empty.py", "")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
        assert (status.state, status.total_files) == ("ready", 5)
        assert "latin.py" in await names(workspace, "latin")
