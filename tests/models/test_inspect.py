"""Checkpoints described from their headers, and one sentence for each thing that can be wrong."""

import json
import subprocess
import sys

import pytest
from models.checkpoints import LAYERS, WIDTH, WORDS, byte_tokenizer, tensors_of, write_checkpoint
from safetensors.numpy import load_file, save_file

from trivium_models import catalog, machine, weights
from trivium_models.errors import ModelDamaged, ModelUnfit
from trivium_models.inspect import check_memory, inspect
from trivium_models.types import Art


@pytest.mark.parametrize(
    ("kind", "art", "family", "context"),
    [
        ("bert", Art.ENCODER, "BERT", 64),
        ("roberta", Art.ENCODER, "RoBERTa", 64),
        ("gpt2", Art.DECODER, "GPT-2", 64),
        ("llama", Art.DECODER, "Llama", 64),
        ("t5", Art.REWRITER, "T5", 512),
        ("marian", Art.REWRITER, "MarianMT", 64),
    ],
)
def test_what_a_checkpoint_is(tmp_path, kind, art, family, context):
    found = inspect(write_checkpoint(tmp_path, kind))
    assert (found.art, found.family, found.context) == (art, family, context)
    assert found.parameters == sum(each.size for each in tensors_of(kind).values())
    assert found.bytes == 4 * found.parameters
    assert weights.locate(str(tmp_path), art) == tmp_path


def test_a_type_that_is_not_in_the_table_is_judged_by_its_class(tmp_path):
    write_checkpoint(tmp_path, "llama", model_type="newest", architectures=["NewestForCausalLM"])
    assert inspect(tmp_path).art is Art.DECODER


def test_sentence_transformers_make_an_encoder_of_anything_and_name_its_limit(tmp_path):
    write_checkpoint(tmp_path, "llama")
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / "sentence_bert_config.json").write_text('{"max_seq_length": 48}')
    found = inspect(tmp_path)
    assert (found.art, found.context) == (Art.ENCODER, 48)


def test_the_transformer_may_have_a_folder_of_its_own(tmp_path):
    write_checkpoint(tmp_path / "0_Transformer")
    (tmp_path / "modules.json").write_text("[]")
    assert inspect(tmp_path).family == "BERT"


def test_whole_numbers_are_not_parameters(tmp_path):
    import numpy as np

    write_checkpoint(tmp_path)
    positions = {"embeddings.position_ids": np.arange(64)}
    save_file({**tensors_of("bert"), **positions}, tmp_path / "model.safetensors")
    assert inspect(tmp_path).parameters == WORDS * WIDTH + LAYERS * 2 * WIDTH * WIDTH


def cut_short(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def longer(folder):
    with (folder / "model.safetensors").open("ab") as file:
        file.write(b"\0")


def write_weights(content):
    return lambda folder: (folder / "model.safetensors").write_bytes(content)


def write_config(content):
    return lambda folder: (folder / "config.json").write_text(content)


def write_tokenizer(content):
    return lambda folder: (folder / "tokenizer.json").write_text(content)


def without(*names):
    def change(folder):
        path = folder / "model.safetensors"
        tensors = {name: each for name, each in load_file(path).items() if name not in names}
        save_file(tensors, path)

    return change


def deeper(layers):
    return lambda folder: write_checkpoint(folder, num_hidden_layers=layers)


def only_pickle(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def only_gguf(folder):
    (folder / "model.safetensors").rename(folder / "model.gguf")
    (folder / "config.json").unlink()


def missing_shard(folder):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    where = dict.fromkeys(tensors_of("bert"), "model-00001-of-00002.safetensors")
    where["pooler.weight"] = "model-00002-of-00002.safetensors"
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))


def missing_in_shard(folder):
    missing_shard(folder)
    save_file({"other": tensors_of("bert")["embeddings.word_embeddings.weight"]},
              folder / "model-00002-of-00002.safetensors")  # fmt: skip


def escaping_shard(folder):
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../x"}}')


def other_tokenizer(words):
    return lambda folder: byte_tokenizer(words).save(str(folder / "tokenizer.json"))


def added_token(number):
    def change(folder):
        tokenizer = json.loads((folder / "tokenizer.json").read_text())
        tokenizer["added_tokens"].append({"id": number, "content": "<new>", "special": True})
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer))

    return change


