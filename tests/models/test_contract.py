"""What the engine relies on, held against every kind of model: fake, tiny, and the defaults.

Each is loaded as the engine loads it, from the spec that a user writes into the settings.
"""

from __future__ import annotations

import numpy as np
import pytest

from trivium_models import catalog, fake, machine
from trivium_models.errors import ModelDamaged, ModelError, ModelMissing, ModelUnfit
from trivium_models.loading import Models
from trivium_models.types import Art, CompletionOptions, RewriteOptions

from . import tiny, tiny_decoders

pytestmark = pytest.mark.filterwarnings("ignore")

SPECS = {
    Art.ENCODER: ["fake", "tiny bert", "tiny mpnet", "all-MiniLM-L6-v2"],
    Art.DECODER: ["fake", "tiny llama", "SmolLM2-135M-Instruct"],
    Art.REWRITER: ["fake", "tiny t5", "tiny bart", "trivium-t5"],
}
TINY = [(Art.ENCODER, "bert"), (Art.DECODER, "llama"), (Art.REWRITER, "t5")]
"""One model for each architecture."""
ALL = [(art, spec) for art, specs in SPECS.items() for spec in specs]
TEXTS = ["The file is closed.", "", "Read the next line, then the next."]


def steps(job):
    """How many times a job yielded, and its result."""
    count = 0
    while True:
        try:
            next(job)
            count += 1
        except StopIteration as end:
            return count, end.value


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("contract")


@pytest.fixture(scope="session")
def loaded(folder):
    """Load a model by its spec, once."""
    models = {}

    def load(art, spec):
        if (art, spec) not in models:
            models[art, spec] = _load(art, _built(folder, spec))
        return models[art, spec]

    return load


def _built(folder, spec):
    """A tiny model's folder; any other spec as it is."""
    kind, _, family = spec.partition(" ")
    if kind != "tiny":
        return spec
    if family in tiny.ENCODERS:
        return str(tiny.build_encoder(folder / family, family))
    if family in tiny.REWRITERS:
        return str(tiny.build_rewriter(folder / family, family))
    return str(tiny_decoders.build(folder / family, family))


def _load(art, spec):
    models = Models(lambda: None)
    models.configure({art: spec}, threads=1)
    try:
        return steps(models.get(art))[1]
    except ModelMissing as missing:
        pytest.skip(str(missing))


def job_of(art, model, texts=TEXTS):
    """Work for a model of an art."""
    if art is Art.ENCODER:
        return model.embed(texts)
    if art is Art.DECODER:
        return model.complete("\n".join(texts), "", CompletionOptions(max_tokens=8))
    return model.rewrite("summarize: ", texts, RewriteOptions(max_tokens=8))


def what_it_made_of(art, model, text):
    """Vectors, or how sure a model was of its words: any change of what it read shows there."""
    result = steps(job_of(art, model, [text]))[1]
    if art is Art.DECODER:
        return np.array(result[0].logprobs)
    return np.array([each.logprob for each in result]) if art is Art.REWRITER else result


def alike(one, other):
    """Up to what the number of rows in a product changes."""
    return one.shape == other.shape and np.allclose(one, other, atol=1e-3)


def same(one, other):
    return np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other


@pytest.mark.parametrize(("art", "spec"), ALL)
def test_it_says_what_it_is(loaded, art, spec):
    model = loaded(art, spec)
    assert model.context > 0 and model.truncated >= 0
    assert model.dtype in ("float32", "bfloat16", "float16")
    assert model.bytes > 0 or spec == "fake"


@pytest.mark.skipif(
    not machine.detect().bf16, reason="without bfloat16 products what is told is an upper bound"
)
@pytest.mark.parametrize("card", catalog.defaults().values(), ids=lambda card: card.name)
def test_the_memory_that_is_told_beforehand_is_what_it_takes(loaded, card):
    told = card.parameters * machine.detect().width(card.art)
    assert loaded(card.art, card.name).bytes == pytest.approx(told, rel=0.15)


@pytest.mark.parametrize(("art", "spec"), ALL)
def test_it_works_in_steps_and_can_be_dropped_after_any_of_them(loaded, art, spec):
    model = loaded(art, spec)
    count, result = steps(job_of(art, model))
    assert count >= 1
    for taken in range(1, min(count, 8)):
        job = job_of(art, model)
        for _ in range(taken):
            next(job, None)  # A decoder that knows the prompt by now may have ended earlier.
        job.close()
    again = steps(job_of(art, model))[1]
    if art is Art.DECODER:  # How much was cached is not the same, the answer is.
        assert [each.text for each in again] == [each.text for each in result]
    else:
        assert same(again, result)


@pytest.mark.parametrize(("art", "spec"), ALL)
def test_jobs_may_take_turns(loaded, art, spec):
    model = loaded(art, spec)
    alone = steps(job_of(art, model))[1]
    one, other = job_of(art, model), job_of(art, model, TEXTS[::-1])
    next(one), next(other)
    steps(other)
    together = steps(one)[1]
    if art is Art.DECODER:
        assert [each.text for each in together] == [each.text for each in alone]
    else:
        assert same(together, alone)


