"""A GGUF converted once: the same weights, the same tokens, the same answers."""

import json
import string

import gguf as gguf_library
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from models.checkpoints import write_checkpoint
from tokenizers import Tokenizer, pre_tokenizers

from trivium_models import cache, fetching, specs, weights
from trivium_models.errors import ModelDamaged, ModelMissing, ModelUnfit
from trivium_models.types import Art

DEFAULT = "SmolLM2-135M-Instruct"
WIDTH, LAYERS, HEADS, HIDDEN = 64, 2, 4, 96
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<file_sep>"]

CODE = '''\
<repo_name>tools<file_sep>src/text.py
def words(text: str) -> list[str]:
    """Split a text into lower-case words."""
    return text.lower().split()


def count_words(text: str) -> dict[str, int]:
    """Count how often each word occurs."""
'''


def write_gguf(path, *, pre="smollm"):
    """A Llama of two layers with a token for each byte and a few merges of letters and digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tokens = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = [f"{a} {b}" for a, b in zip("retnsi", "nretis", strict=True)] + ["1 2", "Ġ 1"]
    tokens += [merge.replace(" ", "") for merge in merges]
    writer = gguf_library.GGUFWriter(path, "llama")
    writer.add_context_length(128)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS // 2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(SPECIAL) + [1] * (len(tokens) - len(SPECIAL)))
    writer.add_token_merges(merges)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    random = np.random.default_rng(7)

    def tensor(name, *shape):
        writer.add_tensor(f"{name}.weight", random.normal(0, 0.1, shape).astype(np.float32))

    tensor("token_embd", len(tokens), WIDTH)
    tensor("output_norm", WIDTH)
    for layer in range(LAYERS):
        tensor(f"blk.{layer}.attn_norm", WIDTH)
        tensor(f"blk.{layer}.ffn_norm", WIDTH)
        tensor(f"blk.{layer}.attn_q", WIDTH, WIDTH)
        tensor(f"blk.{layer}.attn_k", WIDTH // 2, WIDTH)
        tensor(f"blk.{layer}.attn_v", WIDTH // 2, WIDTH)
        tensor(f"blk.{layer}.attn_output", WIDTH, WIDTH)
        tensor(f"blk.{layer}.ffn_gate", HIDDEN, WIDTH)
        tensor(f"blk.{layer}.ffn_up", HIDDEN, WIDTH)
        tensor(f"blk.{layer}.ffn_down", WIDTH, HIDDEN)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def converted(packed, tmp_path_factory):
    """The folder that a pull makes of the file, with the phases that it went through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIVIUM_CACHE", str(tmp_path_factory.mktemp("cache")))
        phases = []
        folder = fetching.pull(str(packed), lambda progress: phases.append(progress.phase))
        assert phases == ["converting tiny.gguf, once", f"recording {folder.name}"]
        assert weights.locate(str(packed), Art.DECODER) == folder
        assert fetching.pull(str(packed), phases.append) == folder
        assert len(phases) == 2, "a second pull converts nothing"
    return folder


def test_the_folder_is_a_checkpoint_of_its_own(converted):
    names = {path.name for path in converted.iterdir()}
    assert {"model.safetensors", "config.json", "tokenizer.json", "trivium.json"} <= names
    config = json.loads((converted / "config.json").read_text())
    assert (config["model_type"], config["dtype"]) == ("llama", "bfloat16")
    assert "quantization_config" not in config
    tokenizer = json.loads((converted / "tokenizer_config.json").read_text())
    assert tokenizer["model_max_length"] == 128


def test_it_answers_as_the_gguf_does(packed, converted):
    ids = list(CODE.encode()[:60])
    assert greedy(load(converted), ids) == greedy(load(packed.parent, packed.name), ids)


def load(folder, packed=None):
    """A model from safetensors or, unpacked by transformers, straight from a GGUF."""
    import torch
    from transformers import AutoModelForCausalLM, GgufConfig

    options = {}
    if packed:
        options = {"gguf_file": packed, "quantization_config": GgufConfig(dequantize=True)}
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, **options)


def greedy(model, ids):
    import torch

    inputs = torch.tensor([ids])
    mask = torch.ones_like(inputs)
    found = model.generate(inputs, attention_mask=mask, max_new_tokens=16, do_sample=False)
    return found[0, len(ids) :].tolist()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("12", ["1", "2"]),
        (" 1", ["Ġ", "1"]),
        ("tea", ["te", "a"]),
        ("<file_sep>x", ["<file_sep>", "x"]),
        ("<repo_name>", ["<repo_name>"]),
    ],
)
def test_numbers_are_cut_into_digits_as_the_vocabulary_was_learned(converted, text, tokens):
    tokenizer = Tokenizer.from_file(str(converted / "tokenizer.json"))
    assert tokenizer.encode(text).tokens == tokens


