"""The workspace from outside: what is on the disk and on the screen is found.

The engine is real, its models are the fakes: texts that share words are near.
"""

import asyncio
import contextlib
import os
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from support.workspaces import PARSE, RETRY, CountingEngine, changed, names, opened, write
from trivium_models.errors import ModelMissing
from trivium_server.services import questions
from trivium_server.settings import Search


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


async def test_a_look_that_fails_loses_no_unsaved_text(engine, tmp_path, root):
    cache = tmp_path / "cache"
    async with opened(engine, cache, root) as workspace:
        workspace.pause()
        (file,) = (cache / "index").glob("root-*.sqlite")
        workspace.overlay(root / "config.py", "def quantize_weights(tensor):\n    return 1\n")
        with contextlib.closing(sqlite3.connect(file)) as another:
            another.execute("ALTER TABLE files RENAME TO away")
            assert await names(workspace, "quantize weights") == []
            another.execute("ALTER TABLE away RENAME TO files")
        assert await names(workspace, "quantize weights") == ["config.py"]
        assert await names(workspace, "load the path") == []


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


async def test_a_buffer_larger_than_what_is_indexed_stays_out(engine, tmp_path, root):
    line = "total = add(total, price)  # the receipt of an order\n"
    async with opened(engine, tmp_path / "cache", root) as workspace:
        workspace.overlay(root / "huge.py", line * 200_000)
        assert await asyncio.wait_for(names(workspace, "receipt of an order"), 5) == []


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
        narrowed = await workspace.symbols("path:config.py parse", limit=5)
        assert [hit.name for hit in narrowed.hits] == ["config.py"]


async def test_symbols_are_places_outside_of_definitions_too(engine, tmp_path, root):
    write(root / "start.py", "# Begin the nightly backup.\nbackup(nightly, begin)\n" * 3)
    async with opened(engine, tmp_path / "cache", root) as workspace:
        hit = (await workspace.symbols("begin the nightly backup", limit=5)).hits[0]
    assert (hit.name, hit.symbol) == ("start.py", "")


async def test_a_symbol_leads_to_where_its_definition_begins(engine, tmp_path, root):
    body = "".join(f"    step_{n} = prepare({n})\n" for n in range(150))
    write(root / "long.py", f"def long_one():\n{body}    return archive(tape)\n")
    async with opened(engine, tmp_path / "cache", root) as workspace:
        hit = (await workspace.symbols("archive the tape", limit=5)).hits[0]
    assert (hit.symbol, hit.start_line, hit.end_line) == ("long_one", 0, 151)


async def test_a_file_that_went_away_unnoticed_is_not_offered(engine, tmp_path, root):
    async with opened(engine, tmp_path / "cache", root) as workspace:
        (root / "config.py").unlink()
        assert await names(workspace, "parse the config") == []
        assert "parse_config" not in [
            hit.symbol for hit in (await workspace.symbols("parse_config", limit=5)).hits
        ]
        await workspace.ready()
        assert workspace.status()[0].total_files == 1


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


def stop(pid):
    """Returns when no thread of the process runs any more."""
    os.kill(pid, signal.SIGSTOP)
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    while any((each / "stat").read_text().rpartition(")")[2].split()[0] != "T" for each in tasks):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="looks up whether each thread has stopped")
async def test_an_engine_that_hangs_costs_no_answer_by_words(tmp_path, root, monkeypatch):
    engine = CountingEngine()
    async with opened(engine, tmp_path / "cache", root) as workspace:
        stop(engine.status().pid)
        with monkeypatch.context() as patch:
            patch.setattr(questions, "_PATIENCE", 0.2)
            answer = await workspace.search("parse config", limit=5)
        assert [hit.name for hit in answer.hits] == ["config.py"]
        assert not answer.complete
        os.kill(engine.status().pid, signal.SIGCONT)
        assert (await workspace.search("parse config", limit=5)).complete
    await engine.close()


async def test_of_a_megabyte_the_beginning_is_looked_for(tmp_path, root):
    engine = BrokenEngine()
    async with opened(engine, tmp_path / "cache", root) as workspace:
        answer = await workspace.similar("load " * 5_000 + "retry " * 200_000, limit=3)
    assert [hit.symbol for hit in answer.hits] == ["parse_config"]
    await engine.close()