@pytest.mark.parametrize("spec", SPECS[Art.ENCODER])
def test_vectors_are_float32_normalised_and_in_order(loaded, spec):
    model = loaded(Art.ENCODER, spec)
    vectors = steps(model.embed([*TEXTS, TEXTS[0]]))[1]
    assert vectors.dtype == np.float32 and vectors.shape == (4, model.dimensions)
    assert np.allclose(np.linalg.norm(vectors[[0, 2]], axis=1), 1, atol=1e-4)
    assert vectors[0] @ vectors[3] > 0.999 and vectors[0] @ vectors[2] < 0.999
    assert steps(model.embed([]))[1].shape == (0, model.dimensions)


@pytest.mark.parametrize("spec", SPECS[Art.REWRITER])
def test_each_text_gets_one_answer_and_what_is_shown_belongs_to_one(loaded, spec):
    job = loaded(Art.REWRITER, spec).rewrite("summarize: ", TEXTS, RewriteOptions(max_tokens=8))
    shown = []
    while True:
        try:
            shown.append(next(job))
        except StopIteration as end:
            assert len(end.value) == len(TEXTS)
            break
    assert {index for index, _ in filter(None, shown)} <= set(range(len(TEXTS)))


@pytest.mark.parametrize(
    ("art", "spec"),
    # The window of the default decoder takes seconds to read.
    [(art, spec) for art, spec in ALL if spec not in ("fake", "SmolLM2-135M-Instruct")],
)
def test_beyond_the_limit_a_text_is_cut_and_reported_and_within_it_is_not(loaded, art, spec):
    model = loaded(art, spec)
    before = model.truncated
    steps(job_of(art, model, ["word"]))
    assert model.truncated == before
    steps(job_of(art, model, ["word " * (model.context + 9)]))
    assert model.truncated == before + 1


@pytest.mark.parametrize(("art", "spec"), [(art, f"tiny {name}") for art, name in TINY])
def test_what_is_within_the_limit_counts_and_what_is_beyond_it_does_not(loaded, art, spec):
    """Encoders read the beginning of a text, decoders its end."""
    model = loaded(art, spec)
    text = "word " * 2 * model.context
    first, last = f"text{text[4:]}", f"{text[:-5]}text "
    inside, beyond = (last, first) if art is Art.DECODER else (first, last)
    whole = what_it_made_of(art, model, text)
    assert not alike(what_it_made_of(art, model, inside), whole)
    assert alike(what_it_made_of(art, model, beyond), whole)


@pytest.mark.parametrize(
    ("art", "family"), [(Art.ENCODER, "llama"), (Art.DECODER, "t5"), (Art.REWRITER, "bert")]
)
def test_a_model_of_another_architecture_is_refused_before_loading(folder, art, family):
    spec = _built(folder / "wrong", f"tiny {family}")
    with pytest.raises(ModelUnfit):
        _load(art, spec)


@pytest.mark.parametrize(
    ("art", "family", "name"),
    [
        (Art.ENCODER, "bert", "embeddings.LayerNorm.weight"),
        (Art.DECODER, "llama", "model.norm.weight"),
        (Art.REWRITER, "t5", "encoder.final_layer_norm.weight"),
    ],
)
def test_weights_that_lack_a_tensor_are_refused_and_not_filled_with_random_numbers(
    folder, art, family, name
):
    from safetensors.numpy import load_file, save_file

    spec = _built(folder / "lacking", f"tiny {family}")
    file = f"{spec}/model.safetensors"
    tensors = load_file(file)
    del tensors[name]
    save_file(tensors, file, {"format": "pt"})
    with pytest.raises(ModelDamaged, match=f"{name} is not in its weights"):
        _load(art, spec)


@pytest.mark.parametrize(
    ("art", "family"), [(Art.ENCODER, "bert"), (Art.DECODER, "llama"), (Art.REWRITER, "t5")]
)
def test_weights_with_a_layer_more_than_their_configuration_are_refused(folder, art, family):
    from safetensors.numpy import load_file, save_file

    spec = _built(folder / "more", f"tiny {family}")
    file = f"{spec}/model.safetensors"
    tensors = load_file(file)
    last = {name: value for name, value in tensors.items() if ".1." in name}
    tensors |= {name.replace(".1.", ".2.", 1): value for name, value in last.items()}
    save_file(tensors, file, {"format": "pt"})
    with pytest.raises(ModelDamaged, match="do not belong to its config"):
        _load(art, spec)


def test_a_folder_without_a_model_is_an_error_of_the_kind_that_callers_show(tmp_path):
    with pytest.raises(ModelError, match=r"config\.json"):
        _load(Art.ENCODER, str(tmp_path))


@pytest.mark.parametrize("spec", ["fake", "fake:5", "fake:0.5"])
def test_a_fake_is_known_by_its_name(spec):
    assert fake.is_fake(spec) and not fake.is_fake(f"my-{spec}")
