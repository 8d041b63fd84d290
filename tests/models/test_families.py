"""Every family in the table is what transformers makes of it, and is found sound as it saves it."""

import pytest
from models.checkpoints import byte_tokenizer

from trivium_models.families import FAMILIES, describe
from trivium_models.inspect import inspect
from trivium_models.types import Art

SMALL = {
    "vocab_size": 320,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "embedding_size": 32,
    "n_inner": 48,
    "ffn_dim": 48,
    "word_embed_proj_dim": 32,
    "rotary_dim": 8,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
SMALL_PAIR = {
    "vocab_size": 320,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 48,
    "num_layers": 3,
    "num_decoder_layers": 2,
    "num_heads": 4,
    "encoder_layers": 3,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 64,
    "max_encoder_position_embeddings": 64,
    "max_decoder_position_embeddings": 64,
    "decoder_start_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
SPECIAL = {
    "distilbert": {"hidden_dim": 48},
    "gpt_neo": {"num_layers": 3, "attention_types": [[["global"], 3]]},
    "gemma": {"head_dim": 8},
    "gemma2": {"head_dim": 8},
    "gemma3_text": {"head_dim": 8},
    "modernbert": {"cls_token_id": 1, "sep_token_id": 2},
    "mpt": {"max_seq_len": 64},
}
LIMITS = {"bloom": 0, "t5": 512, "mt5": 512, "umt5": 512, "longt5": 4096}
POSITIONS_AFTER_PADDING = ("roberta", "xlm-roberta", "camembert")


def build(folder, kind, art):
    import torch
    from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    small = SMALL_PAIR if art is Art.REWRITER else SMALL
    default = AutoConfig.for_model(kind)
    known = {key: value for key, value in small.items() if hasattr(default, key)}
    if "attention_types" in SPECIAL.get(kind, {}):
        known.pop("num_hidden_layers")
    config = AutoConfig.for_model(kind, **known, **SPECIAL.get(kind, {}))
    classes = {Art.ENCODER: AutoModel, Art.DECODER: AutoModelForCausalLM}
    torch.manual_seed(0)
    model = classes.get(art, AutoModelForSeq2SeqLM).from_config(config)
    model.save_pretrained(folder)
    byte_tokenizer().save(str(folder / "tokenizer.json"))
    return model


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FAMILIES)
def test_a_family_is_recognised_and_sound(tmp_path, kind):
    art, family = FAMILIES[kind]
    model = build(tmp_path, kind, art)
    found = inspect(tmp_path)
    assert (found.art, found.family, found.model_type) == (art, family, kind)
    assert found.context == LIMITS.get(kind, 62 if kind in POSITIONS_AFTER_PADDING else 64)
    # Marian's positions are computed and not stored; BART's bias of the logits is not a parameter.
    count = sum(each.numel() for each in model.parameters())
    assert found.parameters == pytest.approx(count, rel=0.08)


@pytest.mark.parametrize(
    ("config", "art"),
    [
        ({"model_type": "own", "architectures": ["OwnForCausalLM"]}, Art.DECODER),
        ({"model_type": "own", "architectures": ["OwnLMHeadModel"]}, Art.DECODER),
        ({"model_type": "own", "architectures": ["OwnForMaskedLM"]}, Art.ENCODER),
        ({"model_type": "own", "is_encoder_decoder": True}, Art.REWRITER),
        ({"model_type": "own", "architectures": ["OwnForImages"]}, None),
        ({"model_type": "own", "architectures": None}, None),
        ({}, None),
    ],
)
def test_a_family_that_is_not_in_the_table_is_judged_by_its_class(config, art):
    assert describe(config)[0] is art
