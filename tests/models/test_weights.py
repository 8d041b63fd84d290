"""From a model's name to its folder: what is found and what is refused."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trivium_models import cache, fetching, inventory, weights
from trivium_models.errors import ModelError, ModelMissing, ModelUnfit
from trivium_models.types import Art

pytestmark = pytest.mark.usefixtures("empty_cache")


def hub_cache(checkpoint, repository="org/tiny"):
    """The layout of the hub's cache: blobs, a snapshot of links to them, a ref to the snapshot."""
    root = Path(os.environ["HF_HOME"]) / "hub" / f"models--{repository.replace('/', '--')}"
    snapshot = root / "snapshots" / ("c0ffee" * 7)[:40]
    for folder in (root / "blobs", root / "refs", snapshot):
        folder.mkdir(parents=True)
    (root / "refs" / "main").write_text(snapshot.name)
    for file in (path for path in checkpoint.iterdir() if path.is_file()):
        (root / "blobs" / file.name).write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(root / "blobs" / file.name)
    return snapshot


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("all-MiniLM-L6-v2", "run `trivium models pull all-MiniLM-L6-v2`"),
        ("sentence-transformers/all-MiniLM-L6-v2", "run `trivium models pull all-MiniLM-L6-v2`"),
        ("someone/some-model", "run `trivium models pull someone/some-model`"),
        ("all-MiniLM-L6", "did you mean all-MiniLM-L6-v2?"),
        ("what?", "`trivium models list` shows"),
        ("", "'' is not a model"),
        ("./nowhere", "There is no folder or GGUF file"),
        ("/no/where.gguf", "There is no folder or GGUF file /no/where.gguf"),
        ("../../no/such", "There is no folder or GGUF file"),
        ("a/../../b", "is not a model"),
    ],
)
def test_a_missing_model_is_named_with_what_to_do(spec, says):
    with pytest.raises(ModelMissing) as caught:
        weights.locate(spec, Art.ENCODER)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(), st.from_regex(r"[./~\\\w-]{1,12}", fullmatch=True)))
@example("..")
@example("~nobody-of-that-name/model")
@example("null\0character")
@example("\0.gguf")
@example("x" * 100_000)
@example("/" + "x" * 100_000)
@example("org/" + "x" * 300)
@example(".partial")
@example("\ud800")
def test_whatever_is_written_as_a_model_is_answered_with_a_sentence(spec):
    for attempt in (lambda: weights.locate(spec, Art.ENCODER), lambda: inventory.item(spec)):
        try:
            attempt()
        except ModelError as error:
            assert str(error)


def test_the_projects_own_model_says_plainly_when_it_is_not_shipped():
    if weights.find("trivium-t5"):
        assert inventory.item("trivium-t5").state == "ready"
        return
    for attempt in (lambda name: weights.locate(name, Art.REWRITER), fetching.pull):
        with pytest.raises(ModelMissing, match=r"not shipped .* `trivium models pull t5-small`"):
            attempt("trivium-t5")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ModelUnfit, match="is a file"):
        weights.locate(str(tmp_path / "notes.txt"), Art.ENCODER)


def test_a_folder_is_used_where_it_is(checkpoint, monkeypatch):
    assert weights.locate(str(checkpoint), Art.ENCODER) == checkpoint
    assert fetching.pull(str(checkpoint)) == checkpoint
    monkeypatch.chdir(checkpoint.parent)
    assert weights.locate("source", Art.ENCODER) == checkpoint
    assert weights.locate("./source", Art.ENCODER) == checkpoint
    assert not cache.cached(), "nothing was copied"


def test_a_model_in_the_hubs_cache_is_found_where_it_lies(checkpoint):
    snapshot = hub_cache(checkpoint)
    assert weights.locate("org/tiny", Art.ENCODER) == snapshot
    assert fetching.pull("org/tiny") == snapshot
    assert weights.find("org/tiny").origin == "hub cache org/tiny"
    assert fetching.verify("org/tiny") == snapshot
    assert not cache.cached()


def test_a_catalog_name_finds_the_hubs_cache_too(checkpoint):
    snapshot = hub_cache(checkpoint, "BAAI/bge-small-en-v1.5")
    assert weights.locate("bge-small-en-v1.5", Art.ENCODER) == snapshot


@pytest.mark.parametrize("gone", ["config.json", "model.safetensors"])
def test_half_a_model_in_the_hubs_cache_does_not_count(checkpoint, gone):
    (hub_cache(checkpoint) / gone).unlink()
    with pytest.raises(ModelMissing):
        weights.locate("org/tiny", Art.ENCODER)


@pytest.mark.parametrize("variable", ["HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"])
def test_the_hubs_cache_is_where_its_variables_say(checkpoint, monkeypatch, variable):
    snapshot = hub_cache(checkpoint)
    monkeypatch.setenv(variable, str(Path(os.environ["HF_HOME"]) / "hub"))
    monkeypatch.setenv("HF_HOME", "/nowhere")
    assert weights.locate("org/tiny", Art.ENCODER) == snapshot


def test_the_inventory_tells_everything_about_a_model(tiny):
    fetching.pull(tiny)
    found = inventory.item(tiny)
    assert (found.state, found.art, found.architecture) == ("ready", "encoder", "encoder-only")
    assert (found.family, found.size, found.context) == ("BERT", "tiny", 64)
    assert found.memory in (2 * found.parameters, 4 * found.parameters)
    assert found.disk > found.parameters
    assert found.origin == "wheel tiny-model==1.0"


def test_the_inventory_holds_models_that_are_not_in_the_catalog(checkpoint):
    with cache.workshop("org/other") as made:
        for file in (path for path in checkpoint.iterdir() if path.is_file()):
            (made / file.name).write_bytes(file.read_bytes())
        cache.install(made, "org/other", "hub org/other")
    found = next(item for item in inventory.survey() if item.name == "org/other")
    assert (found.state, found.family, found.origin) == ("ready", "BERT", "hub org/other")
    assert found.licence == "", "what is not known is not invented"
