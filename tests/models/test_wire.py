"""Frames: what goes in comes out, and noise on the line is noticed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium_models import errors, wire
from trivium_models.types import Art, Completion, ModelStatus


@given(st.dictionaries(st.text(), st.text()), st.binary())
def test_a_frame_comes_back(header, payload):
    assert wire.read(io.BytesIO(wire.pack(header, payload))) == (header, payload)


def test_frames_follow_one_another_until_the_stream_ends():
    stream = io.BytesIO(wire.pack({"a": 1}) + wire.pack({"b": 2}, b"xy"))
    assert wire.read(stream) == ({"a": 1}, b"")
    assert wire.read(stream) == ({"b": 2}, b"xy")
    assert wire.read(stream) is None


def test_half_a_character_pair_becomes_a_question_mark():
    assert wire.read(io.BytesIO(wire.pack({"text": "a\ud83db"}))) == ({"text": "a?b"}, b"")


@pytest.mark.parametrize(
    "noise",
    [
        b"Traceback (most recent call last): ".ljust(64),
        wire.pack({"a": 1})[:-1],
        wire.pack({"a": 1})[:10],
        wire.MAGIC + b"\xff" * 16,
        wire.MAGIC + (2).to_bytes(8, "big") + bytes(8) + b"[]",
        wire.MAGIC + (2).to_bytes(8, "big") + bytes(8) + b"{]",
    ],
)
def test_noise_is_not_a_frame(noise):
    with pytest.raises(wire.BrokenFrame):
        wire.read(io.BytesIO(noise))


@pytest.mark.parametrize("shape", [(0, 4), (1, 1), (3, 5)])
def test_vectors_come_back(shape):
    vectors = np.random.default_rng(0).random(shape).astype(np.float32)
    assert np.array_equal(wire.unpack_vectors(*wire.pack_vectors(vectors)), vectors)


def test_errors_keep_their_class_and_sentence():
    error = wire.unpack_error(wire.pack_error(errors.ModelMissing("Pull it.")))
    assert type(error) is errors.ModelMissing and str(error) == "Pull it."
    error = wire.unpack_error(wire.pack_error(KeyError("x")))
    assert type(error) is errors.EngineFailed and "KeyError" in str(error)
    assert type(wire.unpack_error({"kind": "annotations", "message": ""})) is errors.EngineFailed


def test_values_come_back():
    completion = Completion("ab", ("a", "b"), (-0.1, -0.2), "stop", 7, 3)
    assert wire.unpack_completions(wire.pack_completions([completion])) == [completion]
    status = ModelStatus("m", Art.REWRITER, "ready", bytes=1, context=512, truncated=2)
    assert wire.unpack_model(wire.pack_model(status)) == status
