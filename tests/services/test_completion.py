"""Autocomplete over a real engine process with the deterministic model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trivium_models.client import EngineClient, EngineConfig
from trivium_models.types import Completion, Priority
from trivium_server.domain.text import Document
from trivium_server.services.completion import CompletionAnswer, CompletionService
from trivium_server.services.workspace import Hit, SearchAnswer
from trivium_server.settings import Settings

CODE = "def load_rows(path):\n    return read(path)\n\n\ndef load_more(path):\n    $0\n"
QUICK = replace(Settings().completion, debounce_ms=0)


class CountingEngine(EngineClient):
    """The real client, keeping a list of what it was asked to complete."""

    def __init__(self, decoder: str = "fake") -> None:
        super().__init__(EngineConfig("fake", decoder, "fake", idle_seconds=0))
        self.asked: list[str] = []

    async def complete(self, prompt: str, *args: Any, **kwargs: Any) -> list[Completion]:
        self.asked.append(prompt)
        return await super().complete(prompt, *args, **kwargs)


class Bench:
    """A service, its engine, and a document that is typed into."""

    def __init__(self, engine: CountingEngine, folder: Path) -> None:
        self.engine = engine
        self.settings = Settings(completion=QUICK)
        self.folder = folder
        self.service = CompletionService(engine, lambda: self.settings, cache=folder)

    def at(self, marked: str, language: str = "python", path: str = "/w/app.py") -> Any:
        offset = marked.index("$0")
        text = marked.replace("$0", "")
        return Document("file://" + path, text, 1, language, path), offset

    async def complete(self, marked: str, **kwargs: Any) -> CompletionAnswer:
        invoked = kwargs.pop("invoked", False)
        document, offset = self.at(marked, **kwargs)
        return await self.service.complete(document, offset, invoked=invoked)

    async def ahead(self) -> None:
        """Until what is prefetched is there."""
        while self.service._ahead and not self.service._ahead.done():
            await asyncio.sleep(0)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    engine = CountingEngine()
    made = Bench(engine, tmp_path)
    yield made
    made.service.close()
    await engine.close()


async def test_a_line_is_suggested_at_the_cursor(bench: Bench) -> None:
    marked = CODE.replace("$0", "ret$0")
    (suggestion,) = (await bench.complete(marked)).suggestions
    assert suggestion.text == "urn read(path)"
    assert suggestion.start == suggestion.end == marked.index("$0")


async def test_typing_along_asks_the_model_nothing(bench: Bench) -> None:
    text = (await bench.complete(CODE.replace("$0", "ret$0"))).suggestions[0].text
    await bench.ahead()
    asked = len(bench.engine.asked)
    for end in range(1, len(text)):
        answer = await bench.complete(CODE.replace("$0", "ret" + text[:end] + "$0"))
        assert answer.suggestions[0].text == text[end:]
    for end in range(len(text) - 1, -1, -1):
        answer = await bench.complete(CODE.replace("$0", "ret" + text[:end] + "$0"))
        assert answer.suggestions[0].text == text[end:]
    assert len(bench.engine.asked) == asked


async def test_the_state_after_accepting_is_known_already(bench: Bench) -> None:
    text = (await bench.complete(CODE.replace("$0", "ret$0"))).suggestions[0].text
    await bench.ahead()
    asked = len(bench.engine.asked)
    await bench.complete(CODE.replace("$0", "ret" + text + "$0"))
    assert len(bench.engine.asked) == asked


async def test_a_newer_state_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    engine = CountingEngine("fake:50")
    bench = Bench(engine, tmp_path)
    old = asyncio.create_task(bench.complete(CODE.replace("$0", "r$0")))
    while not engine.asked:
        await asyncio.sleep(0)
    new = asyncio.create_task(bench.complete(CODE.replace("$0", "ret$0")))
    assert (await old).reason == "a newer request took its place"
    assert (await new).suggestions
    bench.service.close()
    await engine.close()


async def test_two_requests_for_one_state_share_the_work(bench: Bench) -> None:
    marked = CODE.replace("$0", "ret$0")
    first, second = await asyncio.gather(bench.complete(marked), bench.complete(marked))
    assert first == second and first.suggestions
    assert bench.engine.asked.count(bench.engine.asked[0]) == 1


async def test_one_of_two_may_be_cancelled(bench: Bench) -> None:
    bench.settings = Settings(completion=replace(QUICK, debounce_ms=20))
    marked = CODE.replace("$0", "ret$0")
    first = asyncio.create_task(bench.complete(marked))
    second = asyncio.create_task(bench.complete(marked))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).suggestions
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_a_cancelled_request_stops_the_model(tmp_path: Path) -> None:
    engine = CountingEngine("fake:50")
    bench = Bench(engine, tmp_path)
    task = asyncio.create_task(bench.complete(CODE.replace("$0", "ret$0")))
    while not engine.asked:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    while bench.service._busy():
        await asyncio.sleep(0)
    assert engine.status().state != "busy"
    bench.service.close()
    await engine.close()


async def test_asked_by_hand_there_may_be_several(bench: Bench) -> None:
    marked = "load(first)\nx = 1\nload(second)\nx = 2\nload($0"
    answer = await bench.complete(marked, invoked=True)
    assert {each.text for each in answer.suggestions} == {"second)", "first)"}
    assert len({each.id for each in answer.suggestions}) == 2


@pytest.mark.parametrize(
    ("marked", "kwargs", "reason"),
    [
        ("KEY=$0", {"path": "/w/.env"}, "may hold secrets"),
        ("x$0", {"path": "/home/me/.ssh/config"}, "may hold secrets"),
        ("x = 1  # " + "y" * 1_000_000 + "$0", {}, "too long"),
        ("ab$0cd", {}, "within a word"),
        ("x = $0", {"language": "lua"}, "switched off for lua"),
    ],
)
async def test_a_silence_has_its_reason(
    bench: Bench, marked: str, kwargs: dict[str, str], reason: str
) -> None:
    bench.settings = Settings(completion=replace(QUICK, disabled_languages=["lua"]))
    answer = await bench.complete(marked, **kwargs)
    assert answer.suggestions == () and reason in answer.reason
    assert bench.service.last_reason == answer.reason
    assert not bench.engine.asked


async def test_switched_off_means_silent(bench: Bench) -> None:
    bench.settings = Settings(completion=replace(QUICK, enabled=False))
    assert "switched off" in (await bench.complete("x = $0")).reason


@pytest.mark.parametrize(
    "marked",
    ["$0", "\n\n$0\n", "x = '😀\ud83d$0", "\ud83d$0\ude00", "\f$0\r\n\tx", "word $0", "\0\0$0"],
)
@pytest.mark.parametrize("language", ["python", "klingon", ""])
async def test_odd_texts_get_an_answer(bench: Bench, marked: str, language: str) -> None:
    answer = await bench.complete(marked, language=language)
    assert answer.suggestions or answer.reason


async def test_offsets_outside_of_the_text_are_moved_into_it(bench: Bench) -> None:
    document, _ = bench.at("x$0")
    for offset in (-5, 99):
        answer = await bench.service.complete(document, offset, invoked=True)
        assert isinstance(answer, CompletionAnswer)


async def test_new_settings_forget_what_was_answered_under_the_old_ones(bench: Bench) -> None:
    marked = CODE.replace("$0", "ret$0")
    assert (await bench.complete(marked)).suggestions
    bench.settings = Settings(completion=replace(QUICK, confidence=1.0))
    assert "not sure enough" in (await bench.complete(marked)).reason


async def test_a_missing_model_is_a_reason(tmp_path: Path) -> None:
    engine = CountingEngine(str(tmp_path / "no-such-model"))
    bench = Bench(engine, tmp_path)
    answer = await bench.complete("x = $0")
    assert answer.suggestions == () and answer.reason
    await engine.close()


async def test_what_is_taken_is_kept_by_language(bench: Bench) -> None:
    (suggestion,) = (await bench.complete(CODE.replace("$0", "ret$0"))).suggestions
    bench.service.accepted(suggestion.id)
    bench.service.accepted(suggestion.id)
    bench.service.accepted("no such id")
    assert json.loads((bench.folder / "history.json").read_text()) == {"python": [1.0, 0.0]}


async def test_typing_a_suggestion_out_counts_as_taking_it(bench: Bench) -> None:
    text = (await bench.complete(CODE.replace("$0", "ret$0"))).suggestions[0].text
    await bench.complete(CODE.replace("$0", f"ret{text}\n    x = $0"))
    assert json.loads((bench.folder / "history.json").read_text()) == {"python": [1.0, 0.0]}


async def test_taking_a_word_of_it_is_no_refusal_of_the_rest(
    bench: Bench, monkeypatch: Any
) -> None:
    monkeypatch.setattr("trivium_server.services.acceptance._SEEN", 0.0)
    text = (await bench.complete(CODE.replace("$0", "ret$0"))).suggestions[0].text
    word = text.split(" ")[0]
    await bench.ahead()
    asked = len(bench.engine.asked)
    rest = (await bench.complete(CODE.replace("$0", f"ret{word}$0"))).suggestions[0]
    assert word + rest.text == text and len(bench.engine.asked) == asked
    await bench.complete(CODE.replace("$0", f"ret{word}\n    x = $0"))
    assert not (bench.folder / "history.json").exists()


async def test_the_last_word_of_it_takes_it_whole(bench: Bench) -> None:
    text = (await bench.complete(CODE.replace("$0", "ret$0"))).suggestions[0].text
    rest = (await bench.complete(CODE.replace("$0", f"ret{text[:4]}$0"))).suggestions[0]
    bench.service.accepted(rest.id)
    assert json.loads((bench.folder / "history.json").read_text()) == {"python": [1.0, 0.0]}


async def test_asking_again_by_hand_is_no_decision(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("trivium_server.services.acceptance._SEEN", 0.0)
    marked = CODE.replace("$0", "ret$0")
    await bench.complete(marked)
    await bench.complete(marked, invoked=True)
    assert not (bench.folder / "history.json").exists()


async def test_going_on_past_several_counts_once(bench: Bench, monkeypatch: Any) -> None:
    monkeypatch.setattr("trivium_server.services.acceptance._SEEN", 0.0)
    marked = "load(first)\nx = 1\nload(second)\nx = 2\nload($0"
    assert len((await bench.complete(marked, invoked=True)).suggestions) == 2
    await bench.complete(marked.replace("$0", "other)\n$0"))
    assert json.loads((bench.folder / "history.json").read_text()) == {"python": [0.0, 1.0]}


async def test_a_broken_history_is_begun_anew(bench: Bench) -> None:
    (bench.folder / "history.json").write_text("{]")
    assert (await bench.complete(CODE.replace("$0", "ret$0"))).suggestions


async def test_a_similar_place_of_the_workspace_is_copied_and_named(
    bench: Bench, tmp_path: Path
) -> None:
    other = tmp_path / "utils" / "io.py"
    other.parent.mkdir()
    other.write_text("def save(table, name):\n    table.write(name, mode='w', quote=True)\n")

    async def similar(text: str, **kwargs: Any) -> SearchAnswer:
        hit = Hit(tmp_path, "utils/io.py", 0, 1, 0.9, "save", "", "function", "", "")
        return SearchAnswer((hit,), True, 1, 1)

    service = CompletionService(bench.engine, lambda: bench.settings, similar, cache=tmp_path)
    document, offset = bench.at("x = 1\n\ndef save(table, name):\n    table.wr$0")
    await service.settle(document, offset)
    answer = await service.complete(document, offset, invoked=True)
    found = {each.source: each.text for each in answer.suggestions}
    assert found.get("utils/io.py:2") == "ite(name, mode='w', quote=True)"
    service.close()


async def test_a_file_of_the_same_folder_is_copied_and_named(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "io_write.py").write_text("def save(t, name):\n    t.write(name, quote=True)\n")
    (tmp_path / "io_secret.pem").write_text("def save(t, name):\n    t.write(secret)\n")
    marked = "x = 1\n\ndef save(t, name):\n    t.wr$0"
    document, offset = bench.at(marked, path=str(tmp_path / "io_read.py"))
    await bench.service.settle(document, offset)
    answer = await bench.service.complete(document, offset, invoked=True)
    found = {each.source: each.text for each in answer.suggestions}
    assert found.get("io_write.py:2") == "ite(name, quote=True)"


async def test_similar_code_that_cannot_be_found_is_no_obstacle(bench: Bench) -> None:
    async def similar(text: str, **kwargs: Any) -> SearchAnswer:
        raise RuntimeError("the index is gone")

    service = CompletionService(bench.engine, lambda: bench.settings, similar, cache=bench.folder)
    document, offset = bench.at(CODE.replace("$0", "ret$0"))
    assert (await service.complete(document, offset, invoked=True)).suggestions
    service.close()


async def test_warming_reads_the_prompt_that_a_completion_will_use(bench: Bench) -> None:
    document, offset = bench.at(CODE.replace("$0", "ret$0"))
    await bench.service.warm(document, offset)
    assert bench.service._warming
    await bench.service._warming
    proposal = await bench.service.propose(
        document, offset, invoked=False, priority=Priority.TYPING
    )
    best = proposal.completions[0]
    assert best.cached_tokens == best.prompt_tokens > 0
