"""What is shown of what was proposed."""

from __future__ import annotations

import pytest

from trivium_models.types import Completion
from trivium_server.domain.completion import gate
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.candidates import Copy
from trivium_server.domain.completion.gate import Evidence
from trivium_server.domain.completion.selection import Proposal, select
from trivium_server.domain.text import Document


def completion(*tokens: str, sure: float | list[float], finish: str = "stop") -> Completion:
    logprobs = [sure] * len(tokens) if isinstance(sure, float) else sure
    return Completion("".join(tokens), tokens, tuple(logprobs), finish)


def proposal(*completions: Completion, copies: tuple[Copy, ...] = (), typed: str = "") -> Proposal:
    text = "x = 1\n" + typed
    spot = Spot(Document("file:///x.py", text, 1, "python"), len(text))
    return Proposal(spot, False, completions, copies)


def shown(*args: Completion, confidence: float = 0.5, **kwargs: object) -> list[str]:
    choices, _ = select(proposal(*args, **kwargs), confidence=confidence)  # type: ignore[arg-type]
    return [choice.text for choice in choices]


SURE = completion("return", " value", sure=-0.01)
UNSURE = completion("qux", "(", "z", ")", sure=-3.0)


def test_a_sure_line_is_shown() -> None:
    assert shown(SURE) == ["return value"]


def test_an_unsure_line_is_not_and_the_reason_says_how_unsure() -> None:
    choices, reason = select(proposal(UNSURE), confidence=0.5)
    assert not choices
    assert reason.startswith("not sure enough: ") and reason.endswith("30% is asked for")


def test_a_line_is_cut_where_the_model_becomes_unsure() -> None:
    half = completion(
        "value", ".", "register", "_handler", "(", "qux", ")", sure=[-0.01] * 5 + [-6.0, -4.0]
    )
    assert shown(half, typed="x = ", confidence=0.3) == ["value.register_handler"]


def test_a_text_that_the_model_did_not_finish_is_no_whole_line() -> None:
    unfinished = completion("return", " value", " +", sure=-0.01, finish="length")
    assert shown(unfinished) in ([], ["return value"])


@pytest.mark.parametrize("confidence", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_more_confidence_asked_for_means_no_more_shown(confidence: float) -> None:
    texts = [SURE, UNSURE, completion("foo", "(", ")", sure=-1.0)]
    less = sum(bool(shown(each, confidence=confidence)) for each in texts)
    more = sum(bool(shown(each, confidence=min(confidence + 0.1, 1.0))) for each in texts)
    assert more <= less


def test_at_no_confidence_all_is_shown_and_at_full_confidence_nothing() -> None:
    assert shown(UNSURE, confidence=0.0) == ["qux(z)"]
    assert shown(SURE, confidence=1.0) == []


def test_a_well_supported_copy_wins_and_is_named() -> None:
    copy = Copy("table.write(name)", 30, 20, 1.0, "utils/io.py:42")
    draft = completion("table", ".write(name)", sure=-0.5, finish="draft")
    (choice,), _ = select(proposal(UNSURE, draft, copies=(copy,)), confidence=0.5)
    assert (choice.text, choice.source) == ("table.write(name)", "utils/io.py:42")


def test_the_same_text_from_both_is_the_models_own() -> None:
    copy = Copy("return value", 30, 20, 1.0, "utils/io.py:42")
    draft = completion("return", " value", sure=-0.01, finish="draft")
    (choice,), _ = select(proposal(SURE, draft, copies=(copy,)), confidence=0.5)
    assert choice.source == ""


def test_invoked_all_that_has_a_chance_is_there_likeliest_first() -> None:
    leak = completion("<|endoftext|>", sure=-0.01)
    other = completion("return", " None", sure=-0.5)
    choices, _ = select(proposal(UNSURE, other, leak, SURE), confidence=1.0, invoked=True)
    assert [choice.text for choice in choices] == ["return value", "return None"]


def test_invoked_the_best_text_is_there_however_unsure() -> None:
    choices, _ = select(proposal(UNSURE), confidence=1.0, invoked=True)
    assert [choice.text for choice in choices] == ["qux(z)"]


def test_invoked_a_mark_that_hardly_can_be_right_is_not_shown() -> None:
    choices, reason = select(proposal(completion("..", sure=-6.0)), confidence=0.5, invoked=True)
    assert not choices and "too short" in reason


def test_a_few_characters_are_not_worth_a_look() -> None:
    choices, reason = select(proposal(completion(")", sure=-0.01), typed="foo("), confidence=0.1)
    assert not choices and "too short" in reason


def test_a_history_of_taking_opens_the_gate() -> None:
    middling = proposal(completion("foo", "(", ")", sure=-0.9))
    chances = [
        select(middling, confidence=0.0, bias=bias)[0][0].probability for bias in (-0.7, 0.0, 0.7)
    ]
    assert chances == sorted(chances) and chances[0] < chances[2]


def test_nothing_proposed_has_a_reason_too() -> None:
    assert select(proposal(), confidence=0.5) == ([], "the model has nothing to add here")


def test_chances_are_chances_whatever_the_evidence() -> None:
    for logprobs in ([], [0.0], [-1e9], [-0.1] * 500):
        for weights in (gate.WHOLE, gate.PART):
            assert 0 <= gate.probability(Evidence(logprobs, 10_000, 999, 999), weights) <= 1


def test_cuts_fall_behind_words_and_marks() -> None:
    text = "foo_bar(a, 1.5)"
    found = [text[:end] for end in gate.boundaries(text)]
    assert found == [
        *("foo_bar(a, 1.5", "foo_bar(a, 1.", "foo_bar(a, 1", "foo_bar(a,", "foo_bar(a"),
        *("foo_bar(", "foo_bar"),
    ]
