"""What an editor sees, through the real server, with the fake models: here the flow matters."""

import asyncio
import os
import signal

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from .conftest import FAKES, change_document, indexed, open_document, request, write

RANGE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


def names(found) -> list[str]:
    return [hit.uri.rpartition("/")[2] for hit in found.hits]


async def search(client, query, **more):
    return await request(client, "trivium/search", {"query": query, **more})


def range_of(start, end) -> dict:
    (line, character), (last_line, last_character) = start, end
    return {
        "start": {"line": line, "character": character},
        "end": {"line": last_line, "character": last_character},
    }


async def test_search_finds_the_definition_and_says_why(client):
    await indexed(client)
    found = await search(client, "sum the price of all items", limit=3)
    assert names(found)[0] == "cart.py"
    best = found.hits[0]
    assert "total_price" in best.snippet
    assert best.range.start.line <= 11 <= best.range.end.line
    assert best.reason
    assert (found.complete, found.indexedFiles, found.totalFiles) == (True, 3, 3)


async def test_indexing_shows_progress(client):
    await indexed(client)
    slow = {**FAKES["models"], "encoder": "fake:300"}
    client.set_configuration({"models": slow}, section="trivium")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    while not (done := [r for r in client.progress_reports.values() if r and r[-1].kind == "end"]):
        await request(client, "trivium/status", {})
    assert [done[0][0].kind, done[0][0].title] == ["begin", "Indexing"]
    assert "3 of 3 files" in done[-1][-1].message


async def test_an_unsaved_buffer_is_searched_as_it_is_on_the_screen(client, workspace):
    await indexed(client)
    uri = (workspace / "shop" / "cart.py").as_uri()
    open_document(client, uri, "def refund_voucher(code):\n    return code\n", "python")
    assert names(await search(client, "refund_voucher"))[:1] == ["cart.py"]
    change_document(client, uri, 2, "def cancel_subscription(user):\n    return user\n")
    assert "cancel_subscription" in (await search(client, "cancel_subscription")).hits[0].snippet


async def test_a_saved_file_is_found_and_a_deleted_one_is_not(client, workspace):
    await indexed(client)
    path = workspace / "stock.py"
    path.write_text("def reorder_level(item):\n    return 5\n")
    event = types.FileEvent(path.as_uri(), types.FileChangeType.Created)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await until_found(client, "reorder_level", "stock.py")
    path.unlink()
    event = types.FileEvent(path.as_uri(), types.FileChangeType.Deleted)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await until_found(client, "reorder_level", "stock.py", there=False)


async def until_found(client, query, name, *, there=True):
    while (name in names(await search(client, query))) != there:
        await request(client, "trivium/status", {})


async def test_workspace_symbols_have_real_names_and_kinds(client):
    await indexed(client)
    params = types.WorkspaceSymbolParams(query="send receipt")
    found = await client.workspace_symbol_async(params)
    best = found[0]
    assert (best.name, best.kind) == ("send_receipt", types.SymbolKind.Function)
    assert best.location.uri.endswith("mail.py")


async def test_similar_code_leaves_out_the_place_itself(client, workspace):
    await indexed(client)
    uri = (workspace / "shop" / "mail.py").as_uri()
    params = {"textDocument": {"uri": uri}, "range": range_of((3, 0), (6, 40))}
    assert "mail.py" not in names(await request(client, "trivium/similar", params))[:1]


async def test_the_map_places_every_file_in_a_named_cluster(client):
    await indexed(client)
    found = await request(client, "trivium/map", {})
    assert {point.path for point in found.points} == {"README.md", "shop/cart.py", "shop/mail.py"}
    assert all(found.clusters[point.cluster] for point in found.points)


TOTAL = """

def total_of(self, prices):
    result = 0
    for item, count in self.items.items():
        result += prices[item] * count
    return result
"""


