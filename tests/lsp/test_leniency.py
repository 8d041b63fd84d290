"""Clients that stray a little from the specification lose no session, no edit and no answer."""

import pytest

from support.wire import Wire
from trivium_server.lsp.server import ContentModified

URI = "file:///tmp/a.py"
HERE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}


@pytest.fixture
async def wire():
    made = Wire()
    yield made
    await made.server.close()


@pytest.mark.parametrize(
    "params",
    [
        {"capabilities": None},
        {"trace": "compact"},
        {"processId": "12"},
        {"processId": 12.0},
        {"clientInfo": {}},
        {"workspaceFolders": [{"uri": "file:///tmp"}]},
        {"workspaceFolders": [{"uri": "file:///tmp", "name": None}]},
        {"workspaceFolders": [{}, {"uri": "file:///tmp", "name": "tmp"}]},
        {"capabilities": {"workspace": {"symbol": {"symbolKind": {"valueSet": [1, 99, 100]}}}}},
        {"capabilities": {"workspace": {"workspaceEdit": {"failureHandling": "hope"}}}},
        {"capabilities": {"workspace": {"workspaceEdit": {"changeAnnotationSupport": True}}}},
        {"capabilities": {"textDocument": {"semanticTokens": {}, "inlineCompletion": True}}},
        {"capabilities": {"textDocument": {"codeAction": {"resolveSupport": {}}}}},
        {"capabilities": {"general": {"regularExpressions": {}}, "workspace": "yes"}},
    ],
)
async def test_no_session_fails_for_a_part_that_does_not_fit(wire, params):
    fitting = {"workspaceFolders": [{"uri": "file:///tmp", "name": "tmp"}]}
    answer = wire.initialize(**{**fitting, **params})
    assert answer["result"]["serverInfo"]["name"] == "trivium"
    assert list(wire.server.workspace.folders) == ["file:///tmp"]


async def test_what_fits_counts_beside_what_does_not(wire):
    general = {"positionEncodings": ["utf-8"], "markdown": {}}
    answer = wire.initialize(capabilities={"general": general})
    assert answer["result"]["capabilities"]["positionEncoding"] == "utf-8"


OPENED = {"uri": URI, "languageId": "python", "version": 1, "text": "x = 1\n"}


@pytest.mark.parametrize("absent", [("version",), ("languageId",), ("version", "languageId")])
@pytest.mark.parametrize("null", [True, False])
async def test_a_document_is_opened_whatever_its_item_lacks(wire, absent, null):
    wire.initialize()
    item = {key: value for key, value in OPENED.items() if key not in absent}
    item |= dict.fromkeys(absent if null else ())
    wire.send("textDocument/didOpen", {"textDocument": item})
    found = wire.server.documents.get(URI)
    assert (found.text, found.language) == ("x = 1\n", "python")


INSERT = {"start": {"line": 0, "character": 4.0}, "end": {"line": 0.0, "character": 5}}


@pytest.mark.parametrize("version", [{"version": 2}, {"version": None}, {"version": 2.0}, {}])
@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"range": INSERT, "text": "yes"}, "x = yes\n"),
        ({"range": INSERT, "rangeLength": None, "text": "yes"}, "x = yes\n"),
        ({"text": "y"}, "y"),
        ({"range": None, "rangeLength": None, "text": "y"}, "y"),
    ],
)
async def test_an_edit_counts_whatever_is_not_said_of_it(wire, version, change, text):
    wire.initialize()
    wire.send("textDocument/didOpen", {"textDocument": OPENED})
    changed = {"textDocument": {"uri": URI, **version}, "contentChanges": [change]}
    wire.send("textDocument/didChange", changed)
    assert wire.server.documents.get(URI).text == text


async def test_an_edit_without_version_makes_what_was_asked_before_it_stale(wire):
    wire.initialize()
    item = {key: value for key, value in OPENED.items() if key != "version"}
    wire.send("textDocument/didOpen", {"textDocument": item})
    before = wire.server.document(URI)
    changed = {"textDocument": {"uri": URI}, "contentChanges": [{"text": "y"}]}
    wire.send("textDocument/didChange", changed)
    with pytest.raises(ContentModified):
        wire.server.require_current(before)


async def test_half_a_range_is_not_taken_for_the_whole_text(wire):
    wire.initialize()
    wire.send("textDocument/didOpen", {"textDocument": OPENED})
    half = {"range": {"start": INSERT["start"]}, "text": "y"}
    identifier = {"uri": URI, "version": 2}
    wire.send("textDocument/didChange", {"textDocument": identifier, "contentChanges": [half]})
    assert wire.server.documents.get(URI).text == "x = 1\n"


@pytest.mark.parametrize(
    "context",
    [
        {},
        {"context": None},
        {"context": {}},
        {"context": {"diagnostics": None, "only": None}},
        {"context": {"diagnostics": [{"range": HERE, "message": "m", "severity": 9}]}},
        {"context": {"diagnostics": [{"range": HERE, "message": "m", "code": {}}, {}, 5]}},
    ],
)
async def test_actions_are_offered_whatever_other_servers_found(wire, context):
    wire.initialize()
    params = {"textDocument": {"uri": URI}, "range": HERE, **context}
    assert (await wire.ask("textDocument/codeAction", params))["result"] == []


@pytest.mark.parametrize("params", [None, {}, {"settings": None}])
async def test_settings_that_are_not_said_change_nothing(wire, params):
    wire.initialize(initializationOptions={"search": {"limit": 7}})
    wire.send("workspace/didChangeConfiguration", params)
    assert wire.server.settings.search.limit == 7


async def test_a_list_that_names_no_parameter_is_none(wire):
    wire.initialize()
    wire.send("initialized", [])
    assert (await wire.ask("shutdown", []))["result"] is None
