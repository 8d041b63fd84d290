"""The catalog: found by any name that people use, complete, and honest about sizes."""

import re
from pathlib import Path

import pytest

from trivium_models import catalog, families
from trivium_models.catalog import size_class
from trivium_models.types import Art

CARDS = catalog.cards()


@pytest.mark.parametrize(
    "spec",
    [
        "all-MiniLM-L6-v2",
        "ALL-minilm-l6-V2",
        " all-MiniLM-L6-v2 ",
        "sentence-transformers/all-MiniLM-L6-v2",
    ],
)
def test_a_model_is_found_by_name_and_hub_id_whatever_the_case(spec):
    assert catalog.find(spec).name == "all-MiniLM-L6-v2"


@pytest.mark.parametrize("spec", ["", "fake", "nobody/nothing", "/some/folder", "a.gguf"])
def test_what_is_not_in_the_catalog_is_not_found(spec):
    assert catalog.find(spec) is None


def test_names_and_aliases_are_unique():
    names = [name.casefold() for card in CARDS for name in (card.name, *card.aliases)]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_a_card_is_complete(card):
    assert card.licence and card.languages and card.tasks and card.note
    assert card.context >= 128
    assert card.family in {family for _, family in families.FAMILIES.values()} | {"MiniLM"}
    assert card.sources
    for source in card.sources:
        assert source.kind in ("wheel", "hub", "package")
        if source.kind == "wheel":
            assert re.fullmatch(r"[\w.-]+==[\w.]+", source.where), "a wheel is pinned"
            assert source.files, "a wheel's files are known by hash"
            assert source.folder.endswith("/")
        if source.kind == "hub":
            assert source.where in card.aliases
        assert all(re.fullmatch("[0-9a-f]{64}", known) for known in source.files.values())


def test_every_art_has_a_default_and_the_families_of_its_architecture():
    assert [card.name for card in catalog.defaults().values()] == [
        "all-MiniLM-L6-v2",
        "SmolLM2-135M-Instruct",
        "trivium-t5",
    ]
    families_of = {art: {card.family for card in CARDS if card.art is art} for art in Art}
    assert {"MiniLM", "BERT", "RoBERTa", "DistilBERT", "MPNet"} <= families_of[Art.ENCODER]
    assert {"GPT-2", "GPT-NeoX", "Llama", "Qwen", "StarCoder"} <= families_of[Art.DECODER]
    assert {"T5", "mT5", "BART", "MarianMT"} <= families_of[Art.REWRITER]


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        (1, "tiny"),
        (22_713_216, "tiny"),
        (60_506_624, "small"),
        (134_515_008, "base"),
        (299_999_999, "base"),
        (300_000_000, "large"),
    ],
)
def test_size_classes(parameters, size):
    assert size_class(parameters) == size


def test_the_largest_model_that_fits_is_named():
    assert catalog.largest(Art.DECODER, 500_000_000).name == "Qwen2.5-Coder-0.5B"
    assert catalog.largest(Art.DECODER, 10**12).name == "starcoder2-3b"
    assert catalog.largest(Art.DECODER, 1).name == "pythia-70m", "the smallest, if none fits"


@pytest.mark.parametrize("card", catalog.defaults().values(), ids=lambda card: card.name)
def test_the_page_of_a_default_says_how_much_it_reads_in_one_piece(card):
    root = Path(__file__).parents[2] / "models"
    shipped = root / "trivium_models/data/t5/README.md"
    page = shipped if card.name == "trivium-t5" else root / f"cards/{card.name}.md"
    text = page.read_text(encoding="utf-8")
    assert re.search(rf"reads( at most \|)? {card.context:,} (tokens|word pieces)", text)
