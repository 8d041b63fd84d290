"""A session that lasts all day: what has been handled leaves nothing behind."""

import asyncio
import gc
import logging

import pytest

from support.wire import Wire

URI = "file:///tmp/a.py"
HERE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


@pytest.fixture
async def wire():
    made = Wire()
    made.initialize()
    made.send("initialized", {})
    logging.disable()  # pytest keeps what is logged.
    yield made
    logging.disable(logging.NOTSET)
    await made.server.close()


async def change(wire, number):
    if number % 100 == 0:
        document = {"uri": URI, "languageId": "python", "version": 0, "text": "x = 1\n"}
        wire.send("textDocument/didOpen", {"textDocument": document})
    document = {"uri": URI, "version": number + 1}
    edit = {"range": HERE, "text": "y"}
    wire.send("textDocument/didChange", {"textDocument": document, "contentChanges": [edit]})


async def open_and_close(wire, number):
    document = {"uri": f"file:///tmp/{number}.py", "languageId": "python", "version": 0, "text": ""}
    wire.send("textDocument/didOpen", {"textDocument": document})
    wire.send("textDocument/didClose", {"textDocument": {"uri": document["uri"]}})


async def ask(wire, number):
    await wire.ask("trivium/status", None)


async def ask_what_is_refused(wire, number):
    await wire.ask("trivium/search", {"query": 7})


async def ask_what_is_unknown(wire, number):
    await wire.ask("no/such/method", None)


async def cancel(wire, number):
    wire.send("trivium/search", {"query": f"question {number}"}, id=number + 10)
    wire.send("$/cancelRequest", {"id": number + 10})
    wire.send("$/cancelRequest", {"id": -1})
    while number + 10 not in wire.answers:
        await asyncio.sleep(0)


async def save(wire, number):
    wire.send("textDocument/didSave", {"textDocument": {"uri": URI}})
    wire.send("workspace/didChangeWatchedFiles", {"changes": [{"uri": URI, "type": 2}]})
    await asyncio.sleep(0)


@pytest.mark.parametrize(
    "act",
    [change, open_and_close, ask, ask_what_is_refused, ask_what_is_unknown, cancel, save],
    ids=lambda act: act.__name__,
)
async def test_what_was_handled_is_forgotten(wire, act):
    counts = []
    for round_ in range(3):
        for number in range(200):
            await act(wire, 200 * round_ + number)
        await asyncio.sleep(0)
        wire.answers.clear()
        gc.collect()
        counts.append(len(gc.get_objects()))
    assert counts[2] - counts[1] < 100, counts
