"""What the tests ask of the server, each in one call."""

from lsprotocol import types

from .conftest import FAKES, request

CODE = "async def area(width, height):\n    return width * height\n\n\ndef area(width, "
"""The beginning of a call that stands above already; the cursor belongs behind it."""

PROSE = "# 😀 The cart keeps its items. It also sums their prices.\nx = 1\n"


def names(found) -> list[str]:
    return [hit.uri.rpartition("/")[2] for hit in found.hits]


async def search(client, query, **more):
    return await request(client, "trivium/search", {"query": query, **more})


async def until_found(client, query, name, *, there=True):
    while (name in names(await search(client, query))) != there:
        await request(client, "trivium/status", {})


def range_of(start, end) -> dict:
    (line, character), (last_line, last_character) = start, end
    return {
        "start": {"line": line, "character": character},
        "end": {"line": last_line, "character": last_character},
    }


async def complete(client, uri, line, character):
    return await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, character),
        )
    )


async def rewrite(client, uri, task="summarize", **more):
    params = {"textDocument": {"uri": uri}, "range": range_of((0, 0), (0, 57)), "task": task}
    return await request(client, "trivium/rewrite", {**params, **more})


async def configure(client, **settings):
    """Change the settings as an editor does: store them, tell of it, let them be pulled."""
    client.set_configuration({**FAKES, **settings}, section="trivium")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
