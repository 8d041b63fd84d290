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
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # Matrices this small only wait for each other, most so under load.
    _learn_by_heart(model, tokenizer, sources, targets)
    torch.set_num_threads(threads)
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

    usual = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{"model_max_length": 512, **usual, **names}
    )
    wrapped.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


TEXTS = [*(text for _, text in PAIRS), *PAIRS.values()]
"""What the tokenizers of the untrained models have seen."""

ENCODERS = ("bert", "roberta", "distilbert", "camembert", "mpnet")
REWRITERS = ("t5", "mt5", "bart", "marian")

_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 66,
}


def build_encoder(folder: Path, family: str) -> Path:
    """A BERT, RoBERTa, DistilBERT or MPNet with random weights, without a pooling head."""
    import torch
    from transformers import AutoConfig, AutoModel

    torch.manual_seed(0)
    names = {"bert": "[CLS] [SEP]", "distilbert": "[CLS] [SEP]"}.get(family, "<s> </s>")
    start, end = names.split()
    # RoBERTa and MPNet count positions from the padding's number on, which is 1 with them.
    special = ["<pad>", start, "<unk>", end] if start == "[CLS]" else [start, "<pad>", "<unk>", end]
    tokenizer = _pieces(special, TEXTS)
    ids = {name: tokenizer.token_to_id(name) for name in special}
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=[(start, ids[start]), (end, ids[end])]
    )
    config = AutoConfig.for_model(
        family, vocab_size=tokenizer.get_vocab_size(), pad_token_id=ids["<pad>"], **_SIZES
    )
    model = AutoModel.from_config(config)
    for parameter in model.parameters():  # Random biases and norms too, or errors would hide.
        torch.nn.init.normal_(parameter, std=0.3)
    return _save(
        folder, model.eval(), tokenizer, eos_token=end, cls_token=start, model_max_length=64
    )


def build_sentence_encoder(folder: Path, family: str, pooling: str, *, normalize: bool) -> Path:
    """The same as a sentence-transformers folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer

    plain = build_encoder(folder.with_name(folder.name + "-plain"), family)
    transformer = Transformer(str(plain))
    modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)]
    SentenceTransformer(modules=modules + [Normalize()] * normalize).save(str(folder))
    return folder


def build_rewriter(folder: Path, family: str) -> Path:
    """A T5, mT5, BART or MarianMT with random weights."""
    import torch
    from transformers import AutoConfig, AutoModelForSeq2SeqLM

    torch.manual_seed(0)
    if family == "marian":
        return _build_marian(folder)
    special = ["<s>", "<pad>", "</s>", "<unk>"] if family == "bart" else ["<pad>", "</s>", "<unk>"]
    tokenizer = _pieces(special, TEXTS)
    ids = {name: tokenizer.token_to_id(name) for name in special}
    single = "<s> $A </s>" if family == "bart" else "$A </s>"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single, special_tokens=[(name, ids[name]) for name in single.split() if name != "$A"]
    )
    bart = {"encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_position_embeddings": 64}
    t5 = {"d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4, "decoder_start_token_id": 0}
    sizes = bart | _BART_LAYERS if family == "bart" else t5
    config = AutoConfig.for_model(
        family, vocab_size=tokenizer.get_vocab_size(), d_model=32, dropout=0.0, **sizes
    )
    model = AutoModelForSeq2SeqLM.from_config(config)
    return _save(folder, _varied(model), tokenizer, model_max_length=64)


_BART_LAYERS = {
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
}


def _varied(model):
    """Random weights large enough that answers differ from text to text."""
    import torch

    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            scale = 0.3 if "embed" in name or "shared" in name else 0.2
            torch.nn.init.normal_(parameter, std=scale)
    return model.eval()


def _build_marian(folder):
    import sentencepiece
    from transformers import MarianConfig, MarianMTModel, MarianTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    for side in ("source", "target"):
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(TEXTS),
            model_prefix=str(folder / side),
            vocab_size=150,
            hard_vocab_limit=False,
            minloglevel=2,
        )
        (folder / f"{side}.model").rename(folder / f"{side}.spm")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    pieces = [processor.id_to_piece(n) for n in range(processor.vocab_size())]
    names = ["</s>", "<unk>", ">>de<<", ">>fr<<", *pieces, "<pad>"]
    vocabulary = {name: n for n, name in enumerate(dict.fromkeys(names))}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    tokenizer = MarianTokenizer(
        str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json")
    )
    config = MarianConfig(
        vocab_size=len(vocabulary),
        d_model=32,
        encoder_ffn_dim=64,
        decoder_ffn_dim=64,
        max_position_embeddings=64,
        pad_token_id=vocabulary["<pad>"],
        eos_token_id=vocabulary["</s>"],
        decoder_start_token_id=vocabulary["<pad>"],
        **_BART_LAYERS,
    )
    model = _varied(MarianMTModel(config))
    model.generation_config.bad_words_ids = [[vocabulary["<pad>"]]]
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def build_sentencepiece_t5(folder: Path) -> Path:
    """A T5 whose tokenizer is a sentencepiece file alone, as in the original checkpoints."""
    import sentencepiece
    from transformers import T5Config, T5ForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([prefix + text for prefix, text in PAIRS]),
        model_prefix=str(folder / "spiece"),
        vocab_size=150,
        hard_vocab_limit=False,
        minloglevel=2,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
    )
    (folder / "spiece.vocab").unlink()
    settings = {"tokenizer_class": "T5Tokenizer", "extra_ids": 100, "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "spiece.model"))
    config = T5Config(
        vocab_size=processor.vocab_size() + 100,
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=1,
        num_heads=4,
        decoder_start_token_id=0,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    return folder