async def test_a_function_that_stands_elsewhere_is_hinted_at(client, workspace):
    (workspace / "shop" / "sum.py").write_text(TOTAL)
    await indexed(client)
    options = {**FAKES, "search": {"duplicates": True}}
    client.set_configuration(options, section="trivium")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await until_found(client, "total_of", "sum.py")
    uri = (workspace / "shop" / "mail.py").as_uri()
    open_document(client, uri, "", "python")
    change_document(client, uri, 2, TOTAL.replace("total_of", "sum_of"))
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    (hint,) = client.diagnostics[uri]
    assert hint.severity == types.DiagnosticSeverity.Information
    assert "total_of in shop/sum.py:3" in hint.message


async def test_folders_come_and_go(client, tmp_path):
    await indexed(client)
    other = write(tmp_path / "other", {"tax.py": "def value_added_tax(net):\n    return net\n"})
    folder = types.WorkspaceFolder(other.as_uri(), "other")
    await change_folders(client, added=[folder])
    await until_found(client, "value_added_tax", "tax.py")
    await change_folders(client, removed=[folder])
    await until_found(client, "value_added_tax", "tax.py", there=False)


async def change_folders(client, added=(), removed=()):
    event = types.WorkspaceFoldersChangeEvent(added=list(added), removed=list(removed))
    client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))


CODE = "def area(width, height):\n    return width * height\n\n\ndef area(width, "


async def complete(client, uri, line, character):
    return await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, character),
        )
    )


async def test_ghost_text_continues_the_line(client):
    open_document(client, "untitled:area.py", CODE, "python")
    found = await complete(client, "untitled:area.py", 4, 16)
    assert [item.insert_text for item in found.items][:1] == ["height):"]


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


async def test_nothing_is_suggested_without_a_reason(client):
    client.set_configuration({**FAKES, "completion": {"enabled": False}}, section="trivium")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    open_document(client, "untitled:area.py", CODE, "python")
    found = await complete(client, "untitled:area.py", 4, 16)
    while found.items:
        found = await complete(client, "untitled:area.py", 4, 16)
    status = await request(client, "trivium/status", {})
    assert status.completion.lastReason


PROSE = "# 😀 The cart keeps its items. It also sums their prices.\nx = 1\n"


async def actions(client, uri, range_, only=None):
    return await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri),
            range=range_,
            context=types.CodeActionContext(
                diagnostics=[], only=only, trigger_kind=types.CodeActionTriggerKind.Invoked
            ),
        )
    )


LONG_PROSE = PROSE.replace(
    "prices.", "prices. " + "It keeps what the customer chose for a month. " * 3
)
WHOLE_COMMENT = types.Range(types.Position(0, 0), types.Position(0, 57))


async def test_a_translation_keeps_the_comment_marker(client):
    open_document(client, "untitled:a.py", PROSE, "python")
    offered = await actions(
        client, "untitled:a.py", WHOLE_COMMENT, ["refactor.rewrite.trivium.translate"]
    )
    action = next(a for a in offered if "German" in a.title and a.data["mode"] == "replace")
    resolved = await client.code_action_resolve_async(action)
    (edit,) = resolved.edit.document_changes[0].edits
    assert "[de]" in edit.new_text
    assert resolved.edit.document_changes[0].text_document.version == 1


async def test_only_the_kinds_asked_for_are_offered(client):
    open_document(client, "untitled:a.py", LONG_PROSE, "python")
    assert not await actions(client, "untitled:a.py", WHOLE_COMMENT, ["quickfix"])
    line = types.Range(types.Position(0, 0), types.Position(1, 0))
    found = await actions(client, "untitled:a.py", line, ["refactor.rewrite"])
    assert {a.kind for a in found} == {
        "refactor.rewrite.trivium.summarize",
        "refactor.rewrite.trivium.translate",
    }


async def test_an_action_on_a_document_that_moved_on_is_refused(client):
    open_document(client, "untitled:a.py", PROSE, "python")
    action = (await actions(client, "untitled:a.py", WHOLE_COMMENT))[0]
    change_document(client, "untitled:a.py", 2, "y = 2\n" + PROSE)
    with pytest.raises(JsonRpcException) as caught:
        await client.code_action_resolve_async(action)
    assert caught.value.code == types.LSPErrorCodes.ContentModified


async def rewrite(client, uri, task="summarize", **more):
    params = {"textDocument": {"uri": uri}, "range": range_of((0, 0), (0, 57)), "task": task}
    return await request(client, "trivium/rewrite", {**params, **more})


