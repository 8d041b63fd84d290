"""Marks are a set, asked about many ids at once."""

import numpy as np
import pytest

from trivium_server.domain.marks import Marks


@pytest.mark.parametrize("held", [[], [0], [5, 3, 3], list(range(0, 1000, 7))])
def test_marks_say_what_a_set_says(held):
    asked = np.array([0, 3, 5, 7, 700, 994, 995, 10**9])
    marks = Marks(held)
    assert marks.at(asked).tolist() == [id_ in set(held) for id_ in asked.tolist()]
    assert marks.keep(asked.tolist()) == set(held) & set(asked.tolist())
    assert marks.ids().tolist() == sorted(set(held))


def test_marks_are_read_from_an_array_too_and_have_a_section_in_common():
    both = Marks(np.array([1, 2, 900])) & Marks([2, 3, 900, 1000])
    assert both.ids().tolist() == [2, 900]
    assert (Marks([1]) & Marks([])).ids().tolist() == []
    assert Marks([1]).keep([]) == set()
