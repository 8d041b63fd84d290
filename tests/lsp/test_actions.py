"""Code actions and `trivium/rewrite`, through the real server, with the fake models."""

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from support.raw_client import RawClient

from .asking import PROSE, configure, rewrite
from .conftest import FAKES, change_document, open_document


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


@pytest.mark.parametrize(
    ("start", "end"),
    [((0, 0), (0, 1)), ((0, 2), (0, 4)), ((0, 16), (0, 17)), ((0, 57), (1, 0))],
    ids=["marker", "emoji", "word", "line end"],
)
async def test_the_character_under_a_block_cursor_is_no_selection(client, start, end):
    open_document(client, "untitled:a.py", PROSE.replace("\n", "\r\n"), "python")
    found = [
        await actions(client, "untitled:a.py", types.Range(types.Position(*start), after))
        for after in (types.Position(*start), types.Position(*end))
    ]
    at_cursor, under_cursor = [[action.title for action in each] for each in found]
    assert at_cursor == under_cursor
    assert any("comment" in title for title in at_cursor)


async def test_an_action_on_a_document_that_moved_on_is_refused(client):
    open_document(client, "untitled:a.py", PROSE, "python")
    action = (await actions(client, "untitled:a.py", WHOLE_COMMENT))[0]
    change_document(client, "untitled:a.py", 2, "y = 2\n" + PROSE)
    with pytest.raises(JsonRpcException) as caught:
        await client.code_action_resolve_async(action)
    assert caught.value.code == types.LSPErrorCodes.ContentModified


UNRESOLVING = {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}}
RESOLVING = {**UNRESOLVING, "resolveSupport": {"properties": ["edit"]}}


def offered_to(ability):
    """A client of that ability with code actions, and what it is offered for a comment."""
    client = RawClient()
    client.initialize({"textDocument": {"codeAction": ability}}, initializationOptions=FAKES)
    client.open("untitled:a.py", PROSE)
    start = {"line": 0, "character": 0}
    place = {"textDocument": {"uri": "untitled:a.py"}, "range": {"start": start, "end": start}}
    params = {**place, "context": {"diagnostics": []}}
    return client, client.request("textDocument/codeAction", params)["result"]


def run(client, command):
    params = {"command": command["command"], "arguments": command["arguments"]}
    return client.request("workspace/executeCommand", params)


def test_an_action_is_a_command_where_the_client_cannot_resolve_it():
    client, offered = offered_to(UNRESOLVING)
    action = next(action for action in offered if "German" in action["title"])
    assert run(client, action["command"])["result"] is None
    told = client.until(lambda m: m.get("method") == "workspace/applyEdit")["params"]
    (edit,) = told["edit"]["changes"]["untitled:a.py"]
    assert (told["label"], edit["newText"][:4]) == (action["title"], "[de]")
    assert "command" not in client.request("codeAction/resolve", action)["result"]
    assert client.stop() == 0


def test_a_command_for_a_document_that_moved_on_says_so_and_changes_nothing():
    client, offered = offered_to(UNRESOLVING)
    identifier = {"uri": "untitled:a.py", "version": 2}
    edit = {"textDocument": identifier, "contentChanges": [{"text": "y = 2\n"}]}
    client.notify("textDocument/didChange", edit)
    run(client, offered[0]["command"])
    told = client.until(lambda m: m.get("method") == "window/showMessage")["params"]
    assert told["message"] == "untitled:a.py changed since this action was offered."
    for arguments in (None, [], [5, ""], [{}, "title"], [{}, 5]):
        wrong = {"command": offered[0]["command"]["command"], "arguments": arguments}
        assert run(client, wrong)["error"]["code"] == -32602
    assert client.stop() == 0


@pytest.mark.parametrize("ability", [RESOLVING, {}])
def test_a_client_that_may_resolve_is_given_no_command(ability):
    client, offered = offered_to(ability)
    assert offered
    assert not any("command" in action for action in offered)
    assert client.stop() == 0


async def test_rewrite_shows_without_an_edit_and_replaces_with_one(client):
    open_document(client, "untitled:a.py", PROSE, "python")
    shown = await rewrite(client, "untitled:a.py", mode="show")
    assert shown.text
    replaced = await rewrite(client, "untitled:a.py", mode="replace")
    assert replaced.edit.documentChanges[0].edits


async def test_a_missing_model_says_what_to_do(client):
    models = {**FAKES["models"], "rewriter": "no-such/model"}
    await configure(client, models=models)
    open_document(client, "untitled:a.py", PROSE, "python")
    while True:
        try:
            await rewrite(client, "untitled:a.py", mode="show")
        except JsonRpcException as error:
            assert error.code == types.LSPErrorCodes.RequestFailed
            assert "no-such/model" in error.message
            return
