"""Decoder checkpoints small enough to build in a test, with random weights that make them talk."""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

CODE = (
    """def read_lines(path):
    with open(path) as file:
        return [line.strip() for line in file]

def write_lines(path, lines):
    with open(path, "w") as file:
        for line in lines:
            file.write(line + "\\n")
"""
    * 3
    + "naïve café 🎉🎉 Straße 日本語"
)

SPECIAL = ("<|end|>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<file_sep>")

_SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
}
_GQA = {"num_key_value_heads": 2}
FAMILIES = {
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 128},
    "gpt_neox": _SIZES,
    "llama": _SIZES | _GQA,
    "qwen2": _SIZES | _GQA,
    "phi": _SIZES,
    "starcoder2": _SIZES | _GQA | {"use_sliding_window": False, "sliding_window": None},
    "mistral": _SIZES | _GQA | {"sliding_window": 24},
}
"""Configurations; this Mistral has a sliding window, whose cache cannot always be shortened."""


def build(folder: Path, family: str, *, special=SPECIAL, alphabet=None, **config) -> Path:
    """A checkpoint of a family: configuration, weights, byte-level tokenizer."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(7)
    tokenizer = byte_level(special) if alphabet is None else whole_words(alphabet, special)
    sizes = FAMILIES[family] | config
    ends = {"bos_token_id": None, "eos_token_id": 0, "pad_token_id": None}
    made = AutoConfig.for_model(family, vocab_size=tokenizer.get_vocab_size(), **ends, **sizes)
    model = AutoModelForCausalLM.from_config(made, dtype=torch.float32)
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.5)
        elif "norm" not in name and "ln_" not in name:
            torch.nn.init.normal_(parameter, std=0.1)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=special[0])
    wrapped.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def byte_level(special) -> Tokenizer:
    """As GPT-2's: every text has tokens, and characters may be split between them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=[AddedToken(name, special=True, normalized=False) for name in special],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([CODE], trainer=trainer)
    return tokenizer


def whole_words(words, special) -> Tokenizer:
    """A vocabulary of words alone: no blanks, no line ends, unknown words are one token."""
    names = [*special, "<unk>", *words]
    tokenizer = Tokenizer(models.WordLevel({w: n for n, w in enumerate(names)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([*special, "<unk>"])
    return tokenizer
