"""The estimate of word pieces, held against MiniLM's own tokenizer."""

from pathlib import Path

import pytest

from trivium_models import weights
from trivium_models.errors import ModelError
from trivium_models.types import Art
from trivium_server.domain import chunking, languages, tokens

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("parse_config", ["parse", "config"]),
        ("parseHTTPHeader x2", ["parse", "http", "header", "x2"]),
        ("größe, naïve", ["größe", "naïve"]),
        ("", []),
    ],
)
def test_words(text, words):
    assert tokens.words(text) == words


def test_counts_of_ranges_add_up():
    text = "def parse_config(path):\n    return load(path)\n" * 20
    pieces = tokens.Pieces(text)
    whole = pieces.count(0, len(text))
    assert abs(pieces.count(0, 100) + pieces.count(100, len(text)) - whole) <= 1
    reach = pieces.reach(0, 50)
    assert pieces.count(0, reach) <= 50 <= pieces.count(0, reach + 12)
    assert tokens.count("") == 0


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer

    try:
        folder = weights.locate("all-MiniLM-L6-v2", Art.ENCODER)
    except ModelError as error:
        pytest.skip(str(error))
    found = Tokenizer.from_file(str(folder / "tokenizer.json"))
    found.no_truncation()
    found.no_padding()
    return found


def test_hardly_any_chunk_is_longer_than_the_encoder_reads(tokenizer):
    files = [*ROOT.glob("server/**/*.py"), *ROOT.glob("models/**/*.py"), *ROOT.glob("*.md")]
    ratios, long = [], 0
    for file in files:
        path = file.relative_to(ROOT).as_posix()
        for each in chunking.chunk(file.read_text("utf-8"), path, languages.of_path(path).id):
            real = len(tokenizer.encode(each.embedding_text).ids)
            ratios.append(tokens.count(each.text) / len(tokenizer.encode(each.text).ids))
            long += real > 256
    ratios.sort()
    assert ratios[len(ratios) // 20] > 0.8
    assert 0.9 < ratios[len(ratios) // 2] < 1.1
    assert long <= len(ratios) * 0.02
