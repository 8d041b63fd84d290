"""Code actions and `trivium/rewrite`, through the real server, with the fake models."""

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

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


async def test_an_action_on_a_document_that_moved_on_is_refused(client):
    open_document(client, "untitled:a.py", PROSE, "python")
    action = (await actions(client, "untitled:a.py", WHOLE_COMMENT))[0]
    change_document(client, "untitled:a.py", 2, "y = 2\n" + PROSE)
    with pytest.raises(JsonRpcException) as caught:
        await client.code_action_resolve_async(action)
    assert caught.value.code == types.LSPErrorCodes.ContentModified


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
