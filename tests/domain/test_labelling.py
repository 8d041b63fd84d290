"""Labels from examples, and texts in pieces."""

import numpy as np
import pytest

from trivium_server.domain import labelling


def test_a_label_is_as_near_as_its_nearest_example():
    examples = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    found = labelling.nearest(np.array([0.8, 0.6], np.float32), examples, ["a", "b", "b"])
    assert [(each.name, each.example) for each in found] == [("b", 2), ("a", 0)]
    assert [each.score for each in found] == pytest.approx([0.96, 0.8])


def test_the_mean_of_pieces_is_a_direction():
    middle = labelling.mean(np.array([[1, 0], [0, 1]], np.float32))
    assert middle == pytest.approx([0.5**0.5, 0.5**0.5])
    assert not labelling.mean(np.zeros((2, 2), np.float32)).any()


@pytest.mark.parametrize(
    ("text", "longest", "pieces"),
    [
        ("", 10, [""]),
        (" short ", 10, ["short"]),
        ("one two.\n\nthree four.", 12, ["one two.", "three four."]),
        ("first line\nsecond line", 12, ["first line", "second line"]),
        ("One is. Two are. Three.", 16, ["One is. Two are.", "Three."]),
        ("word " * 5, 10, ["word word", "word word", "word"]),
        ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
    ],
)
def test_a_long_text_is_cut_where_it_has_joints(text, longest, pieces):
    assert labelling.pieces(text, longest) == pieces


def test_nothing_but_space_is_lost_in_pieces():
    text = "\n\n".join(f"Paragraph {n}. It has {'many ' * n}words." for n in range(60))
    pieces = labelling.pieces(text, 200)
    assert max(map(len, pieces)) <= 200
    assert " ".join(pieces).split() == text.split()