async def test_rewrite_shows_without_an_edit_and_replaces_with_one(client):
    open_document(client, "untitled:a.py", PROSE, "python")
    shown = await rewrite(client, "untitled:a.py", mode="show")
    assert shown.text
    replaced = await rewrite(client, "untitled:a.py", mode="replace")
    assert replaced.edit.documentChanges[0].edits


async def test_a_missing_model_says_what_to_do(client):
    models = {**FAKES["models"], "rewriter": "no-such/model"}
    client.set_configuration({"models": models}, section="trivium")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    open_document(client, "untitled:a.py", PROSE, "python")
    while True:
        try:
            await rewrite(client, "untitled:a.py", mode="show")
        except JsonRpcException as error:
            assert error.code == types.LSPErrorCodes.RequestFailed
            assert "no-such/model" in error.message
            return


async def slow_client(client, milliseconds=2000):
    """Fakes that take their time, once the server has taken them over."""
    slow = f"fake:{milliseconds}"
    client.set_configuration({"models": dict.fromkeys(FAKES["models"], slow)}, section="trivium")
    client.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    while True:
        status = await request(client, "trivium/status", {})
        if status.engine.models and all(model.id == slow for model in status.engine.models):
            return


async def busy(client):
    """Wait until the engine works on something; its process id."""
    while True:
        status = await request(client, "trivium/status", {})
        if status.engine.state == "busy":
            return status.engine.pid
        await request(client, "trivium/status", {})


async def test_cancelling_stops_the_model(client):
    await indexed(client)
    await slow_client(client)
    open_document(client, "untitled:a.py", PROSE * 20, "python")
    params = {"textDocument": {"uri": "untitled:a.py"}, "range": range_of((0, 0), (39, 0))}
    params |= {"task": "translate", "target": "de", "mode": "show"}
    waiting = client.protocol.send_request_async("trivium/rewrite", params, "slow")
    running = asyncio.ensure_future(waiting)
    await busy(client)
    client.cancel_request(types.CancelParams(id="slow"))
    with pytest.raises(JsonRpcException) as caught:
        await running
    assert caught.value.code == types.LSPErrorCodes.RequestCancelled
    while (await request(client, "trivium/status", {})).engine.state == "busy":
        await request(client, "trivium/status", {})


async def test_a_killed_engine_does_not_end_the_session(client):
    await indexed(client)
    await slow_client(client, 50)
    open_document(client, "untitled:a.py", PROSE, "python")
    running = asyncio.ensure_future(rewrite(client, "untitled:a.py", mode="show"))
    os.kill(await busy(client), signal.SIGKILL)
    try:
        assert (await running).text
    except JsonRpcException as error:
        assert error.code == types.LSPErrorCodes.RequestFailed
    assert (await rewrite(client, "untitled:a.py", mode="show")).text


async def test_a_stopped_engine_starts_again_when_it_is_needed(client):
    await indexed(client)
    await client.workspace_execute_command_async(types.ExecuteCommandParams("trivium.engine.stop"))
    while (await request(client, "trivium/status", {})).engine.state != "off":
        await request(client, "trivium/status", {})
    open_document(client, "untitled:area.py", CODE, "python")
    assert (await complete(client, "untitled:area.py", 4, 16)).items


async def test_pausing_and_resuming_shows_in_the_status(client):
    await indexed(client)
    for command, state in (("pause", "paused"), ("resume", "ready")):
        await client.workspace_execute_command_async(
            types.ExecuteCommandParams(f"trivium.index.{command}")
        )
        while (await request(client, "trivium/status", {})).index[0].state != state:
            await request(client, "trivium/status", {})


async def test_shutdown_while_busy_ends_in_order(client):
    await slow_client(client)
    open_document(client, "untitled:a.py", PROSE * 20, "python")
    running = asyncio.ensure_future(rewrite(client, "untitled:a.py", mode="show"))
    await busy(client)
    await client.shutdown_session()
    with pytest.raises((JsonRpcException, RuntimeError)):
        await running
    client.capabilities = None  # the fixture need not end it again
