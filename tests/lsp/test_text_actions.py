"""Text actions as an editor of its own sees them: odd documents through `trivium/rewrite`."""

import re

import pytest

from support.raw_client import RawClient

FAKES = {
    "models": {"encoder": "fake", "decoder": "fake", "rewriter": "fake"},
    "rewrite": {
        "actions": [{"id": "shout", "title": "Shout", "prefix": "shout: ", "mode": "show"}]
    },
}
ANNOTATED = {
    "workspace": {"workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}}}
}


@pytest.fixture(scope="module")
def client():
    found = RawClient()
    found.initialize(ANNOTATED, initializationOptions=FAKES)
    yield found
    found.stop()


def units(text):
    return len(text.encode("utf-16-le")) // 2


def whole(text):
    lines = re.split(r"\r\n|\r|\n", text)
    end = {"line": len(lines) - 1, "character": units(lines[-1])}
    return {"start": {"line": 0, "character": 0}, "end": end}


def offset(text, position):
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]
    at = starts[position["line"]]
    left = position["character"]
    while left:
        left -= units(text[at])
        at += 1
    return at


def translated(client, text, language="python", **more):
    """The text after all of it is translated, and the whole answer."""
    uri = f"untitled:{abs(hash((text, language)))}"
    client.open(uri, text, language)
    params = {"textDocument": {"uri": uri, "version": 1}, "range": whole(text)}
    task = {"task": "translate", "target": "de", "mode": "replace"}
    result = client.request("trivium/rewrite", {**params, **task, **more})["result"]
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    changes = (result.get("edit") or {}).get("documentChanges", [])
    for edit in reversed([edit for change in changes for edit in change["edits"]]):
        start, end = (offset(text, edit["range"][key]) for key in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text, result


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("python", "\t# One two.\r\nx = 1\r\n", "\t# [de] One two.\r\nx = 1\r\n"),
        ("python", "# 😀 One.\nx='😀'  # Two.\n", "# [de] 😀 One.\nx='😀'  # [de] Two.\n"),
        ("cpp", "int x; ///< One two.\n", "int x; ///< [de] One two.\n"),
        ("lua", "--[[ One two. ]]\nx = 1\n", "--[[ [de] One two. ]]\nx = 1\n"),
        ("haskell", "-- | One two.\n", "-- | [de] One two.\n"),
        ("bash", "cat <<EOF\n# One.\nEOF\n# Two.\n", "cat <<EOF\n# One.\nEOF\n# [de] Two.\n"),
        ("typescriptreact", "<a>{/* One two. */}</a>;\n", "<a>{/* [de] One two. */}</a>;\n"),
    ],
)
def test_only_the_words_of_comments_change(client, language, before, after):
    assert translated(client, before, language)[0] == after


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [
        ("python", "", "there is no text here"),
        ("python", "  \n ", "the selection is empty"),
        ("plaintext", "\x00\x01\x02" * 99, "not text"),
        ("json", '{"a": "// no"}\n', "no text for people"),
        ("python", "# שלום עולם זה טקסט.\n", "does not translate Hebrew"),
        ("python", "# Die Datei wird gelesen und geschlossen.\n", "is in German already"),
        ("python", "# text goes on\n" * 30_000, "select less"),
    ],
    ids=lambda value: value[:12],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(client, language, text, why):
    after, result = translated(client, text, language)
    assert after == text
    assert why in result["kept"][0]["reason"]


def test_ten_thousand_lines_come_as_one_edit_to_be_previewed_while_others_are_served(client):
    text = "".join(f"# Line number {n} of it.\nx = {n}\n\n" for n in range(3400))
    client.open("untitled:other", "# One two.\n", "python")
    client.open("untitled:long", text, "python")
    running = client.start(
        "trivium/rewrite",
        {
            "textDocument": {"uri": "untitled:long", "version": 1},
            "range": whole(text),
            "task": "translate",
            "target": "de",
            "mode": "replace",
        },
    )
    other = {"textDocument": {"uri": "untitled:other"}, "context": {"diagnostics": []}}
    served = client.start("textDocument/codeAction", {**other, "range": whole("# One")})
    first = client.until(lambda message: message.get("id") in (running, served))
    assert first["id"] == served
    edit = client.answer(running, timeout=120)["result"]["edit"]
    assert len(edit["documentChanges"][0]["edits"]) == 3400
    assert edit["changeAnnotations"]["trivium"]["needsConfirmation"]


@pytest.mark.parametrize(
    ("only", "offered"), [([], True), (["refactor"], True), ([""], True), (["source"], False)]
)
def test_kinds_asked_for(client, only, offered):
    client.open("untitled:kinds", "# One two.\n", "python")
    context = {"diagnostics": [], "only": only, "triggerKind": 1}
    params = {
        "textDocument": {"uri": "untitled:kinds"},
        "range": whole("# One"),
        "context": context,
    }
    found = client.request("textDocument/codeAction", params)["result"]
    assert bool(found) == offered
    assert all(re.search(r" \((replace|insert below|show)\)$", each["title"]) for each in found)


