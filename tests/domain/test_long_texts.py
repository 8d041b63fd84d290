"""Texts that somebody has open: long ones, and ones made to be slow, are read in their length.

With a step whose time grows with the square of the text each of these takes minutes to hours.
"""

import pytest

from support.rewriting import document
from trivium_server.domain import definitions, labelling, syntax
from trivium_server.domain.completion import filters
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.rewriting import finding, sentences, spans
from trivium_server.domain.text import Encoding, LineIndex, Position

pytestmark = pytest.mark.timeout(60)

MARKDOWN = "Call `run()` on [the *first* page](https://a.example/b), then see `x` and 7.\n" * 5000


@pytest.mark.parametrize("filling", [" ", "\n", "*", "-", "=", "--> "])
@pytest.mark.parametrize(("language", "comment"), [("c", "/* a{}b */"), ("html", "<!-- a{}b -->")])
def test_a_comment_with_a_long_gap(language, comment, filling):
    it = document(comment.replace("{}", filling * 100_000), language)
    tree = syntax.parse(it.text, language)
    assert list(finding.within(it, tree, 0, len(it.text)))


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("", "# one\nx <<ABC\n"),
        ("perl", "# one\nx <<ABC\n"),
        ("lua", "-- one\nx = [==[ y\n"),
        ("toml", '# one\nx = """ y\n'),
        ("yaml", "a:\n  - b: |\n# one\n"),
        ("makefile", "# one\ndefine X\n"),
        ("sql", "-- one\nx /* ' y\n"),
        ("plaintext", "one  two | three\n"),
        ("plaintext", "==== ====\n"),
        ("c", "// one \\\n"),
    ],
)
def test_marks_that_nothing_ends(language, line):
    it = document(line * 20_001, language)
    tree = syntax.parse(it.text, language)
    assert list(finding.within(it, tree, 0, len(it.text)))


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("lua", "x = [==[ y\n"),
        ("sql", "a /* ' b\n"),
        ("haskell", "{- a\n"),
        ("elixir", "\"\"\"\n ''' a\n"),
        ("dart", "a /* <b> ' c"),
        ("dart", " " * 40),
        ("groovy", "def a(b, "),
        ("perl", "=pod\n"),
    ],
)
def test_definitions_where_nothing_ends(language, line):
    assert definitions.of_text(line * 20_001, language) is not None


@pytest.mark.parametrize(("language", "unit"), [("c", "{"), ("python", "("), ("ruby", "begin ")])
def test_a_file_that_is_one_error_from_end_to_end(language, unit):
    text = unit * 150_000
    assert definitions.of_text(text, language) == []
    it = document(text, language)
    finding.within(it, syntax.parse(text, language), 0, len(text))


def test_a_page_that_is_indented_from_end_to_end():
    it = document("  A line of a page that says something.\n\n" * 20_000, "restructuredtext")
    assert len(list(finding.paragraphs(it, 0, len(it.text)))) == 20_000


def test_the_sentences_of_a_long_page():
    solid = [(span.start, span.end) for span in spans.coarse(MARKDOWN)]
    found = sentences.split(MARKDOWN, 1000, solid)
    assert "".join(each.text + each.gap for each in found) == MARKDOWN
    assert len(spans.fine(MARKDOWN)) > len(solid)


@pytest.mark.parametrize("unit", ["=", "ab", "= ", "\n"])
def test_a_continuation_of_one_character(unit):
    text = unit * 100_000 + "x"
    assert filters.fit(text, Spot(document(""), 0), block=True).text


@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_position_in_a_line_of_a_million_characters(encoding):
    lines = LineIndex("é😀" * 500_000)
    for offset in (0, 1, 2, 499_999, 999_999, 1_000_000):
        assert lines.offset(lines.position(offset, encoding), encoding) == offset
    assert lines.offset(Position(0, 10**9), encoding) == 1_000_000


def test_a_megabyte_without_a_joint_in_pieces():
    assert sum(map(len, labelling.pieces("x" * 1_000_000))) == 1_000_000
