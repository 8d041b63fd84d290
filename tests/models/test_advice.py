"""Advice: as large as time and memory allow, never larger, and it says why."""

import pytest

from trivium_models import advice, catalog, trial
from trivium_models.client import EngineConfig
from trivium_models.trial import Measured
from trivium_models.types import Art

PLENTY = 64_000_000_000


def minilm(seconds: float) -> Measured:
    return Measured(Art.ENCODER, "all-MiniLM-L6-v2", 22_713_216, seconds)


def parameters(name: str) -> int:
    return catalog.find(name).parameters


def test_a_faster_machine_is_given_a_larger_model():
    sizes = [parameters(advice.suggest(minilm(s), PLENTY).model) for s in (0.2, 0.03, 0.001)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


@pytest.mark.parametrize("art", list(Art))
@pytest.mark.parametrize("seconds", [0.001, 0.05, 5])
@pytest.mark.parametrize("memory", [500_000_000, PLENTY])
def test_what_is_suggested_fits_or_is_the_smallest(art, seconds, memory):
    found = advice.suggest(Measured(art, "x", 100_000_000, seconds), memory)
    smallest = min(c.parameters for c in catalog.cards() if c.art is art and c.parameters)
    fits = found.seconds <= advice.BEARABLE[art] and found.memory <= advice.SHARE * memory
    assert fits or parameters(found.model) == smallest


def test_models_that_need_training_first_are_not_suggested():
    names = {advice.suggest(minilm(s / 1000), PLENTY).model for s in range(1, 100)}
    assert not names & {"bert-base-uncased", "roberta-base", "distilbert-base-uncased"}


def test_without_a_measurement_the_default_is_named_with_the_reason():
    missing = Measured(Art.REWRITER, "trivium-t5", 0, 0.0, "It is not here.")
    found = advice.suggest(missing, PLENTY)
    assert (found.model, found.seconds) == ("trivium-t5", 0.0)
    assert found.why.endswith("It is not here.")


async def test_a_trial_measures_what_is_here_and_says_what_is_not():
    config = EngineConfig(encoder="fake", decoder="fake", rewriter="no-such/model")
    encoder, decoder, rewriter = await trial.measure(config)
    assert min(encoder.seconds, decoder.seconds) > 0
    assert "no-such/model" in rewriter.problem
