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
def test_what_is_suggested_fits_or_is_said_not_to(art, seconds, memory):
    found = advice.suggest(Measured(art, "x", 100_000_000, seconds), memory)
    fits = found.seconds <= advice.BEARABLE[art] and found.memory <= advice.SHARE * memory
    assert fits or "nothing usable stays within" in found.why
    assert found.quality != "basic" and not found.measured


@pytest.mark.parametrize("seconds", [0.5, 3, 60])
def test_a_slow_machine_keeps_the_default_decoder_and_is_given_no_toy(seconds):
    measured = Measured(Art.DECODER, "SmolLM2-135M-Instruct", 134_515_008, seconds)
    found = advice.suggest(measured, PLENTY)
    assert (found.model, found.measured) == ("SmolLM2-135M-Instruct", True)


def test_models_that_need_training_or_know_one_task_only_are_not_suggested():
    names = {advice.suggest(minilm(s / 1000), PLENTY).model for s in range(1, 100)}
    assert not names & {"bert-base-uncased", "roberta-base", "distilbert-base-uncased"}
    fast = Measured(Art.REWRITER, "trivium-t5", 10_066_176, 0.0001)
    assert "summarize" in catalog.find(advice.suggest(fast, PLENTY).model).tasks


def test_what_was_not_measured_is_estimated_from_what_was_and_said_to_be():
    missing = Measured(Art.REWRITER, "trivium-t5", 0, 0.0, "It is not here.")
    alone = advice.suggest(missing, PLENTY)
    assert alone.seconds > 0 and not alone.measured
    assert "It is not here" in alone.why and "an estimate" in alone.why
    slow, fast = (advice.suggest_all([minilm(s), missing], PLENTY)[1] for s in (5, 0.001))
    pace = [each.seconds / parameters(each.model) for each in (slow, fast)]
    assert pace[0] > pace[1]
    assert all("from the arts that were measured" in each.why for each in (slow, fast))


async def test_a_trial_ends_with_its_time_whatever_was_reached():
    config = EngineConfig(encoder="fake", decoder="fake", rewriter="fake")
    found = await trial.measure(config, seconds=0)
    assert [each.seconds for each in found] == [0.0] * 3
    assert all("no time left" in each.problem for each in found)


async def test_a_trial_measures_what_is_here_and_says_what_is_not():
    config = EngineConfig(encoder="fake", decoder="fake", rewriter="no-such/model")
    encoder, decoder, rewriter = await trial.measure(config)
    assert min(encoder.seconds, decoder.seconds) > 0
    assert "no-such/model" in rewriter.problem