def test_other_vocabularies_keep_their_numbers(tmp_path, empty_cache):
    packed = write_gguf(tmp_path / "gpt2.gguf", pre="gpt-2")
    tokenizer = Tokenizer.from_file(str(fetching.pull(str(packed)) / "tokenizer.json"))
    assert tokenizer.encode("12").tokens == ["12"]


def test_a_file_written_anew_is_converted_anew(tmp_path, empty_cache):
    packed = write_gguf(tmp_path / "one.gguf")
    with pytest.raises(ModelMissing, match=r"converted once: run `trivium models pull .*one\.gguf"):
        weights.locate(str(packed), Art.DECODER)
    write_checkpoint(cache.folder_of(specs.gguf_name(packed)))
    assert weights.find(str(packed)), "a conversion belongs to the file as it was"
    packed.write_bytes(packed.read_bytes() + b"\0" * 64)
    assert weights.find(str(packed)) is None


@pytest.mark.parametrize("length", [0, 3, 100, 2000, -1])
def test_a_file_that_is_cut_short_is_refused_at_once(tmp_path, empty_cache, length):
    packed = write_gguf(tmp_path / "cut.gguf")
    packed.write_bytes(packed.read_bytes()[:length])
    said = r"cut\.gguf is cut short or is not a GGUF file"
    with pytest.raises(ModelDamaged, match=said):
        fetching.pull(str(packed))
    with pytest.raises(ModelDamaged, match=said):
        weights.locate(str(packed), Art.DECODER)
    assert not cache.cached()


def test_a_file_larger_than_memory_is_refused(tmp_path, empty_cache, monkeypatch):
    from trivium_models import machine

    monkeypatch.setattr(machine, "available_memory", lambda: 1000)
    with pytest.raises(ModelUnfit, match="GB are free"):
        fetching.pull(str(write_gguf(tmp_path / "large.gguf")))


def test_a_gguf_continues_and_does_nothing_else(packed, converted):
    with pytest.raises(ModelUnfit, match="cannot serve as the encoder"):
        weights.locate(str(converted), Art.ENCODER)


# From here on the default model itself.


@pytest.fixture(scope="module")
def default():
    return weights.locate(DEFAULT, Art.DECODER)


@pytest.fixture(scope="module")
def tokenizer(default):
    return Tokenizer.from_file(str(default / "tokenizer.json"))


@pytest.mark.parametrize(
    ("token", "number"),
    [
        ("<|endoftext|>", 0),
        ("<|im_start|>", 1),
        ("<|im_end|>", 2),
        ("<repo_name>", 3),
        ("<file_sep>", 5),
    ],
)
def test_the_defaults_special_tokens_are_single_tokens(tokenizer, token, number):
    assert tokenizer.encode(f"a{token}b").ids[1] == number
    assert tokenizer.encode(f"a{token}b").tokens[1] == token


# Its vocabulary has no token for the lead bytes of planes 4 to 11, which are empty, and for these.
KNOWN = st.characters(
    exclude_categories=["Cs"], exclude_characters="\x04\x06\x13\x14\x16\x1d", max_codepoint=0x3FFFF
)
SPACES = st.text(alphabet=" \t\n\r", max_size=6)
WORDS = st.text(alphabet=string.printable + "äßé—√漢字😀\u200d\u0301", max_size=12)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.one_of(SPACES, WORDS, st.text(KNOWN, max_size=8)), max_size=8).map("".join))
@example("def f(x):\r\n\treturn  x  # ünïcode 😀\n\n")
@example("\ufeff\0")
def test_the_defaults_tokens_spell_the_text_again(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False) == text


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**12))
def test_the_defaults_numbers_are_digits(tokenizer, number):
    found = tokenizer.encode(f"x{number} {number}").tokens
    digits = list(str(number))
    assert found == ["x", *digits, "Ġ", *digits]


def test_the_default_has_its_gguf_beside_it_and_no_more_parameters(default):
    (packed,) = default.glob("*.gguf")
    tensors = load_shapes(default / "model.safetensors")
    count = sum(int(each.n_elements) for each in gguf_library.GGUFReader(packed).tensors)
    assert sum(np.prod(shape) for shape in tensors.values()) == count


def load_shapes(path):
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        return {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118


def test_the_default_is_its_gguf_bit_by_bit(default):
    (packed,) = default.glob("*.gguf")
    ours, theirs = load(default), load(default, packed.name)
    expected = theirs.state_dict()
    assert all(tensor.equal(expected.pop(name)) for name, tensor in ours.state_dict().items())
    assert not expected
    assert ours.config.rope_parameters == theirs.config.rope_parameters
    assert ours.generation_config.eos_token_id == theirs.generation_config.eos_token_id
