"""Syntax trees: byte offsets become offsets of the text, whatever the characters."""

from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain import languages, syntax

CHARACTERS = st.text(st.sampled_from("ab#\n é漢😀\ud800"), max_size=40)


@given(CHARACTERS, st.data())
def test_bytes_and_offsets_are_inverse(text, data):
    found = syntax.parse(text, "python")
    offset = data.draw(st.integers(0, len(text)))
    assert found.offset(found.byte(offset)) == offset


@given(CHARACTERS)
def test_nodes_hold_their_own_text(comment):
    line = "# " + comment.replace("\n", " ")
    text = f"x = '😀'\n{line}\ny = 1\n"
    found = syntax.parse(text, "python")
    comments = [found.source(node) for node in found.walk() if node.type == "comment"]
    assert comments == [line.replace("\ud800", "\ud800")]


def test_every_grammar_loads_and_reads_half_written_code():
    for language in languages.LANGUAGES:
        if language.grammar:
            assert syntax.parse("class X {{ def f(", language.id) is not None


def test_a_language_without_grammar_has_no_tree():
    assert syntax.parse("x", "elixir") is None
    assert syntax.parse("x", "") is None
