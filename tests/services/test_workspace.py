"""The workspace from outside: what is on the disk and on the screen is found, and never lost.

The engine is real, its models are the fakes: texts that share words are near.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from contextlib import asynccontextmanager

import numpy as np
import pytest

from trivium_models.client import EngineClient, EngineConfig
from trivium_models.errors import ModelMissing
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Models, Search, Settings

PARSE = "def parse_config(path):\n    '''Read the configuration.'''\n    return load(path)\n"
RETRY = "def retry_request(url):\n    '''Try again with a growing pause.'''\n    return send(url)\n"


class CountingEngine(EngineClient):
    """Counts the texts that indexing embeds."""

    def __init__(self):
        super().__init__(EngineConfig(encoder="fake", decoder="fake", rewriter="fake"))
        self.embedded = 0

    async def embed(self, texts, *, priority, **options):
        matrix = await super().embed(texts, priority=priority, **options)
        self.embedded += len(texts) if priority.name == "INDEXING" else 0
        return matrix


@pytest.fixture(scope="session")
async def engine():
    client = CountingEngine()
    yield client
    await client.close()


@asynccontextmanager
async def opened(engine, cache, *roots, search=None):
    settings = Settings(models=Models(encoder="fake"), search=search or Search())
    workspace = Workspace(engine, lambda: settings, cache=cache)
    try:
        for root in roots:
            await workspace.add_folder(root)
        await workspace.ready()
        yield workspace
    finally:
        await workspace.close()


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    write(folder / "config.py", PARSE)
    write(folder / "net" / "http.py", RETRY)
    return folder


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def names(workspace, question, **options):
    answer = await workspace.search(question, limit=10, **options)
    return [hit.path.relative_to(hit.folder).as_posix() for hit in answer.hits]


async def changed(workspace, *paths):
    await workspace.files_changed(paths)
    await workspace.ready()


async def test_a_question_finds_the_place_and_says_why(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        answer = await workspace.search("where is the config parsed", limit=5)
    hit = answer.hits[0]
    assert (hit.path, hit.folder) == (root / "config.py", root)
    assert (hit.start_line, hit.end_line, hit.symbol) == (0, 2, "parse_config")
    assert hit.kind == "function"
    assert "parse_config" in hit.reason
    assert hit.snippet.startswith("def parse_config(path):")
    assert 0 < hit.score <= 1
    assert (answer.complete, answer.indexed_files, answer.total_files) == (True, 2, 2)


async def test_the_index_is_in_the_cache_and_the_workspace_is_untouched(engine, tmp_path, root):
    before = sorted(root.rglob("*"))
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
    assert sorted(root.rglob("*")) == before
    assert (status.state, status.files, status.total_files, status.chunks) == ("ready", 2, 2, 2)
    assert status.bytes > 0


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

    def git(*command):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", "-C", root, *identity, *command], check=True, capture_output=True)

    for number in range(60):
        write(root / f"m{number}.py", f"def main_{number}():\n    return {number}\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "main")
    git("checkout", "-qb", "other")
    for number in range(60):
        write(root / f"m{number}.py", f"def other_{number}():\n    return -{number}\n")
    git("commit", "-qam", "other")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        start = engine.embedded
        git("checkout", "-q", "main")
        await changed(workspace, *root.glob("*.py"))
        assert engine.embedded == start + 60
        git("checkout", "-q", "other")
        await changed(workspace, *root.glob("*.py"))
        git("checkout", "-q", "main")
        await changed(workspace, *root.glob("*.py"))
        assert engine.embedded == start + 60
        assert (await names(workspace, "main_7"))[0] == "m7.py"


async def test_unsaved_text_is_searched_as_it_is_on_the_screen(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        workspace.overlay(root / "config.py", "def quantize_weights(tensor):\n    return 1\n")
        assert await names(workspace, "load the path") == []
        assert await names(workspace, "quantize weights") == ["config.py"]
        workspace.overlay(root / "untitled.py", "def gather_metrics():\n    return 1\n")
        assert await names(workspace, "gather metrics") == ["untitled.py"]
        workspace.overlay(root / "untitled.py", None)
        workspace.overlay(root / "config.py", None)
        assert await names(workspace, "gather metrics") == []
        assert await names(workspace, "quantize weights") == []
        assert await names(workspace, "load the path") == ["config.py"]


async def test_lone_surrogates_do_no_harm(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        workspace.overlay(root / "odd.md", "# Half \ud800 a character\n\nof a heading\n")
        assert await names(workspace, "half \udc00 heading") == ["odd.md"]
        assert await workspace.symbols("\ud800", limit=3)
        assert await workspace.similar("half \ud800 heading", limit=3)


async def test_a_saved_buffer_is_found_once(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        text = "def quantize_weights(tensor):\n    return 1\n"
        workspace.overlay(root / "config.py", text)
        assert await names(workspace, "quantize weights") == ["config.py"]
        write(root / "config.py", text)
        await changed(workspace, root / "config.py")
        assert await names(workspace, "quantize weights") == ["config.py"]


async def test_ignored_buffers_stay_out(engine, tmp_path, root):
    write(root / ".gitignore", "private/\n")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        workspace.overlay(root / "private" / "notes.py", "def secret_plan(): pass\n")
        workspace.overlay(root / ".env", "SECRET_PLAN=1\n")
        workspace.overlay(tmp_path / "elsewhere.py", "def secret_plan(): pass\n")
        assert await names(workspace, "secret plan") == []


async def test_an_ignore_file_that_changes_counts_at_once(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        write(root / ".gitignore", "net/\n")
        await changed(workspace, root / ".gitignore")
        assert await names(workspace, "retry the request") == []
        write(root / ".gitignore", "")
        await changed(workspace, root / ".gitignore")
        assert await names(workspace, "retry the request") == ["net/http.py"]


async def test_filters(engine, tmp_path, root):
    write(root / "tests" / "test_http.py", RETRY.replace("retry", "test_retry"))
    async with opened(engine, tmp_path / "cache", root) as workspace:
        assert await names(workspace, "retry path:net/") == ["net/http.py"]
        assert await names(workspace, "retry -path:net") == ["tests/test_http.py"]
        assert await names(workspace, "retry", path="net") == ["net/http.py"]
        assert await names(workspace, "retry", path=str(root / "tests")) == ["tests/test_http.py"]
        assert await names(workspace, '"growing pause" -test_retry_request') == ["net/http.py"]
        assert await names(workspace, "retry lang:rust") == []
        assert await names(workspace, "kind:function path:config") == ["config.py"]
        assert await names(workspace, '"load(path)"') == ["config.py"]


@pytest.mark.parametrize("question", ["", "   ", "?!", "qqqq zzzz", "-", '""', "path:", "\0"])
async def test_nothing_sensible_asked_is_answered(engine, tmp_path, root, question):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        assert len(await names(workspace, question)) <= 1


async def test_a_query_of_100_000_characters(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        assert "config.py" in await names(workspace, "parse config " * 8000)


async def test_similar_code_leaves_out_where_it_stands(engine, tmp_path, root):
    write(root / "twin.py", PARSE.replace("load", "read"))
    async with opened(engine, tmp_path / "cache", root) as workspace:
        place = (root / "config.py", 0, 2)
        answer = await workspace.similar(PARSE, limit=3, exclude=place)
        assert answer.hits[0].path == root / "twin.py"
        assert answer.hits[0].score > 0.8
        assert all(hit.path != root / "config.py" for hit in answer.hits)
        assert (await workspace.similar("  ", limit=3)).hits == ()


async def test_symbols_by_name_then_by_meaning(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        answer = await workspace.symbols("parsexyz", limit=5)
        assert answer.hits == ()
        answer = await workspace.symbols("pconf", limit=5)
        assert [hit.symbol for hit in answer.hits][:1] == ["parse_config"]
        answer = await workspace.symbols("growing pause", limit=5)
        assert [(hit.symbol, hit.kind) for hit in answer.hits] == [("retry_request", "function")]
        assert len((await workspace.symbols("", limit=50)).hits) == 2


async def test_several_folders(engine, tmp_path, root):
    other = tmp_path / "other"
    write(other / "tokens.py", "def split_tokens(text):\n    return text.split()\n")
    async with opened(engine, tmp_path / "cache", root, other) as workspace:
        answer = await workspace.search("split the tokens", limit=1)
        assert answer.hits[0].folder == other
        assert answer.total_files == 3
        await workspace.remove_folder(other)
        assert await names(workspace, "split tokens") == []
        assert await names(workspace, "parse config") == ["config.py"]


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


async def test_a_damaged_index_is_made_anew(engine, tmp_path, root):
    cache = tmp_path / "cache"
    async with opened(engine, cache, root):
        pass
    (file,) = cache.glob("index/root-*.sqlite")
    content = bytearray(file.read_bytes())
    content[100:] = bytes(len(content) - 100)
    file.write_bytes(content)
    async with opened(engine, cache, root) as workspace:
        assert await names(workspace, "parse config") == ["config.py"]
        assert workspace.status()[0].state == "ready"


async def test_an_empty_and_a_missing_folder(engine, tmp_path):
    (tmp_path / "empty").mkdir()
    async with opened(engine, tmp_path / "cache", tmp_path / "empty") as workspace:
        answer = await workspace.search("anything", limit=5)
        assert (answer.hits, answer.complete, answer.total_files) == ((), True, 0)
        await workspace.add_folder(tmp_path / "nowhere")
        await workspace.ready()
        missing = workspace.status()[1]
        assert missing.state == "error"
        assert "does not exist" in missing.message
        write(tmp_path / "nowhere" / "config.py", PARSE)
        await changed(workspace, tmp_path / "nowhere" / "config.py")
        assert await names(workspace, "parse config") == ["config.py"]


async def test_a_cache_that_cannot_be_written_is_said_and_nothing_hangs(
    engine, tmp_path, root, caplog
):
    (tmp_path / "cache").write_text("a file where the folder should be")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
        assert status.state == "error"
        assert "TRIVIUM_CACHE" in status.message
        for _ in range(3):
            assert await names(workspace, "parse config") == []
    assert len(caplog.messages) == len(set(caplog.messages))


async def test_indexing_can_be_switched_off(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root, search=Search(enabled=False)) as workspace:
        assert workspace.status() == []
        assert (await workspace.search("parse", limit=5)).hits == ()


class BrokenEngine(CountingEngine):
    """Has no model until it is given one."""

    def __init__(self):
        super().__init__()
        self.broken = True

    async def embed(self, texts, *, priority, **options):
        if self.broken:
            raise ModelMissing('all-MiniLM-L6-v2 is missing. Run "trivium models pull".')
        return await super().embed(texts, priority=priority, **options)


async def test_without_a_model_words_answer_and_the_state_says_what_to_do(tmp_path, root):
    engine = BrokenEngine()
    async with opened(engine, tmp_path / "cache", root) as workspace:
        answer = await workspace.search("where is the config parsed", limit=5)
        assert answer.hits[0].symbol == "parse_config"
        assert not answer.complete
        (status,) = workspace.status()
        assert (status.state, status.files) == ("error", 0)
        assert "trivium models pull" in status.message
        similar = await workspace.similar(RETRY, limit=1)
        assert similar.hits[0].symbol == "retry_request"

        engine.broken = False
        write(root / "new.py", "def brand_new():\n    return 1\n")
        await changed(workspace, root / "new.py")
        assert workspace.status()[0].state == "ready"
        assert (await workspace.search("config", limit=5)).complete
    await engine.close()


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


async def test_damaged_vectors_are_made_anew(engine, tmp_path, root):
    cache = tmp_path / "cache"
    async with opened(engine, cache, root):
        pass
    (file,) = cache.glob("index/vectors.sqlite")
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    async with opened(engine, cache, root) as workspace:
        assert workspace.status()[0].state == "ready"
        assert await names(workspace, "parse config") == ["config.py"]


async def test_files_that_change_while_they_are_indexed_end_right(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        for number in range(20):
            write(root / "busy.py", f"def state_{number}():\n    return {number}\n")
            await workspace.files_changed([root / "busy.py"])
        await workspace.ready()
        assert await names(workspace, "state_19") == ["busy.py"]
        (status,) = workspace.status()
        assert status.chunks == 3


async def test_what_is_no_text_is_left_out(engine, tmp_path, root):
    (root / "image.png").write_bytes(b"\x89PNG\0\0" * 100)
    (root / "latin.py").write_bytes("def größe():\n    return 1\n".encode("latin-1"))
    write(root / "long.py", "x = '" + "a b " * 100_000 + "'\n")
    write(root / "empty.py", "")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (status,) = workspace.status()
        assert (status.state, status.total_files) == ("ready", 5)
        assert "latin.py" in await names(workspace, "latin")


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
