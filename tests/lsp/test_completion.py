"""Ghost text and the completion item, through the real server, with the fake models."""

from lsprotocol import types

from .asking import CODE, complete, configure
from .conftest import open_document, request


async def test_ghost_text_continues_the_line(client):
    open_document(client, "untitled:area.py", CODE, "python")
    found = await complete(client, "untitled:area.py", 4, 16)
    assert [item.insert_text for item in found.items][:1] == ["height):"]


async def test_ghost_text_within_a_word_takes_the_place_of_its_end(client):
    code = "😀 = area(width, height)\nx = 1\n😀 = area(width"
    open_document(client, "untitled:area.py", code, "python")
    found = await complete(client, "untitled:area.py", 2, 12)
    assert [(item.insert_text, item.range.end.character) for item in found.items] == [
        ("dth, height)", 15)
    ]


async def test_the_completion_list_holds_one_quiet_item(client):
    open_document(client, "untitled:area.py", CODE, "python")
    found = await client.text_document_completion_async(
        types.CompletionParams(
            text_document=types.TextDocumentIdentifier("untitled:area.py"),
            position=types.Position(4, 16),
        )
    )
    (item,) = found.items
    assert item.text_edit.new_text.endswith("height):")
    assert item.sort_text > "z"


async def test_the_item_is_filtered_by_its_word_where_lines_begin_with_tabs(client):
    block = "def show():\n\tprint(title)\n\tarea(width,height)\n"
    open_document(client, "untitled:tabs.py", block + "\n\n" + block[:-8], "python")
    found = await client.text_document_completion_async(
        types.CompletionParams(
            text_document=types.TextDocumentIdentifier("untitled:tabs.py"),
            position=types.Position(7, len("\tarea(width,")),
        )
    )
    (item,) = found.items
    assert item.filter_text == "area(width,"
    assert item.text_edit.range.start == types.Position(7, 1)


async def test_nothing_is_suggested_without_a_reason(client):
    await configure(client, completion={"enabled": False})
    open_document(client, "untitled:area.py", CODE, "python")
    found = await complete(client, "untitled:area.py", 4, 16)
    while found.items:
        found = await complete(client, "untitled:area.py", 4, 16)
    status = await request(client, "trivium/status", {})
    assert status.completion.lastReason
