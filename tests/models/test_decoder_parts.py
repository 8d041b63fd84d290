"""The decoder's parts that can be understood without a model."""

from __future__ import annotations

import pytest

from . import tiny_decoders

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize(
    ("texts", "tail", "most", "guess"),
    [
        ([[1, 2, 3, 4, 5]], [1, 2], 9, [3, 4]),
        ([[1, 2, 3, 4, 5]], [9, 2], 9, [3]),
        ([[1, 2, 3, 9, 2, 4]], [1, 2], 9, [3, 9]),
        ([[7, 1, 2, 3], [8, 1, 2, 4]], [1, 2], 9, [4]),
        ([[7, 1, 2, 3], [8, 1, 2, 4]], [7, 1, 2], 9, [3]),
        ([[1, 2, 3, 4, 5, 6, 7, 8]], [1, 2, 3], 2, [4, 5]),
        ([[1, 2]], [1, 2], 9, []),
        ([[1, 2], [3]], [2], 9, []),
        ([[1, 2]], [5], 9, []),
        ([[1, 2]], [], 9, []),
        ([], [1], 9, []),
        ([[1, 2, 3]], [2], 0, []),
    ],
)
def test_a_guess_is_what_followed_the_longest_agreement(texts, tail, most, guess):
    from trivium_models.decoding.drafts import Copier

    assert Copier(*texts).propose(tail, most) == guess


@pytest.mark.parametrize(
    ("names", "prompt"),
    [
        (("<fim_prefix>", "<fim_suffix>", "<fim_middle>"), [10, 1, 2, 11, 3, 12]),
        (("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"), [10, 1, 2, 11, 3, 12]),
        (("▁<PRE>", "▁<SUF>", "▁<MID>"), [10, 1, 2, 11, 3, 12]),
    ],
)
def test_a_family_is_known_by_its_tokens(names, prompt):
    from trivium_models.decoding import infill

    tokens = {name: 10 + n for n, name in enumerate(names)}
    form = infill.recognise(tokens)
    assert form is not None
    assert form.wrap([1, 2], [3]) == prompt
    assert infill.controls(tokens) == {10, 11, 12}
    assert infill.recognise(dict(list(tokens.items())[:2])) is None


@pytest.fixture(scope="module")
def vocabulary():
    from transformers import PreTrainedTokenizerFast

    from trivium_models.decoding.vocabulary import Vocabulary

    tokenizer = tiny_decoders.byte_level(tiny_decoders.SPECIAL)
    return Vocabulary(PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>"))


@pytest.mark.parametrize("text", ["for line", "    ", "\n", "naïve 🎉", "a\x00b", "<|end|>x"])
def test_tokens_decode_to_the_text(vocabulary, text):
    assert vocabulary.decode(vocabulary.encode(text, 100)) == text


def test_a_surrogate_half_does_not_stop_anything(vocabulary):
    assert vocabulary.decode(vocabulary.encode("x\ud83c", 100)) == "x?"


def test_a_text_that_grows_is_cut_in_the_same_place(vocabulary):
    text = "".join(f"{n} " for n in range(4000))
    first, again = (vocabulary.encode(text + end, 64) for end in ("", "x"))
    assert len(first) <= 16 * 64
    assert again[: len(first) - 1] == first[:-1]


@pytest.mark.parametrize(
    ("text", "taken"),
    [("for line", " line"), ("x = read_li", " read_li"), ("a  \n    ", "  \n    "), ("f(", "(")],
)
def test_healing_takes_back_the_last_word(vocabulary, text, taken):
    ids = vocabulary.encode(text, 100)
    held = vocabulary.held(ids)
    assert 1 <= held <= 4
    assert taken.endswith(vocabulary.decode(ids[-held:])) or held == len(ids) - 1


@pytest.mark.parametrize("text", ["x<file_sep>", "<|end|>", "🎉"])
def test_healing_takes_back_no_control_token_and_no_half_character(vocabulary, text):
    ids = vocabulary.encode("x " + text, 100)
    held = vocabulary.held(ids)
    kept = ids[: len(ids) - held]
    assert "\ufffd" not in vocabulary.decode(kept)
    assert not set(ids[len(kept) :]) & vocabulary.control


def test_tokens_that_can_begin_a_spelling_are_its_beginnings_and_its_extensions(vocabulary):
    spelling = vocabulary.spelling(vocabulary.encode(" fi", 10))
    texts = {vocabulary.decode([id]) for id in vocabulary.spellers(spelling)}
    assert {" ", " file"} <= texts
    assert all(text.startswith(" fi") or " fi".startswith(text) for text in texts)