def test_a_client_that_names_no_kind_gets_few_and_one_that_names_a_kind_all_of_it(client):
    client.open("untitled:few", "# One two.\n", "python")
    params = {"textDocument": {"uri": "untitled:few"}, "range": whole("# One")}

    def offered(**context):
        asked = {**params, "context": {"diagnostics": [], **context}}
        return client.request("textDocument/codeAction", asked)["result"]

    modes = [(each["data"].get("target"), each["data"]["mode"]) for each in offered()]
    assert modes == [("de", "replace"), ("fr", "replace"), ("es", "replace"), (None, "show")]
    assert len(offered(only=["refactor.rewrite.trivium"])) == 4 * 3 + 1
    # The empty kind is every kind: vim-lsp names it first and then all that it knows.
    assert len(offered(only=["", "quickfix", "refactor"])) == len(modes)


@pytest.mark.parametrize(
    ("text", "kind", "selected", "verbs"),
    [
        ("# One two.\n", 2, False, []),
        ("# One two.\n", 2, True, ["translate"] * 3 + ["own"]),
        ("# One two.\n", 1, False, ["translate"] * 3 + ["own"]),
        ("# Die Datei wird gelesen und geschlossen.\n", 2, False, ["explain"]),
    ],
)
def test_a_cursor_that_only_rests_lights_a_bulb_for_foreign_text_alone(
    client, text, kind, selected, verbs
):
    client.open("untitled:bulb", text, "python")
    params = {
        "textDocument": {"uri": "untitled:bulb"},
        "range": whole("# One") if selected else whole(""),
        "context": {"diagnostics": [], "triggerKind": kind},
    }
    found = client.request("textDocument/codeAction", params)["result"]
    assert [each["data"]["said"]["verb"] for each in found] == verbs


@pytest.mark.parametrize(
    ("text", "shown"),
    [("def add(a, b):\n    return a + b\n", True), ('def add(a, b):\n    """Add."""\n', False)],
)
def test_hovering_over_a_name_tells_what_its_documentation_does_not(text, shown):
    client = RawClient()
    client.initialize(initializationOptions={**FAKES, "rewrite": {"hover": True}})
    client.open("untitled:hover", text, "python")
    place = {"textDocument": {"uri": "untitled:hover"}, "position": {"line": 0, "character": 5}}
    result = client.request("textDocument/hover", place)["result"]
    client.stop()
    assert bool(result) == shown


def test_a_document_closed_meanwhile_is_a_sentence_and_the_next_request_an_answer():
    client = RawClient()
    slow = {**FAKES, "models": {**FAKES["models"], "rewriter": "fake:40"}}
    client.initialize(ANNOTATED, initializationOptions=slow)
    text = "# One two three four five six.\n"
    client.open("untitled:gone", text, "python")
    params = {"range": whole(text), "task": "translate", "target": "de", "mode": "replace"}
    asked = {"textDocument": {"uri": "untitled:gone"}, **params, "partialResultToken": "grows"}
    running = client.start("trivium/rewrite", asked)
    client.until(lambda message: message.get("method") == "$/progress")
    client.notify("textDocument/didClose", {"textDocument": {"uri": "untitled:gone"}})
    assert "untitled:gone" in client.answer(running)["error"]["message"]
    assert "[de] One" in translated(client, text)[0]
    client.stop()


MIXED = f"# {'The name of it is read from the file. ' * 3}\n\n# שלום עולם זה טקסט של קובץ.\n"


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (MIXED, "replace", r"1 part stays as it was: fake does not translate Hebrew to German\."),
        (MIXED, "show", r"\[de\] The name of it .*\n\n1 part stays as it was"),
        ("# One two.\n", "show", r"\[de\] One two\.$"),
    ],
    ids=["replaced", "shown", "all of it"],
)
def test_whoever_takes_an_action_is_told_what_stayed_as_it_was(client, text, mode, said):
    uri = f"untitled:{mode}{len(text)}"
    client.open(uri, text, "python")
    context = {"diagnostics": [], "only": ["refactor.rewrite.trivium.translate"]}
    params = {"textDocument": {"uri": uri}, "range": whole(text), "context": context}
    offered = client.request("textDocument/codeAction", params)["result"]
    chosen = next(
        each for each in offered if each["data"]["target"] == "de" and each["data"]["mode"] == mode
    )
    resolved = client.request("codeAction/resolve", chosen)["result"]
    assert ("edit" in resolved) == (mode == "replace")
    shown = client.until(lambda message: message.get("method") == "window/showMessage")
    assert re.match(said, shown["params"]["message"])


def test_a_long_action_tells_how_far_it_is_and_ends_when_the_text_changes():
    client = RawClient()
    client.initialize({"window": {"workDoneProgress": True}}, initializationOptions=FAKES)
    text = "".join(f"# Line number {n} of it.\nx = {n}\n\n" for n in range(3400))
    client.open("untitled:long", text, "python")
    context = {"diagnostics": [], "only": ["refactor.rewrite.trivium.translate"]}
    document = {"uri": "untitled:long", "version": 2}
    params = {"textDocument": document, "range": whole(text), "context": context}
    action = client.request("textDocument/codeAction", params)["result"][0]
    running = client.start("codeAction/resolve", action)
    client.until(lambda message: re.search(r"'\d+ of 3400'", str(message)))
    change = {"textDocument": document, "contentChanges": [{"text": text + "#"}]}
    client.notify("textDocument/didChange", change)
    assert client.answer(running)["error"]["code"] == -32801
    client.until(lambda message: "'kind': 'end'" in str(message))
    assert not any("3400 of 3400" in str(message) for message in client.seen)
    client.stop()
