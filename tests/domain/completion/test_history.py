"""What the user takes moves the gate, a little and by language."""

import json

from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain.completion.history import History


def after(taken: int, passed: int) -> History:
    history = History()
    for number in range(taken + passed):
        history.record("python", taken=number < taken)
    return history


def test_nothing_known_changes_nothing() -> None:
    assert History().bias("python") == 0


def test_taking_opens_the_gate_and_passing_over_closes_it() -> None:
    assert after(30, 5).bias("python") > 0.2
    assert after(5, 60).bias("python") < -0.2
    assert after(30, 5).bias("go") == 0


def test_no_history_is_stronger_than_the_evidence() -> None:
    assert -0.71 < after(0, 1000).bias("python") < after(1000, 0).bias("python") < 0.71


def test_old_decisions_fade() -> None:
    history = after(500, 0)
    for _ in range(200):
        history.record("python", taken=False)
    assert history.bias("python") < 0


@given(st.lists(st.tuples(st.text(max_size=5), st.booleans()), max_size=300))
def test_it_survives_a_file_and_stays_small(decisions: list[tuple[str, bool]]) -> None:
    history = History()
    for language, taken in decisions:
        history.record(language, taken=taken)
    text = json.dumps(history.to_json())
    again = History.from_json(json.loads(text))
    assert again.to_json() == history.to_json()
    assert len(again.counts) <= 64


def test_a_file_that_is_something_else_is_passed_over() -> None:
    odd = {"python": [1, 2], "go": "x", "java": [1], "c": [-1, 2], "rust": [1e9, 0], "lua": None}
    for value in (odd, [], None, "x", 3):
        assert set(History.from_json(value).counts) <= {"python"}
