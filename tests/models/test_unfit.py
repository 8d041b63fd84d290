"""Checkpoints that cannot serve: one sentence from the engine, whatever is wrong, for every art."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

from models import tiny, tiny_decoders
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.errors import ModelError
from trivium_models.types import Art, Priority, RewriteOptions
from trivium_server.cli import main

BUILD = {
    Art.ENCODER: (tiny.build_encoder, "bert", "encoder.layer.0.attention.self.query.lora_A"),
    Art.DECODER: (tiny_decoders.build, "llama", "model.layers.0.self_attn.q_proj.lora_A"),
    Art.REWRITER: (tiny.build_rewriter, "t5", "encoder.block.0.layer.0.SelfAttention.q.lora_A"),
}
NORM = {
    Art.ENCODER: "encoder.layer.0.output.LayerNorm.weight",
    Art.DECODER: "model.norm.weight",
    Art.REWRITER: "encoder.final_layer_norm.weight",
}
FITS = {Art.ENCODER: "encoder-only", Art.DECODER: "decoder-only", Art.REWRITER: "encoder-decoder"}


@pytest.fixture(params=list(Art))
def art(request):
    return request.param


@pytest.fixture
def folder(art, tmp_path):
    build, family, _ = BUILD[art]
    build(tmp_path / "model", family)
    return tmp_path / "model"


async def use(engine, art):
    """Have a model do what it is for."""
    if art is Art.ENCODER:
        await engine.embed(["a text"], priority=Priority.QUERY)
    elif art is Art.DECODER:
        await engine.complete("def a")
    else:
        await engine.rewrite("summarize: ", ["a text"], RewriteOptions(max_tokens=4))


async def refusal(art, spec):
    """What the server would say when it needs the model."""
    engine = EngineClient(EngineConfig(**{art.value: str(spec)}))
    try:
        with pytest.raises(ModelError) as caught:
            await use(engine, art)
    finally:
        await engine.close()
    said = str(caught.value)
    assert "\n" not in said and "Traceback" not in said and "transformers" not in said
    return said


def replace_weights(folder, name, change):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    save_file({**tensors, name: change(tensors[name])}, path, {"format": "pt"})


def add(folder, name):
    path = folder / "model.safetensors"
    tensors = load_file(path)
    some = next(iter(tensors.values()))
    save_file({**tensors, name: some[:2].copy()}, path, {"format": "pt"})


async def test_weights_in_a_layer_that_nothing_uses_are_named(art, folder):
    name = f"{BUILD[art][2]}.weight"
    add(folder, name)
    said = await refusal(art, folder)
    assert name in said and "merged" in said


async def test_weights_of_another_shape(art, folder):
    name = BUILD[art][2].removesuffix("lora_A") + "weight"
    replace_weights(folder, name, lambda tensor: np.zeros((3, 5), tensor.dtype))
    told = await refusal(art, folder)
    assert "other shapes than it says" in told and str(folder) in told


async def test_weights_that_are_no_numbers(art, folder):
    # In a norm: torch's fused attention may hide what a query has of them.
    replace_weights(folder, NORM[art], lambda tensor: np.full_like(tensor, np.nan))
    told = await refusal(art, folder)
    assert "computes what is not a number" in told and str(folder) in told


async def test_a_text_that_an_encoder_makes_no_numbers_of_costs_only_itself(tmp_path):
    folder = tiny.build_encoder(tmp_path / "model", "bert")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = set(tokenizer.encode("QZ").ids) - set(tokenizer.encode("a text").ids)

    def without_it(words):
        words[list(ids)] = np.nan
        return words

    replace_weights(folder, "embeddings.word_embeddings.weight", without_it)
    engine = EngineClient(EngineConfig(encoder=str(folder)))
    try:
        texts = ["a text", "QZ", "a"]
        vectors = await engine.embed(texts, priority=Priority.INDEXING)
        alone = await engine.embed(["a"], priority=Priority.QUERY)
    finally:
        await engine.close()
    assert not vectors[1].any() and np.linalg.norm(vectors[0]) == pytest.approx(1, abs=1e-3)
    assert np.allclose(vectors[2], alone[0], atol=1e-3)


async def test_a_head_for_another_task_does_no_harm(art, folder):
    add(folder, "classifier.weight")
    engine = EngineClient(EngineConfig(**{art.value: str(folder)}))
    try:
        assert (await engine.prepare(art)).state == "ready"
    finally:
        await engine.close()


async def test_a_tokenizer_with_more_numbers_than_the_weights_have_rows(art, folder):
    path = folder / "tokenizer.json"
    content = json.loads(path.read_text())
    content["added_tokens"].append({"id": 99_999, "content": "<new>", "special": True})
    path.write_text(json.dumps(content))
    assert "token is number 99,999" in await refusal(art, folder)


async def test_the_wrong_architecture_is_told_what_would_fit(art, folder):
    for other in Art:
        if other is not art:
            said = await refusal(other, folder)
            assert FITS[art] in said and FITS[other] in said and "such as" in said


def test_the_command_line_says_the_same_sentence(art, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.py").write_text("x = 1\n")
    models = {each.value: "fake" for each in Art} | {art.value: str(tmp_path / "empty")}
    (tmp_path / "settings.json").write_text(json.dumps({"models": models}))
    words = {
        Art.ENCODER: ["label", "--example", "a=b", str(tmp_path / "a.py")],
        Art.DECODER: ["complete", f"{tmp_path / 'a.py'}:1:4"],
        Art.REWRITER: ["prompt", "x: ", str(tmp_path / "a.py")],
    }[art]
    assert main([*words, "--settings", str(tmp_path / "settings.json")]) == 1
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1 and "is not a model's folder" in said[0]
