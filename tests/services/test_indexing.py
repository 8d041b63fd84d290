"""The index from outside: it follows what changes, embeds nothing twice, and is never lost.

The engine is real, its models are the fakes.
"""

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from support.workspaces import CountingEngine, changed, names, opened, write
from trivium_server.domain import chunking, store, updating
from trivium_server.services import tally
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Models, Settings


async def test_the_index_is_in_the_cache_and_the_workspace_is_untouched(engine, tmp_path, root):
    before = sorted(root.rglob("*"))
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
    assert sorted(root.rglob("*")) == before
    assert (status.state, status.files, status.total_files, status.chunks) == ("ready", 2, 2, 2)
    assert status.bytes > 0


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others on Windows")
async def test_what_the_index_holds_is_for_nobody_else(engine, tmp_path, root):
    """It is the user's code, whatever may be read of the folder that the cache lies in."""
    before = os.umask(0)
    try:
        async with opened(engine, tmp_path / "cache", root):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "cache" / "index").stat().st_mode & 0o777 == 0o700


@contextlib.contextmanager
def another_version():
    """The index as a version of Trivium makes it that takes texts apart otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunking, "VERSION", "another")
        store.version.cache_clear()
        yield
    store.version.cache_clear()


async def test_two_versions_of_trivium_leave_each_other_their_indexes(engine, tmp_path, root):
    cache = tmp_path / "cache"
    async with opened(engine, cache, root) as one:
        with another_version():
            async with opened(engine, cache, root) as two:
                write(root / "cart.py", "def fill_cart():\n    return 1\n")
                for each in (two, one):
                    await changed(each, root / "cart.py")
                    assert await names(each, "fill cart") == ["cart.py"]
        assert await names(one, "parse config") == ["config.py"]
    assert len(list((cache / "index").glob("root-*.sqlite"))) == 2


async def test_an_index_that_nobody_uses_any_more_goes_one_day(engine, tmp_path, root):
    cache, other = tmp_path / "cache", tmp_path / "other"
    write(other / "tax.py", "def parse_tax(path):\n    return path\n")
    with another_version():
        async with opened(engine, cache, root):
            pass
    (old,) = (cache / "index").glob("root-*.sqlite")
    graph = old.with_name(f"{old.stem}.abc-1.graph")
    graph.touch()
    async with opened(engine, cache, other):
        pass
    assert old.exists()
    long_ago = time.time() - 100 * 86400
    os.utime(old, (long_ago, long_ago))
    os.utime(cache / "index" / "vectors.sqlite", (long_ago, long_ago))
    async with opened(engine, cache, root):
        pass
    assert not old.exists() and not graph.exists()
    assert len(list((cache / "index").glob("*-*.sqlite"))) == 2
    embedded = engine.embedded
    async with opened(engine, cache, other):
        assert engine.embedded == embedded, "the vectors that all share stay"


def git(folder, *arguments):
    who = ("-c", "user.name=me", "-c", "user.email=me@here", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("opens", ["repository", "linked worktree", "folder inside"])
async def test_a_checkout_that_no_editor_tells_of_is_found_by_the_next_search(
    engine, tmp_path, root, opens
):
    git(root, "init")
    git(root, "add", ".")
    git(root, "commit", "-m", "one")
    tree = root
    if opens == "linked worktree":
        tree = tmp_path / "tree"
        git(root, "worktree", "add", "-b", "tree", tree)
    git(tree, "switch", "-c", "other")
    write(tree / "net" / "http.py", "def open_socket(host):\n    return connect(host)\n")
    git(tree, "commit", "-am", "two")
    git(tree, "switch", "-")
    folder = tree / "net" if opens == "folder inside" else tree
    async with opened(engine, tmp_path / "cache", folder) as workspace:
        assert "retry_request" in {hit.symbol for hit in await hits(workspace, "retry request")}
        git(tree, "switch", "other")
        await hits(workspace, "retry request")
        await workspace.ready()
        symbols = [hit.symbol for hit in await hits(workspace, "open socket")]
        assert symbols[0] == "open_socket" and "retry_request" not in symbols


async def hits(workspace, question):
    return (await workspace.search(question, limit=10)).hits


async def test_save_rename_and_delete_are_followed(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        write(root / "config.py", "def unrelated():\n    return 1\n")
        await changed(workspace, root / "config.py")
        assert "config.py" not in await names(workspace, "load the path")

        (root / "net").rename(root / "network")
        await changed(workspace, root / "net", root / "network")
        assert await names(workspace, "retry the request") == ["network/http.py"]

        (root / "network" / "http.py").unlink()
        await changed(workspace, root / "network" / "http.py")
        assert await names(workspace, "retry the request") == []


async def test_nothing_seen_before_is_embedded_again(engine, tmp_path, root):
    cache, clone = tmp_path / "cache", tmp_path / "clone"
    async with opened(engine, cache, root) as workspace:
        first = engine.embedded
        (root / "net").rename(root / "network")
        await changed(workspace, root / "net", root / "network")
        shutil.copy(root / "config.py", root / "copy.py")
        await changed(workspace, root / "copy.py")
        assert await names(workspace, "retry the request") == ["network/http.py"]
        assert engine.embedded == first, "a rename and a copy"

        shutil.copytree(root, clone)
        await workspace.add_folder(clone)
        await workspace.ready()
        assert engine.embedded == first, "a second worktree"

        await workspace.rebuild()
        await workspace.ready()
        assert engine.embedded == first, "a rebuilt index"

        write(root / "new.py", "def brand_new():\n    return 1\n")
        await changed(workspace, root / "new.py")
        assert engine.embedded == first + 1
    async with opened(engine, cache, root) as workspace:
        assert workspace.status()[0].state == "ready"
        assert engine.embedded == first + 1, "a new session"


async def test_a_branch_switch_embeds_only_new_content(engine, tmp_path):
    root = tmp_path / "repo"
    for number in range(60):
        write(root / f"m{number}.py", f"def main_{number}():\n    return {number}\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "main")
    git(root, "checkout", "-qb", "other")
    for number in range(60):
        write(root / f"m{number}.py", f"def other_{number}():\n    return -{number}\n")
    git(root, "commit", "-qam", "other")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        start = engine.embedded
        git(root, "checkout", "-q", "main")
        await changed(workspace, *root.glob("*.py"))
        assert engine.embedded == start + 60
        git(root, "checkout", "-q", "other")
        await changed(workspace, *root.glob("*.py"))
        git(root, "checkout", "-q", "main")
        await changed(workspace, *root.glob("*.py"))
        assert engine.embedded == start + 60
        assert (await names(workspace, "main_7"))[0] == "m7.py"


async def test_an_ignore_file_that_changes_counts_at_once(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        write(root / ".gitignore", "net/\n")
        await changed(workspace, root / ".gitignore")
        assert await names(workspace, "retry the request") == []
        write(root / ".gitignore", "")
        await changed(workspace, root / ".gitignore")
        assert await names(workspace, "retry the request") == ["net/http.py"]


async def test_pause_gathers_and_resume_goes_on(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        workspace.pause()
        write(root / "new.py", "def brand_new():\n    return 1\n")
        await workspace.files_changed([root / "new.py"])
        assert workspace.status()[0].state == "paused"
        assert await names(workspace, "brand new") == []
        workspace.resume()
        await workspace.ready()
        assert await names(workspace, "brand new") == ["new.py"]


async def test_two_servers_share_one_index(engine, tmp_path, root):
    cache = tmp_path / "cache"
    async with opened(engine, cache, root) as one, opened(engine, cache, root) as two:
        for number in range(10):
            write(root / f"n{number}.py", f"def number_{number}():\n    return {number}\n")
        start = engine.embedded
        paths = list(root.glob("n*.py"))
        await asyncio.gather(changed(one, *paths), changed(two, *paths))
        for workspace in (one, two):
            assert (await names(workspace, "number_3"))[0] == "n3.py"
            assert workspace.status()[0].chunks == 12
        assert start + 10 <= engine.embedded <= start + 20


async def test_progress_names_no_total_before_it_is_known(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(updating, "_TELL", 0)
    root = tmp_path / "many"
    for number in range(300):
        write(root / f"m{number}.py", f"def function_{number}():\n    return {number}\n" * 20)
    settings = Settings(models=Models(encoder="fake"))
    said = []
    workspace = Workspace(
        engine,
        lambda: settings,
        lambda: said.append(tally.progress(workspace.status())[0]),
        cache=tmp_path / "cache",
    )
    await workspace.add_folder(root)
    await workspace.ready()
    await workspace.close()
    looking = [each for each in said if each.startswith("looking for files")]
    counted = said[said.index(looking[-1]) + 1 :]
    assert looking[-1] == "looking for files, 300 found"
    assert any(each.endswith("of 300 files read") for each in counted)
    assert {each.partition(" of ")[2].split()[0] for each in counted} == {"300"}
    assert said[-1] == "300 of 300 files"


class ListeningEngine(CountingEngine):
    """Remembers what indexing asked for, in order."""

    def __init__(self):
        super().__init__()
        self.texts = []

    async def embed(self, texts, *, priority, **options):
        self.texts += texts if priority.name == "INDEXING" else []
        return await super().embed(texts, priority=priority, **options)


async def test_open_files_come_first_then_the_latest(tmp_path):
    root = tmp_path / "many"
    for number in range(200):
        write(root / f"m{number}.py", f"def function_{number}():\n    return {number}\n")
        os.utime(root / f"m{number}.py", (number, number))
    engine = ListeningEngine()
    settings = Settings(models=Models(encoder="fake"))
    workspace = Workspace(engine, lambda: settings, cache=tmp_path / "cache")
    workspace.overlay(root / "m7.py", (root / "m7.py").read_text())
    await workspace.add_folder(root)
    await workspace.ready()
    await workspace.close()
    await engine.close()
    assert "function_7()" in engine.texts[0]
    assert "function_199()" in engine.texts[1]
    assert "function_0()" in engine.texts[-1]
    assert len(engine.texts) == 200


class StartingEngine(CountingEngine):
    """Gives no vectors to the index until it is told to."""

    def __init__(self):
        super().__init__()
        self.started = asyncio.Event()

    async def embed(self, texts, *, priority, **options):
        if priority.name == "INDEXING":
            await self.started.wait()
        return await super().embed(texts, priority=priority, **options)


async def test_what_changes_while_the_engine_starts_is_followed_at_once(tmp_path, root):
    engine = StartingEngine()
    settings = Settings(models=Models(encoder="fake"))
    workspace = Workspace(engine, lambda: settings, cache=tmp_path / "cache")
    await workspace.add_folder(root)
    async with asyncio.timeout(60):
        while await names(workspace, "retry the request") != ["net/http.py"]:
            pass
        (root / "net").rename(root / "network")
        await workspace.files_changed([root / "net", root / "network"])
        while await names(workspace, "retry the request") != ["network/http.py"]:
            pass
        (root / "network" / "http.py").unlink()
        await workspace.files_changed([root / "network" / "http.py"])
        while await names(workspace, "retry the request"):
            pass
        assert engine.embedded == 0
        engine.started.set()
        await workspace.ready()
    (status,) = workspace.status()
    assert (status.state, status.files, status.chunks) == ("ready", 1, 1)
    await workspace.close()
    await engine.close()


async def test_files_that_change_while_they_are_indexed_end_right(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        for number in range(20):
            write(root / "busy.py", f"def state_{number}():\n    return {number}\n")
            await workspace.files_changed([root / "busy.py"])
        await workspace.ready()
        assert await names(workspace, "state_19") == ["busy.py"]
        (status,) = workspace.status()
        assert status.chunks == 3


async def test_the_loop_stays_responsive_while_indexing(engine, tmp_path):
    root = tmp_path / "many"
    for number in range(300):
        write(
            root / f"m{number}.py", f"def function_{number}(a):\n    return a + {number}\n\n" * 20
        )
    turns = 0
    async with opened(engine, tmp_path / "cache") as workspace:
        await workspace.add_folder(root)
        ready = asyncio.ensure_future(workspace.ready())
        while not ready.done():
            turns += 1
            await asyncio.sleep(0)
        assert workspace.status()[0].state == "ready"
    assert turns > 100


def test_vectors_of_a_new_encoder_are_kept_apart(tmp_path):
    from trivium_server.domain.vectors import VectorFile, encode

    one, two = (VectorFile(tmp_path / "v.sqlite", name) for name in ("one", "two"))
    one.put([1], encode(np.ones((1, 4), np.float32)))
    assert two.get([1]) == {}
    with sqlite3.connect(tmp_path / "v.sqlite") as db:
        assert db.execute("SELECT name FROM models ORDER BY id").fetchall() == [("one",), ("two",)]
    db.close()
