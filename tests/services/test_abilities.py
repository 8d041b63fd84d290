"""What models can do, read from their folders without loading them."""

import json

import pytest
from models.checkpoints import write_checkpoint

from trivium_models.errors import ModelUnfit
from trivium_server.domain.rewriting.guard import BRACKETS, SENTINELS
from trivium_server.services import abilities


def folder(tmp_path, name="model", **files):
    made = tmp_path / name
    made.mkdir()
    for stem, content in files.items():
        (made / f"{stem}.json").write_text(json.dumps(content))
    return made


def test_our_own_model_offers_what_it_was_measured_to_be_good_at(tmp_path):
    tasks = {
        "summarize code:": {"offered": True, "least_logprob": -0.4},
        "summarize:": {"offered": False, "metric": "ROUGE-L", "value": 1.0, "bar": 2.0},
        "translate German to English:": {"offered": True},
    }
    found = abilities.of_folder(folder(tmp_path, trivium={"tasks": tasks}), "ours")
    assert found.code == "summarize code: "
    assert found.prose is None
    assert found.pairs == {("de", "en"): "translate German to English: "}
    assert found.weak == {"summarize": "ROUGE-L 1.0, and 2.0 is wanted"}
    assert found.least == {"summarize code: ": -0.4}
    assert found.placeholder == SENTINELS


def test_a_manifest_of_the_cache_is_not_taken_for_a_card(tmp_path):
    made = folder(tmp_path, trivium={"name": "t5-small", "files": {}}, config={"model_type": "t5"})
    assert set(abilities.of_folder(made, "t5-small").pairs) == {
        ("en", "de"),
        ("en", "fr"),
        ("en", "ro"),
    }


def test_a_t5_says_its_prefixes_in_its_configuration(tmp_path):
    specific = {
        "summarization": {"prefix": "summarize: ", "num_beams": 4},
        "translation_en_to_de": {"prefix": "translate English to German: "},
    }
    config = {"model_type": "t5", "task_specific_params": specific}
    found = abilities.of_folder(folder(tmp_path, config=config), "any")
    assert found.prose == "summarize: "
    assert list(found.pairs) == [("en", "de")]
    assert found.placeholder == BRACKETS


@pytest.mark.parametrize(
    ("name", "tokenizer"),
    [("opus-mt-fr-en", {}), ("mine", {"source_lang": "fr", "target_lang": "en"})],
)
def test_a_marian_model_translates_its_pair(tmp_path, name, tokenizer):
    made = folder(tmp_path, name, config={"model_type": "marian"}, tokenizer_config=tokenizer)
    assert abilities.of_folder(made, name).pairs == {("fr", "en"): ""}


def test_a_bart_summarizes_without_a_prefix(tmp_path):
    found = abilities.of_folder(folder(tmp_path, config={"model_type": "bart"}), "bart")
    assert found.prose == ""
    assert not found.pairs


@pytest.mark.parametrize("config", [{"model_type": "mt5"}, {}])
def test_a_model_of_which_nothing_is_known_offers_nothing(tmp_path, config):
    found = abilities.of_folder(folder(tmp_path, config=config), "any")
    assert (found.prose, found.code, found.pairs) == (None, None, {})


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (None, "is not a model's folder"),
        ("bert", "is an encoder-only model"),
        ("vits", "cannot use"),
    ],
)
def test_a_folder_that_cannot_rewrite_says_why(tmp_path, kind, said):
    made = write_checkpoint(tmp_path / "own", kind) if kind else folder(tmp_path)
    with pytest.raises(ModelUnfit, match=said):
        abilities.of_model(str(made))


@pytest.mark.parametrize(
    ("spec", "pairs"),
    [
        ("google-t5/t5-small", {("en", "de"), ("en", "fr"), ("en", "ro")}),
        ("opus-mt-en-de", {("en", "de")}),
        ("distilbart-cnn-6-6", set()),
    ],
)
def test_a_model_that_is_not_here_is_known_by_its_card(spec, pairs):
    assert set(abilities.of_model(spec).pairs) == pairs
