"""Positions, against an oracle that shares no code with the line index."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain.text import Encoding, LineIndex, Lines, Position

# Everything that has been mistaken for a line end or for one unit somewhere.
ALPHABET = "ab \t\r\n\x0b\x0c\x1c\x85\u2028\u2029é漢😀🏳\u200d\ufeff"
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=60)
ENCODINGS = st.sampled_from(list(Encoding))
BYTES = {
    Encoding.UTF8: ("utf-8", 1),
    Encoding.UTF16: ("utf-16-le", 2),
    Encoding.UTF32: ("utf-32-le", 4),
}


def oracle_position(text: str, offset: int, encoding: Encoding) -> tuple[int, int]:
    """Walk the text once, as the specification describes it."""
    line, start, index = 0, 0, 0
    while index < offset:
        if text.startswith("\r\n", index):
            if index + 1 == offset:
                # Between the two characters of one line end: still the end of that line.
                return line, len_in(text[start:index], encoding)
            index += 2
        elif text[index] in "\r\n":
            index += 1
        else:
            index += 1
            continue
        line, start = line + 1, index
    return line, len_in(text[start:offset], encoding)


def len_in(text: str, encoding: Encoding) -> int:
    codec, width = BYTES[encoding]
    return len(text.encode(codec)) // width


@given(TEXTS, ENCODINGS, st.data())
def test_position_of_every_offset(text, encoding, data):
    offset = data.draw(st.integers(0, len(text)))
    found = LineIndex(text).position(offset, encoding)
    assert (found.line, found.character) == oracle_position(text, offset, encoding)


@given(TEXTS, ENCODINGS, st.data())
def test_a_position_leads_back_to_its_offset(text, encoding, data):
    index = LineIndex(text)
    offset = data.draw(st.integers(0, len(text)))
    inside_line_end = text[offset - 1 : offset + 1] == "\r\n" and offset > 0
    back = index.offset(index.position(offset, encoding), encoding)
    assert back == offset - inside_line_end


@given(TEXTS, ENCODINGS, st.integers(-3, 90), st.integers(-3, 90))
def test_any_position_is_clamped_into_the_text(text, encoding, line, character):
    index = LineIndex(text)
    offset = index.offset(Position(line, character), encoding)
    assert 0 <= offset <= len(text)
    if 0 <= line < index.count:
        start, end = index.span(line)
        assert start <= offset <= end


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\n", ["a", ""]),
        ("a\r\nb\rc\n\n", ["a", "b", "c", "", ""]),
        ("a\x0cb\u2028c\x85d\n", ["a\x0cb\u2028c\x85d", ""]),
    ],
)
def test_only_three_sequences_end_a_line(text, lines):
    index = LineIndex(text)
    assert [index.line(n) for n in range(index.count)] == lines


def test_a_column_inside_a_surrogate_pair_is_moved_to_the_characters_start():
    index = LineIndex("a😀b")
    assert [index.offset(Position(0, column)) for column in range(5)] == [0, 1, 1, 2, 3]


def test_thousands_of_edits_in_a_long_text_cost_no_more_than_its_length():
    lines = Lines("    value = 1\n" * 50_000)
    for line in range(0, 50_000, 10):
        lines.replace(Position(line, 0), Position(line, 4), "\t", Encoding.UTF16)
    text = lines.joined()
    assert (text.count("\n\t"), text.count("\n    ")) == (4_999, 45_000)
