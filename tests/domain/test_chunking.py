"""Chunks: nothing is lost, nothing is too long, and they are named after what they are."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium_server.domain import tokens
from trivium_server.domain.chunking import SIZES, chunk

CLASS = '''"""About."""
import os


class Parser:
    """Reads."""

    def __init__(self):
        self.first = 1

{methods}

def helper():
    return 1


def other():
    return 2
'''


def method(name, lines):
    body = "\n".join(f"        value_{n} = compute(value_{n}, {n})" for n in range(lines))
    return f"    def {name}(self):\n{body}\n"


def test_a_large_class_becomes_a_header_and_its_members():
    text = CLASS.format(methods="\n".join(method(name, 12) for name in ("one", "two", "three")))
    found = chunk(text, "pkg/parse.py", "python")
    assert [(each.kind, each.symbol, each.container) for each in found] == [
        ("block", "", ()),
        ("class", "Parser", ()),
        ("method", "one", ("Parser",)),
        ("method", "two", ("Parser",)),
        ("method", "three", ("Parser",)),
        ("function", "helper", ()),
    ]
    assert found[1].names == ("Parser", "__init__")
    assert found[-1].names == ("helper", "other")
    assert found[2].header == "pkg parse Parser"
    assert found[2].text.startswith("    def one(self):")


def test_a_small_class_stays_whole():
    text = "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n"
    (found,) = chunk(text, "a.py", "python")
    assert (found.start_line, found.end_line, found.symbol) == (0, 5, "A")
    assert found.names == ("A", "f", "g")


def test_a_long_function_is_cut_and_every_part_has_its_name():
    found = chunk("class C:\n" + method("long", 100), "a.py", "python")
    assert len(found) > 3
    assert {each.symbol for each in found[1:]} == {"long"}
    assert {each.container for each in found[1:]} == {("C",)}


def test_markdown_follows_headings():
    text = "# One\n\n" + "word " * 150 + "\n\n## Two\n\n" + "word " * 150 + "\n"
    found = chunk(text, "a.md", "markdown")
    assert [(each.symbol, each.container) for each in found] == [("One", ()), ("Two", ("One",))]


def test_plain_text_is_cut_at_blank_lines():
    paragraph = "\n".join(["a few words in a line of text"] * 12)
    found = chunk("\n\n".join([paragraph] * 6), "a.txt", "plaintext")
    assert len(found) > 2
    assert all(each.text.startswith("a few") and each.text.endswith("text") for each in found)
    assert all(len(each.text.split("\n")) % 13 == 12 for each in found)


@pytest.mark.parametrize("text", ["", "\n", "  \n\t\n", "\x0c", "\r\n\r\n"])
def test_blank_texts_have_no_chunks(text):
    assert chunk(text, "a.py", "python") == []


def test_a_line_of_a_megabyte_is_cut_short():
    found = chunk("x = [" + "1234, " * 170_000 + "]\nlast = 1\n", "a.py", "python")
    assert [each.start_line for each in found] == [0] * SIZES.long_line + [1]


@pytest.mark.parametrize(
    "text", ["a = 1", "a = 1\x0c\ndef f(): pass\r\nb", "a\rb\r\nc", "𝒳 = 'é'\n"]
)
def test_odd_line_ends_and_wide_characters(text):
    (found,) = chunk(text, "a.py", "python")
    assert text[found.start : found.end] == found.text == text.rstrip("\r\n")


def test_the_key_is_of_the_content_not_of_the_place():
    text = "def f():\n    return 1\n"
    (here,), (there,) = chunk(text, "a/b.py", "python"), chunk(text, "c/d.py", "python")
    (later,) = chunk("\n\n" + text, "a/b.py", "python")
    (other,) = chunk(text.replace("1", "2"), "a/b.py", "python")
    assert here.key == there.key == later.key != other.key
    assert here.embedding_text != there.embedding_text


LINES = st.sampled_from(
    ["def f(a):", "    return a", "class A:", "    def m(self):", "        x = 1", "", "# note",
     "}", "{", "'''", "x" * 300, "a_b.cD(1, 2) + [3]", "    ", "é𝒳", "\x0c"]
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(LINES, max_size=120), st.sampled_from(["python", "javascript", "markdown", ""]))
def test_nothing_is_lost_or_doubled_and_nothing_is_too_long(lines, language):
    text = "\n".join(lines)
    found = chunk(text, "a", language)
    kept = "".join(each.text for each in found)
    assert "".join(kept.split()) == "".join(text.split())
    for before, after in itertools.pairwise(found):
        assert before.end <= after.start
        assert before.end_line <= after.start_line
    for each in found:
        assert text[each.start : each.end] == each.text
        assert tokens.count(each.text) <= SIZES.most + 1


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("}", True),
        ("};\n}  // namespace a\n\n#endif  // A_H", True),
        ("  end\nend", True),
        ("} else {", False),
        ("endless()", False),
        ("})\ngo()", False),
    ],
)
def test_what_only_closes_is_known(text, closes):
    (only,) = chunk(text, "a.x", "")
    assert only.only_closes == closes
