import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain.rewriting.sentences import split

TEXTS = st.text(alphabet="ab .!?…,;:\n\té。」)Z9(😀", max_size=120)


@pytest.mark.parametrize(
    "text",
    [
        "One sentence.| And another one.",
        "See e.g. the manual.| It helps.",
        "Version 3.11 is needed.| Use it!| Really?",
        "He said “stop.” |Then he went.".replace(" |", "| "),
        "Das ist z.B. so.| Und d.h. nichts.",
        "Wait... then go on.| Done.",
        "これは文です。|次の文です。",
        "no end at all",
        "(In brackets.)| Outside.",
        "The J. Smith algorithm.| Fine.",
        "Is it?| Yes! it is.",
    ],
)
def test_sentences_end_where_a_reader_ends_them(text):
    expected = [part.strip() for part in text.split("|")]
    assert [piece.text for piece in split(text.replace("|", ""), 500)] == expected


def test_a_solid_span_is_never_cut():
    text = "Call `a. B` now. Then rest."
    assert [piece.text for piece in split(text, 500, [(5, 11)])] == [
        "Call `a. B` now.",
        "Then rest.",
    ]


def test_an_endless_sentence_is_cut_at_a_pause():
    text = "one two three four, five six seven eight nine ten"
    assert [piece.text for piece in split(text, 30)] == [
        "one two three four,",
        "five six seven eight nine ten",
    ]


@given(TEXTS, st.integers(1, 40), st.lists(st.integers(0, 120), max_size=6))
def test_nothing_is_lost_and_no_piece_is_too_long(text, limit, bounds):
    bounds = sorted(set(bounds))
    solid = list(zip(bounds[::2], bounds[1::2], strict=False))
    pieces = split(text, limit, solid)
    assert "".join(piece.text + piece.gap for piece in pieces) == text
    assert all(text.startswith(piece.text, piece.start) for piece in pieces)
    cuts = [piece.start for piece in pieces]
    assert not any(start < cut < end for cut in cuts for start, end in solid)
    if not solid:
        assert all(len(piece.text) <= limit for piece in pieces)
