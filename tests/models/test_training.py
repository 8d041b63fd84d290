"""The recipe of the offline T5, end to end on a few made-up rows."""

import json
import random
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import torch
import zstandard
from transformers import AutoTokenizer, T5ForConditionalGeneration

from training.config import Config, load_config
from training.corpus import mask
from training.embedding import embed_tokens
from training.evaluate import lead_sentence, name_words
from training.export import export
from training.model import Batch, build_model, loss_sum
from training.optimizer import orthogonalise
from training.pack import ROW, Pack, load_pack, pack_corpus
from training.tokenizer import load_tokenizer, train_tokenizer
from training.train import Run, decay, train

_CONFIG = """
seed = 1
train_corpus = "train.jsonl.zst"
valid_corpus = "valid.jsonl.zst"
work_folder = "work"
run = "main"
vocabulary = 460
longest = 200

[model]
width = 32
encoder_layers = 2
decoder_layers = 1
heads = 4
hidden = 48

[training]
longest_row = 200
step_tokens = 512
batch_tokens = 256
sample = 100
matrix_rate = 0.02
other_rate = 0.01
weight_decay = 0.05
warmup_steps = 5
average = 0.9
checkpoint_minutes = 10.0
report_steps = 5
validate_steps = 10
threads = 1

[mixture]
"translate English to German" = 1.0
"translate German to English" = 1.0
"summarize code" = 1.0
"summarize" = 1.0
"""

_WORDS = {
    "file": "Datei",
    "folder": "Ordner",
    "window": "Fenster",
    "open": "öffnen",
    "close": "schließen",
    "name": "Name",
    "print": "drucken",
    "copy": "kopieren",
}


