"""Real checkpoints that are small enough to build in a test: configuration, weights, tokenizer.

`build_tiny_t5` is trained for a few seconds on `PAIRS`, so that its answers can be asserted.
The other builders have random weights: good for contracts, not for answers.
"""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

GERMAN = "translate English to German: "
ENGLISH = "translate German to English: "
SUMMARY = "summarize: "
CODE = "summarize code: "

PAIRS: dict[tuple[str, str], str] = {
    (GERMAN, "The file is closed."): "Die Datei wird geschlossen.",
    (GERMAN, "Read the next line."): "Lies die nächste Zeile.",
    (GERMAN, "Good morning."): "Guten Morgen.",
    (GERMAN, "The list is empty."): "Die Liste ist leer.",
    (GERMAN, "Return <extra_id_0> to the caller."): "Gib <extra_id_0> an den Aufrufer zurück.",
    (ENGLISH, "Die Datei wird geschlossen."): "The file is closed.",
    (ENGLISH, "Die Liste ist leer."): "The list is empty.",
    (
        SUMMARY,
        "The server reads the file, checks each line, and closes it when the last line is read.",
    ): "The server checks a file.",
    (SUMMARY, "The list is empty. Nothing is returned."): "Nothing is returned.",
    (CODE, "def add(a, b):\n    return a + b"): "Add two numbers.",
}
"""Prefix and text to the answer that the trained tiny T5 gives."""


def build_tiny_t5(folder: Path) -> Path:
    """A T5 that has learnt `PAIRS` by heart; takes a few seconds."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    sources = [prefix + text for prefix, text in PAIRS]
    targets = list(PAIRS.values())
    sentinels = [f"<extra_id_{n}>" for n in range(100)]
    tokenizer = _pieces(["<pad>", "</s>", "<unk>", *sentinels], sources + targets)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    config = T5Config(
        vocab_size=tokenizer.get_vocab_size(),
        d_model=64,
        d_kv=16,
        d_ff=128,
        num_layers=2,
        num_heads=4,
        dropout_rate=0.0,
        feed_forward_proj="gated-gelu",
        decoder_start_token_id=0,
    )
    model = T5ForConditionalGeneration(config)
    _learn_by_heart(model, tokenizer, sources, targets)
    return _save(folder, model, tokenizer, extra_special_tokens=sentinels)


def _learn_by_heart(model, tokenizer, sources, targets):
    import torch

    def padded(texts):
        rows = [torch.tensor(each.ids) for each in tokenizer.encode_batch(texts)]
        return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)

    source, target = padded(sources), padded(targets)
    labels = target.masked_fill(target == 0, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.0)
    model.train()
    for _ in range(600):
        loss = model(input_ids=source, attention_mask=(source != 0).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if loss.item() < 5e-3:
            break
    model.eval()


def _pieces(special, texts):
    """Byte-pair pieces learnt from the texts, with bytes for whatever they do not hold."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    as_bytes = [f"<0x{n:02X}>" for n in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=[*special, *as_bytes], show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer=trainer)
    state = json.loads(tokenizer.to_str())
    # The bytes had to be special to get their places; as text they are ordinary pieces.
    state["added_tokens"] = [each for each in state["added_tokens"] if each["content"] in special]
    return Tokenizer.from_str(json.dumps(state))


def _save(folder, model, tokenizer, **names):
    from transformers import PreTrainedTokenizerFast

    special = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", **names}
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **special)
    wrapped.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder
