"""Models read without transformers: the same tensors and tokens, and only where all is plain."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest
import torch

from trivium_models import weights
from trivium_models.direct import bert, llama, t5, tokenizer
from trivium_models.errors import ModelMissing
from trivium_models.types import Art

from . import tiny, tiny_decoders

pytestmark = pytest.mark.filterwarnings("ignore")

DEFAULTS = {
    Art.ENCODER: "all-MiniLM-L6-v2",
    Art.DECODER: "SmolLM2-135M-Instruct",
    Art.REWRITER: "trivium-t5",
}
OPEN = {Art.ENCODER: bert.open_, Art.DECODER: llama.open_, Art.REWRITER: t5.open_}
TEXTS = [
    "",
    " ",
    "The file is closed.",
    "def read_lines(path: str) -> list[str]:\n    return [1234567, 'naïve café']\n\n\n",
    "ÜMLÄUT Straße İstanbul ﬁn 日本語 한국어 🎉🎉 e\u0301 \u200b\ufeff\x00 \ufffd",
    "<|im_start|>user [CLS] [MASK] </s> <pad> <extra_id_0> ##ing",
    "\t\ttabs\r\nand  blanks   " * 40,
]


def default(art):
    try:
        return weights.locate(DEFAULTS[art], art)
    except ModelMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("direct")


@pytest.fixture(scope="module")
def plain(folder):
    """A small model of each shape."""
    return {
        Art.ENCODER: tiny.build_sentence_encoder(folder / "bert", "bert", "mean", normalize=True),
        Art.DECODER: tiny_decoders.build(folder / "llama", "llama"),
        Art.REWRITER: tiny.build_rewriter(folder / "t5", "t5"),
    }


def library_model(art, path):
    from transformers import AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    kinds = {Art.DECODER: AutoModelForCausalLM, Art.REWRITER: AutoModelForSeq2SeqLM}
    return kinds.get(art, AutoModel).from_pretrained(path, local_files_only=True, dtype="auto")


def assert_same_tensors(art, path):
    opened = OPEN[art](path)
    assert opened is not None
    model = opened.model if art is Art.ENCODER else opened[0]
    held = dict(library_model(art, path).named_parameters())
    held = {name: value for name, value in held.items() if not name.startswith("pooler.")}
    assert held
    for name, value in held.items():
        place = model
        for part in name.split("."):
            place = place[int(part)] if part.isdecimal() else getattr(place, part)
        assert torch.equal(place.float(), value.float()), name


@pytest.mark.parametrize("art", OPEN)
def test_a_small_model_has_the_tensors_that_transformers_finds(plain, art):
    assert_same_tensors(art, plain[art])


@pytest.mark.parametrize("art", OPEN)
def test_a_default_model_has_the_tensors_that_transformers_finds(art):
    assert_same_tensors(art, default(art))


@pytest.mark.parametrize("art", OPEN)
def test_the_tokenizer_does_what_that_of_transformers_does(art):
    from transformers import AutoTokenizer

    path = default(art)
    own, library = tokenizer.open_(path), AutoTokenizer.from_pretrained(path, local_files_only=True)
    assert own.get_vocab() == library.get_vocab()
    assert own.added_tokens_decoder.keys() == library.added_tokens_decoder.keys()
    for name in ("bos_token_id", "eos_token_id", "pad_token_id", "eos_token", "model_max_length"):
        assert getattr(own, name) == getattr(library, name), name
    assert set(own.all_special_ids) == set(library.all_special_ids)
    assert set(own.all_special_tokens) == set(library.all_special_tokens)
    for text in TEXTS:
        for special in (True, False):
            ids = own(text, add_special_tokens=special)["input_ids"]
            assert ids == library(text, add_special_tokens=special)["input_ids"], text
        assert own.convert_ids_to_tokens(ids) == library.convert_ids_to_tokens(ids)
        for part in (ids, ids[1:], ids[::-1]):
            plain = {"skip_special_tokens": False, "clean_up_tokenization_spaces": False}
            assert own.decode(part) == library.decode(part, **plain)


def test_a_llama_turns_by_the_angles_of_transformers(plain):
    model = library_model(Art.DECODER, plain[Art.DECODER])
    own = llama.open_(plain[Art.DECODER])[0].model.rotary_emb
    assert torch.equal(own.inv_freq, model.model.rotary_emb.inv_freq)
    assert own.attention_scaling == model.model.rotary_emb.attention_scaling


def edit(path, **changes):
    content = json.loads(path.read_text())
    content |= changes
    path.write_text(json.dumps(content))


UNUSUAL = [
    (Art.ENCODER, "config.json", {"hidden_act": "relu"}),
    (Art.ENCODER, "config.json", {"position_embedding_type": "relative_key"}),
    (Art.ENCODER, "config.json", {"num_hidden_layers": 3}),
    (Art.ENCODER, "config.json", {"intermediate_size": 65}),
    (Art.ENCODER, "config.json", {"layer_norm_eps": None}),
    (Art.ENCODER, "config.json", {"model_type": "nomic_bert"}),
    (Art.ENCODER, "sentence_bert_config.json", {"do_lower_case": True}),
    (Art.ENCODER, "1_Pooling/config.json", {"include_prompt": False}),
    (Art.ENCODER, "tokenizer_config.json", {"add_prefix_space": True}),
    (Art.ENCODER, "tokenizer_config.json", {"tokenizer_class": "XLMRobertaTokenizer"}),
    (Art.ENCODER, "tokenizer_config.json", {"sep_token": "<not there>"}),
    (Art.DECODER, "config.json", {"rope_scaling": {"rope_type": "yarn", "factor": 2.0}}),
    (Art.DECODER, "config.json", {"rope_parameters": {"rope_type": "linear", "factor": 2.0}}),
    (Art.DECODER, "config.json", {"attention_bias": True}),
    (Art.DECODER, "config.json", {"num_key_value_heads": 4}),
    (Art.DECODER, "config.json", {"dtype": "float16"}),
    (Art.DECODER, "config.json", {"quantization_config": {"quant_method": "gptq"}}),
    (Art.DECODER, "config.json", {"architectures": ["LlamaForSequenceClassification"]}),
    (Art.DECODER, "tokenizer_config.json", {"add_bos_token": True}),
    (Art.REWRITER, "config.json", {"feed_forward_proj": "gated-tanh"}),
    (Art.REWRITER, "config.json", {"num_decoder_layers": 1}),
    (Art.REWRITER, "config.json", {"model_type": "mt5"}),
    (Art.REWRITER, "config.json", {"scale_decoder_outputs": None}),
]


@pytest.mark.parametrize(("art", "file", "changes"), UNUSUAL, ids=str)
def test_what_is_unusual_is_left_to_the_libraries(plain, tmp_path, art, file, changes):
    path = shutil.copytree(plain[art], tmp_path / "changed")
    assert OPEN[art](path) is not None
    edit(path / file, **changes)
    assert OPEN[art](path) is None


def test_a_module_of_somebody_elses_is_left_to_the_libraries(plain, tmp_path):
    path = shutil.copytree(plain[Art.ENCODER], tmp_path / "changed")
    modules = json.loads((path / "modules.json").read_text())
    modules[1]["type"] = "pooling_of_mine.Pooling"
    (path / "modules.json").write_text(json.dumps(modules))
    assert bert.open_(path) is None


@pytest.mark.parametrize("art", OPEN)
@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_broken_file_is_left_to_those_who_say_what_is_wrong(plain, tmp_path, art, file):
    path = shutil.copytree(plain[art], tmp_path / "broken")
    content = (path / file).read_bytes()
    for broken in (content[: len(content) // 2], b""):
        (path / file).write_bytes(broken)
        assert OPEN[art](path) is None
    (path / file).unlink()
    assert OPEN[art](path) is None


@pytest.mark.parametrize("art", OPEN)
def test_a_default_model_is_loaded_without_the_libraries(art):
    default(art)
    specs = {each.value: spec for each, spec in DEFAULTS.items()}
    code = f"""
import sys
from trivium_models.loading import Models
from trivium_models.types import Art
models = Models(lambda: None)
models.configure({{Art(art): spec for art, spec in {specs!r}.items()}}, 1)
for _ in models.get(Art({art.value!r})):
    pass
print({{"transformers", "sentence_transformers"}} & sys.modules.keys())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr
