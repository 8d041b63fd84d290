"""The encoder: the vectors that sentence-transformers gives, whatever the family, faster."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from support.jobs import finish
from trivium_models import fused, machine, prompts, weights
from trivium_models.errors import ModelDamaged, ModelMissing
from trivium_models.fake import FakeEncoder
from trivium_models.fused import FusedLinear, PlainLinear
from trivium_models.types import Art, Role

from . import tiny

pytestmark = pytest.mark.filterwarnings("ignore")

FP32 = replace(machine.detect(threads=1), features=())
"""This machine as one that has no bfloat16: vectors can be compared to the last digits."""

TEXTS = [
    "The file is closed.",
    "",
    "Read the next line. " * 60,
    "x",
    "Good morning. The list is empty, and nothing is returned to the caller of the list.",
    "Good morning.\nRead <extra_id_0>.",
    "🎉 ümläut \x00",
]


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("encoders")


@pytest.fixture(scope="session")
def minilm():
    try:
        return weights.locate("all-MiniLM-L6-v2", Art.ENCODER)
    except ModelMissing as missing:
        pytest.skip(str(missing))


def load(path, machine_=FP32):
    from trivium_models.encoder import SentenceEncoder

    return SentenceEncoder.load(path, machine_)


def reference(path, texts):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(path), device="cpu", local_files_only=True)
    return model.encode(texts, normalize_embeddings=True)


@pytest.mark.parametrize("family", tiny.ENCODERS)
@pytest.mark.parametrize(
    ("pooling", "normalize"), [(None, False), ("mean", True), ("cls", False), ("max", True)]
)
def test_a_family_gives_the_vectors_of_sentence_transformers(folder, family, pooling, normalize):
    path = folder / f"{family}-{pooling}"
    if pooling is None:
        tiny.build_encoder(path, family)
    else:
        tiny.build_sentence_encoder(path, family, pooling, normalize=normalize)
    vectors = finish(load(path).embed(TEXTS))
    assert np.allclose(vectors, reference(path, TEXTS), atol=1e-5)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
@pytest.mark.parametrize("linear", [PlainLinear, FusedLinear])
def test_either_kind_of_product_gives_the_same_vectors(folder, linear, monkeypatch):
    """Whichever of the two is faster on this machine."""
    monkeypatch.setattr(fused, "faster", lambda dtype: linear)
    path = folder / linear.__name__
    tiny.build_encoder(path, "bert")
    assert np.allclose(finish(load(path).embed(TEXTS)), reference(path, TEXTS), atol=1e-5)


@pytest.fixture(scope="module")
def prompted(folder):
    """Save a tiny BERT as a sentence-transformers folder that names prompts."""

    def save(name, **prompts):
        from sentence_transformers import SentenceTransformer

        if not (folder / "without-prompt").is_dir():
            tiny.build_encoder(folder / "without-prompt", "bert")
        plain = SentenceTransformer(str(folder / "without-prompt"), device="cpu", **prompts)
        plain.save(str(folder / name))
        return SentenceTransformer(str(folder / name), device="cpu"), load(folder / name)

    return save


def test_the_prompt_that_a_model_always_wants_is_put_before_each_text(folder, prompted):
    reference_, model = prompted(
        "with-prompt", prompts={"always": "Read: "}, default_prompt_name="always"
    )
    expected = reference_.encode(TEXTS, normalize_embeddings=True)
    for role in Role:
        assert np.allclose(finish(model.embed(TEXTS, role)), expected, atol=1e-5)
    assert not np.allclose(expected, reference(folder / "without-prompt", TEXTS), atol=1e-2)


@pytest.mark.parametrize(
    "prompts",
    [
        {"query": "Ask: ", "passage": "Tell: "},
        {"query": "Ask: ", "document": "Tell: "},
        {"query": "Ask: "},
        {"query": "", "document": ""},
    ],
)
def test_questions_and_passages_get_the_prompts_that_the_folder_names(prompted, prompts):
    reference_, model = prompted("-".join(prompts), prompts=prompts)
    asked = reference_.encode_query(TEXTS, normalize_embeddings=True)
    # encode_document overlooks `passage`: sentence-transformers adds an empty `document` on saving.
    told = reference_.encode(
        TEXTS, prompt=prompts.get("passage") or prompts.get("document"), normalize_embeddings=True
    )
    assert np.allclose(finish(model.embed(TEXTS, Role.QUERY)), asked, atol=1e-5)
    assert np.allclose(finish(model.embed(TEXTS, Role.PASSAGE)), told, atol=1e-5)
    assert np.allclose(asked, told, atol=1e-3) == (not any(prompts.values()))


@pytest.mark.parametrize(
    ("name", "query", "passage"),
    [
        ("e5-small-v2", "query: ", "passage: "),
        ("intfloat--multilingual-e5-base", "query: ", "passage: "),
        ("models--intfloat--e5-base/snapshots/0123", "query: ", "passage: "),
        ("bge-small-en-v1.5", "Represent this sentence for searching relevant passages: ", ""),
        ("all-MiniLM-L6-v2", "", ""),
        ("my-e5-small-tuned", "", ""),
    ],
)
def test_a_family_that_wants_prompts_is_known_by_its_name(tmp_path, name, query, passage):
    found = prompts.of_folder(tmp_path / name)
    assert found == {Role.QUERY: query, Role.PASSAGE: passage}


def test_a_model_of_the_catalog_reads_its_prompts(folder):
    path = tiny.build_encoder(folder / "e5-small-v2", "bert")
    model = load(path)
    for role, prompt in ((Role.QUERY, "query: "), (Role.PASSAGE, "passage: ")):
        expected = reference(path, [prompt + text for text in TEXTS])
        assert np.allclose(finish(model.embed(TEXTS, role)), expected, atol=1e-5)


def test_a_plain_bert_is_pooled_by_the_mean_of_its_tokens(folder):
    import torch
    from transformers import AutoModel, AutoTokenizer

    path = tiny.build_encoder(folder / "by-hand", "bert")
    tokenizer, model = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path)
    [vector] = finish(load(path).embed(["Read the next line."]))
    with torch.inference_mode():
        ids = tokenizer("Read the next line.", return_tensors="pt")["input_ids"]
        mean = model(input_ids=ids)[0][0].mean(0)
    assert np.allclose(vector, mean / mean.norm(), atol=1e-5)


def test_minilm_in_full_precision_is_sentence_transformers(minilm):
    assert np.allclose(finish(load(minilm).embed(TEXTS)), reference(minilm, TEXTS), atol=1e-5)


def test_minilm_as_this_machine_runs_it_is_within_a_thousandth(minilm):
    vectors = finish(load(minilm, machine.detect()).embed(TEXTS))
    assert (vectors * reference(minilm, TEXTS)).sum(axis=1).min() >= 0.999


@pytest.mark.parametrize("way", ["fused", "batched"])
@pytest.mark.parametrize("strength", [1, 40])
def test_attention_is_softmax_even_where_powers_overflow(way, strength):
    import torch

    from trivium_models import packed_attention

    qkv = torch.randn(16, 3 * 8, generator=torch.Generator().manual_seed(0))
    qkv[:, :16] *= strength
    found = getattr(packed_attention, way)(qkv, [5, 7], heads=2)
    for sentence in (slice(0, 5), slice(5, 12)):
        query, key, value = qkv[sentence].view(-1, 3, 2, 4).permute(1, 2, 0, 3)
        scores = query @ key.transpose(1, 2) * math.log(2)
        expected = (scores.softmax(-1) @ value).transpose(0, 1).flatten(1)
        assert torch.allclose(found[sentence], expected, atol=1e-4)
    assert not found[12:].any()


@pytest.mark.parametrize("way", ["fused", "batched"])
@pytest.mark.parametrize("score", [127.5, -148.5])
def test_attention_is_the_values_where_only_products_with_powers_overflow(way, score):
    import torch

    from trivium_models import packed_attention

    qkv = torch.zeros(16, 3, 8)  # Sentences of one token and one head.
    qkv[:, 0, 0], qkv[:, 1, 0], qkv[:, 2] = score, 1.0, 3.3
    found = getattr(packed_attention, way)(qkv.flatten(1), [1] * 16, heads=1)
    assert torch.allclose(found, torch.full((16, 8), 3.3))


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_does_not_change_a_vector(minilm, threads):
    texts = [f"{text} {number}" for number in range(40) for text in TEXTS]
    vectors = finish(load(minilm, replace(FP32, threads=threads)).embed(texts))
    assert np.allclose(vectors, finish(load(minilm).embed(texts)), atol=1e-5)


def test_neighbours_do_not_change_a_vector(minilm):
    encoder = load(minilm)
    together = finish(encoder.embed(TEXTS * 20))
    alone = np.concatenate([finish(encoder.embed([text])) for text in TEXTS])
    assert np.allclose(together, np.tile(alone, (20, 1)), atol=1e-5)


def test_a_long_text_is_cut_at_the_limit_and_counted(minilm):
    encoder = load(minilm)
    assert encoder.context == 256 and encoder.truncated == 0
    long = "word " * 300
    vectors = finish(encoder.embed([long, long + "another end", "word " * 254]))
    assert np.allclose(vectors[0], vectors[1], atol=1e-6)
    assert encoder.truncated == 2


def test_a_dropped_job_leaves_the_encoder_as_it_was(minilm):
    encoder = load(minilm)
    before = finish(encoder.embed(TEXTS))
    for steps in range(1, 12):
        job = encoder.embed(TEXTS * 30)
        for _ in range(steps):
            next(job)
        job.close()
    assert np.array_equal(finish(encoder.embed(TEXTS)), before)


def test_similar_meanings_are_near(minilm):
    question, answer, other = finish(
        load(minilm).embed(
            ["how do I read a file?", "def load(path): return open(path).read()", "the moon is red"]
        )
    )
    assert question @ answer > question @ other + 0.1


@pytest.mark.parametrize("files", [[], ["notes.txt"]])
def test_a_folder_that_is_no_model_is_refused(tmp_path, files):
    for name in files:
        (tmp_path / name).touch()
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        load(tmp_path)


class TestFake:
    """The fake keeps the promises that the tests of everything else rely on."""

    def test_it_is_normalised_deterministic_and_finds_shared_words(self):
        vectors = finish(FakeEncoder().embed(["parse_header", "the header's parser", "moon"]))
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
        assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
        assert np.array_equal(finish(FakeEncoder().embed(["parse_header"]))[0], vectors[0])

    def test_a_text_without_words_has_no_direction(self):
        assert not finish(FakeEncoder().embed(["", "…"])).any()