def _rows(count: int, seed: int) -> list[dict[str, str]]:
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        words = chance.choices(list(_WORDS), k=chance.randint(2, 9))
        text = f"{' '.join(words)} `f{number}`"
        german = f"{' '.join(_WORDS[word] for word in words)} `f{number}`"
        code = f"def {words[0]}_{words[1]}(self):\n    return {number}\n"
        summary = f"{words[0]} the {words[1]}."
        rows.append({"task": "translate en-de", "source": text, "target": german})
        rows.append({"task": "summarize code", "source": code, "target": summary})
        rows.append({"task": "summarize text", "source": f"{text}.\nMore.", "target": summary})
    return sorted(rows, key=lambda row: row["task"])


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(zstandard.compress(lines.encode()))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A configuration whose corpus is made up, tokenised and packed."""
    folder = tmp_path_factory.mktemp("training")
    _write(folder / "train.jsonl.zst", _rows(400, 1))
    _write(folder / "valid.jsonl.zst", _rows(20, 2))
    (folder / "config.toml").write_text(_CONFIG)
    config = load_config(folder / "config.toml")
    train_tokenizer(config)
    pack_corpus(config)
    return config


def test_an_interrupted_run_ends_with_the_weights_of_an_uninterrupted_one(config):
    whole = replace(config, run="whole")
    parts = replace(config, run="parts")
    train(Run(whole), 8_000, Event())
    for tokens in (3_000, 8_000):
        train(Run(parts), tokens, Event())
    ends = [torch.load(c.run_folder / "checkpoint.pt", weights_only=True) for c in (whole, parts)]
    assert ends[0]["data"] == ends[1]["data"]
    for name, stack in ends[0]["optimizer"]["stacks"].items():
        other = ends[1]["optimizer"]["stacks"][name]
        assert torch.equal(stack["master"], other["master"]), name
        assert torch.equal(stack["average"], other["average"]), name


def test_training_lowers_the_loss_and_the_export_generates(config, tmp_path):
    config = replace(config, run="export")
    train(Run(config), 30_000, Event())
    log = [json.loads(line) for line in (config.run_folder / "log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in log if "loss" in line]
    assert losses[-1] < losses[0] / 2
    assert set(next(line["valid"] for line in log if "valid" in line)) == set(config.mixture)

    decay(Run(config), 0.01, Event())
    table = export(config, config.run_folder / "decayed.pt", False, tmp_path / "t5", rows=4)
    assert "translate German to English" in table
    manifest = json.loads((tmp_path / "t5" / "trivium.json").read_text())
    assert manifest["tasks"]["summarize code:"]["metric"] == "BLEU-4"
    assert "README.md" in manifest["sha256"]

    model = T5ForConditionalGeneration.from_pretrained(tmp_path / "t5")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "t5")
    ids = tokenizer("translate English to German: open file", return_tensors="pt")["input_ids"]
    # One beam: of a model that has hardly begun, the likeliest answer is none at all.
    [found] = model.generate(ids, max_new_tokens=12, num_beams=1)
    assert tokenizer.decode(found, skip_special_tokens=True)
    assert model.generation_config.num_beams == 4


def test_a_run_goes_on_from_an_export_with_rows_not_yet_seen(config, tmp_path):
    first = replace(config, run="first")
    train(Run(first), 5_000, Event())
    export(first, first.run_folder / "checkpoint.pt", False, tmp_path, rows=2)
    second = Run(replace(config, run="second"))
    second.start_from(tmp_path)
    assert second.progress.tokens >= 5_000
    assert second.data.state() == Run(first).data.state()
    exported = T5ForConditionalGeneration.from_pretrained(tmp_path).state_dict()
    for name, weights in second.optimizer.weights(averaged=True).items():
        assert torch.equal(weights, exported[name].float()), name


def test_tokens_of_the_same_rows_start_near_each_other():
    chance = np.random.default_rng(0)
    rows = np.zeros(300, ROW)
    rows["source"] = rows["target"] = 3
    rows["start"] = np.arange(300) * 6
    words = chance.integers(0, 20, (300, 3))
    tokens = np.hstack([words, words + 20]).astype(np.uint16).ravel()
    vectors = embed_tokens(Pack(tokens, rows), 41, 16, seed=1)
    nearest = np.argsort(-(vectors[:20] @ vectors[20:40].T), axis=1)[:, 0]
    assert (nearest == np.arange(20)).all()
    assert not vectors[40].any()


def test_loss_is_that_of_transformers(config):
    model = build_model(config.model, 460, seed=3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    source, target = torch.randint(2, 460, (4, 17)), torch.randint(2, 460, (4, 11))
    source[1, 9:], target[2, 5:] = 0, 0
    loss, count = loss_sum(model, Batch(source, target))
    expected = model(
        input_ids=source,
        attention_mask=(source != 0).long(),
        labels=target.masked_fill(target == 0, -100),
    ).loss
    assert torch.isclose(loss / count, expected, rtol=1e-4)


def test_the_sampled_loss_is_close_to_the_whole_one(config):
    model = build_model(config.model, 460, seed=3)
    ids = torch.randint(2, 460, (8, 20))
    with torch.no_grad():
        whole, _ = loss_sum(model, Batch(ids, ids))
        estimate, _ = loss_sum(model, Batch(ids, ids), sample=200)
        complete, _ = loss_sum(model, Batch(ids, ids), sample=460)
    assert torch.isclose(estimate, whole, rtol=0.02)
    assert torch.isclose(complete, whole, rtol=1e-4)


def test_the_tokenizer_keeps_code_and_sentinels(config):
    tokenizer = load_tokenizer(config)
    text = "summarize code: def f(x):\n    if x:\n        return  1\n\tend <extra_id_3> 日本"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True) == text
    assert tokenizer.tokenize(text)[0] == "summarize code:"
    assert "<extra_id_3>" in tokenizer.tokenize(text)


def test_a_pack_holds_every_row(config):
    pack = load_pack(config.work_folder / "train")
    assert len(pack.rows) == 1200
    source, target = pack.texts(0)
    assert len(source) and len(target)


def test_masking_replaces_what_both_texts_share():
    source, target = mask("Run `make` 10 times, not 3 times", "`make` 10 mal", random.Random(0))
    masks = [word for word in source.split() if word.startswith("<extra_id_")]
    assert target.split() == [*masks, "mal"]
    assert len(masks) == 2
    assert source.endswith("times, not 3 times")


def test_orthogonalised_matrices_have_singular_values_near_one():
    values = torch.linalg.svdvals(orthogonalise(torch.randn(3, 16, 40)).float())
    assert values.min() > 0.3
    assert values.max() < 1.5


def test_baselines():
    assert name_words("def readHTTPHeader_line(x):") == "read http header line"
    assert lead_sentence("First one. Second.") == "First one."
