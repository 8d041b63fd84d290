"""Text synchronisation: generated edits, against an oracle that works on encoded bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from trivium_server.domain.text import Encoding
from trivium_server.lsp.documents import Documents

ALPHABET = "ab \t\r\n\x0c\u2028é漢😀"
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=40)
CODECS = {
    Encoding.UTF8: ("utf-8", 1),
    Encoding.UTF16: ("utf-16-le", 2),
    Encoding.UTF32: ("utf-32-le", 4),
}


def places(text: str, encoding: Encoding) -> list[tuple[int, int, int]]:
    """Every place between two characters: offset, line and column, counted one by one."""
    codec, width = CODECS[encoding]
    found, line, column, index = [], 0, 0, 0
    while index <= len(text):
        found.append((index, line, column))
        if index == len(text):
            break
        if text.startswith("\r\n", index):
            index += 2
        else:
            index += 1
        previous = text[index - 1]
        if previous in "\r\n":
            line, column = line + 1, 0
        else:
            column += len(previous.encode(codec)) // width
    return found


@given(st.data(), st.sampled_from(list(Encoding)), TEXTS)
def test_edits_change_what_they_name(data, encoding, text):
    documents = Documents()
    uri = "file:///tmp/a%20b.py"
    documents.open(types.TextDocumentItem(uri, "python", 1, text))
    for version in range(2, 2 + data.draw(st.integers(1, 4))):
        spots = places(text, encoding)
        first, last = sorted(data.draw(st.lists(st.sampled_from(spots), min_size=2, max_size=2)))
        new = data.draw(TEXTS)
        range_ = types.Range(types.Position(*first[1:]), types.Position(*last[1:]))
        change = types.TextDocumentContentChangePartial(range_, new)
        found = documents.change(uri, version, [change], encoding)
        text = text[: first[0]] + new + text[last[0] :]
        assert (found.text, found.version) == (text, version)


POSITIONS = st.builds(types.Position, st.integers(0, 9), st.integers(0, 9))
EDITS = st.builds(
    types.TextDocumentContentChangePartial, st.builds(types.Range, POSITIONS, POSITIONS), TEXTS
)
CHANGES = st.lists(EDITS | st.builds(types.TextDocumentContentChangeWholeDocument, TEXTS))


@given(CHANGES, st.sampled_from(list(Encoding)), TEXTS)
def test_edits_told_at_once_do_what_they_do_one_by_one(changes, encoding, text):
    uri, at_once, in_turn = "file:///x.py", Documents(), Documents()
    for documents in (at_once, in_turn):
        documents.open(types.TextDocumentItem(uri, "python", 1, text))
    for change in changes:
        in_turn.change(uri, 2, [change], encoding)
    assert at_once.change(uri, 2, changes, encoding).text == in_turn.get(uri).text


def test_a_whole_text_replaces_everything():
    documents = Documents()
    documents.open(types.TextDocumentItem("file:///x.py", "python", 1, "old"))
    change = types.TextDocumentContentChangeWholeDocument("new")
    assert documents.change("file:///x.py", 2, [change], Encoding.UTF16).text == "new"


def test_the_whole_text_of_a_document_that_was_never_opened_opens_it():
    change = types.TextDocumentContentChangeWholeDocument("new")
    found = Documents().change("file:///x.py", 2, [change], Encoding.UTF16)
    assert (found.text, found.language) == ("new", "python")


def test_a_change_to_what_nobody_knows_is_ignored():
    place = types.Range(types.Position(0, 0), types.Position(0, 0))
    change = types.TextDocumentContentChangePartial(place, "new")
    assert Documents().change("file:///x.py", 2, [change], Encoding.UTF16) is None


@pytest.mark.parametrize("other", ["file:///tmp/a b.py", "file:///tmp/a%20b.py"])
def test_a_uri_is_the_same_however_it_is_escaped(other):
    documents = Documents()
    documents.open(types.TextDocumentItem("file:///tmp/a%20b.py", "", 1, "x"))
    found = documents.get(other)
    assert (found.language, found.path) == ("python", "/tmp/a b.py")