BROKEN = [
    (added_token(WORDS), ModelDamaged, f"its highest token is number {WORDS}, and the weights"),
    (cut_short, ModelDamaged, "is cut short"),
    (longer, ModelDamaged, "is cut short"),
    (write_weights(b""), ModelDamaged, "is not a safetensors file"),
    (write_weights(b"\xff" * 100), ModelDamaged, "is not a safetensors file"),
    (write_weights(b"\x02\0\0\0\0\0\0\0{}"), ModelDamaged, "is not a safetensors file"),
    (write_weights(b"\x02\0\0\0\0\0\0\0[]"), ModelDamaged, "is not a safetensors file"),
    (write_weights(b"version https://git-lfs"), ModelDamaged, "is not a safetensors file"),
    (write_config("{"), ModelDamaged, "config.json"),
    (write_config("[]"), ModelDamaged, "config.json"),
    (write_config("{}"), ModelDamaged, "model_type"),
    (write_config('{"model_type": "vits"}'), ModelUnfit, "cannot use (model_type vits)"),
    (write_config('{"model_type": "own", "auto_map": {}}'), ModelUnfit, "runs no code"),
    (without("embeddings.word_embeddings.weight"), ModelDamaged, "word embeddings are missing"),
    (without("encoder.layer.1.mlp.weight"), ModelDamaged, "encoder.layer.1.mlp.weight is missing"),
    (deeper(4), ModelDamaged, "encoder.layer has 3 layers and the configuration 4"),
    (deeper(2), ModelDamaged, "encoder.layer has 3 layers and the configuration 2"),
    (only_pickle, ModelUnfit, "only as a pickle"),
    (only_gguf, ModelUnfit, "name the file itself"),
    (missing_shard, ModelDamaged, "model-00002-of-00002.safetensors is missing"),
    (missing_in_shard, ModelDamaged, "pooler.weight is not in its files"),
    (escaping_shard, ModelDamaged, "../x is missing"),
    (other_tokenizer(WORDS + 1), ModelDamaged, "tokenizer"),
    (other_tokenizer(256), ModelDamaged, "it has 256 tokens, and the weights have 400 words"),
    (write_tokenizer('{"not": "one"}'), ModelDamaged, "The tokenizer.json of my model cannot be"),
    (write_tokenizer("<html>"), ModelDamaged, "The tokenizer.json of my model cannot be"),
    (lambda folder: (folder / "tokenizer.json").unlink(), ModelDamaged, "has no tokenizer"),
    (lambda folder: (folder / "model.safetensors").unlink(), ModelDamaged, "has no weights"),
    (lambda folder: (folder / "config.json").unlink(), ModelUnfit, "is not a model's folder"),
    (write_config('{"model_type": "bert", "vocab_size": 99}'), ModelDamaged, "do not belong"),
]


@pytest.mark.parametrize(("change", "kind", "says"), BROKEN)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, change, kind, says):
    write_checkpoint(tmp_path)
    if "400 words" in says:
        write_checkpoint(tmp_path, vocab_size=400)
        tensors = tensors_of("bert")
        name = "embeddings.word_embeddings.weight"
        tensors[name] = tensors[name].repeat(2, 0)[:400]
        save_file(tensors, tmp_path / "model.safetensors")
    change(tmp_path)
    with pytest.raises(kind) as caught:
        inspect(tmp_path, "my model")
    assert says in str(caught.value)
    assert "my model" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["bert", "gpt2", "t5"])
@pytest.mark.parametrize("art", list(Art))
def test_a_model_of_another_architecture_is_refused_with_one_that_fits(tmp_path, kind, art):
    folder = write_checkpoint(tmp_path, kind)
    if inspect(folder).art is art:
        return
    with pytest.raises(ModelUnfit, match=rf"cannot serve as the {art}.*such as [\w-]+\."):
        weights.locate(str(folder), art)


def test_a_model_larger_than_memory_is_refused_before_it_is_loaded():
    with pytest.raises(ModelUnfit, match=r"needs 14\.0 GB .* 8\.0 GB are free.* 4,000 million"):
        check_memory(7_000_000_000, 2, 8_000_000_000, "big", "phi-1_5")
    check_memory(4_000_000_000, 2, 8_000_000_000, "just right", "phi-1_5")


def test_the_memory_comes_from_the_header_alone(tmp_path):
    """A terabyte of weights, announced by a sparse file that takes no room on the disk."""
    write_checkpoint(tmp_path)
    size = 2**40
    tensors = {"embeddings.word_embeddings.weight": ([WORDS, WIDTH], 4 * WORDS * WIDTH)}
    tensors["pooler.weight"] = ([size // 4], size)
    header, start = {}, 0
    for name, (shape, length) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, start + length]}
        start += length
    text = json.dumps(header).encode()
    with (tmp_path / "model.safetensors").open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + start)
    assert machine.available_memory() < size / 2
    with pytest.raises(ModelUnfit, match=r"GB are free: up to .* would fit, such as"):
        weights.locate(str(tmp_path), Art.ENCODER)


def test_inspecting_imports_no_framework(tmp_path):
    write_checkpoint(tmp_path)
    code = (
        "import sys; from trivium_models import weights; from trivium_models.types import Art; "
        f"weights.locate({str(tmp_path)!r}, Art.ENCODER); "
        "print({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules) or 'none')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"


@pytest.mark.parametrize("card", catalog.defaults().values(), ids=lambda card: card.name)
def test_the_defaults_are_as_their_cards_say(card):
    if card.sources[0].kind == "package" and not weights.find(card.name):
        pytest.skip(f"{card.name} is not shipped yet")
    found = inspect(weights.locate(card.name, card.art))
    assert (found.parameters, found.context) == (card.parameters, card.context)
