"""Measure an exported model on validation rows, beside baselines that need no model.

chrF and BLEU (sacrebleu) for translations, ROUGE-L for prose summaries, smoothed BLEU-4 for code
summaries. Knows the exported folder only as any user of transformers does.

    python -m training.evaluate FOLDER [--rows 200]
"""

import argparse
import json
import re
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import sacrebleu
import torch
from rouge_score.rouge_scorer import RougeScorer
from transformers import AutoTokenizer, PreTrainedTokenizerBase, T5ForConditionalGeneration

from training.config import Config, load_config
from training.corpus import Row, prefix_of, read_rows, turned_round

APERTIUM_EN_ES = 52.0
"""chrF of Apertium on 200 held-out rows of the same kind, as issue 5 states it."""

_TRANSLATION_MARGIN = 15.0
_ROUGE_MARGIN = 3.0
_CODE_FACTOR = 1.5
_UNRELATED_FACTOR = 1.5
_BATCH = 25
_LONGEST_SOURCE = 320


@dataclass(frozen=True, slots=True)
class Score:
    """How a model does at one task, by the task's main metric, higher is better."""

    task: str
    metric: str
    value: float
    baseline: float
    unrelated: float
    """The same metric for each row's output against the next row's target."""
    bar: float
    rows: int
    bleu: float | None = None

    @property
    def offered(self) -> bool:
        """Tell whether the task is good enough to be shown to a user."""
        return self.value >= self.bar


def chrf(outputs: Sequence[str], targets: Sequence[str]) -> float:
    """Return the corpus chrF2, 0 to 100 (Popović 2015)."""
    return float(sacrebleu.corpus_chrf(outputs, [targets]).score)


def bleu(outputs: Sequence[str], targets: Sequence[str]) -> float:
    """Return the corpus BLEU, 0 to 100, of sacrebleu's defaults (Post 2018)."""
    return float(sacrebleu.corpus_bleu(outputs, [targets]).score)


def smoothed_bleu(outputs: Sequence[str], targets: Sequence[str]) -> float:
    """Return the mean sentence BLEU-4, 0 to 100, without case, one added to each count.

    The smoothing is that of Lin and Och 2004, as usual for code summaries.
    """
    scores = [
        sacrebleu.sentence_bleu(output, [target], smooth_method="add-k", lowercase=True).score
        for output, target in zip(outputs, targets, strict=True)
    ]
    return statistics.fmean(scores)


def rouge_l(outputs: Sequence[str], targets: Sequence[str]) -> float:
    """Return the mean ROUGE-L F measure, 0 to 100, of stemmed words (Lin 2004)."""
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    pairs = zip(outputs, targets, strict=True)
    return 100 * statistics.fmean(scorer.score(t, o)["rougeL"].fmeasure for o, t in pairs)


def lead_sentence(text: str) -> str:
    """Return the first sentence of a text."""
    return re.split(r"(?<=[.!?])\s|\n", text.strip(), maxsplit=1)[0]


def name_words(code: str) -> str:
    """Return the words of the first defined name in a piece of code."""
    found = re.search(r"\b(?:def|func(?:tion)?|fn|class)\s+(?:\([^)]*\)\s*)?(?:self\.)?(\w+)", code)
    found = found or re.search(r"(\w+)\s*\(", code)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", found[1] if found else "")
    return " ".join(words).lower()


def score(direction: str, rows: Sequence[Row], outputs: Sequence[str]) -> Score:
    """Return how well `outputs` match the targets of `rows`, with baseline and bar.

    Sentences that fit any source score too ("Returns the value."): half as much again is asked
    of the outputs as they score against the targets of other rows.
    """
    sources, targets = [row.source for row in rows], [row.target for row in rows]
    if direction == "summarize":
        base = rouge_l([lead_sentence(text) for text in sources], targets)
        measure, metric, bar = rouge_l, "ROUGE-L", base + _ROUGE_MARGIN
    elif direction == "summarize code":
        base = smoothed_bleu([name_words(text) for text in sources], targets)
        measure, metric, bar = smoothed_bleu, "BLEU-4", base * _CODE_FACTOR
    else:
        base = chrf(sources, targets)
        measure, metric, bar = chrf, "chrF", base + _TRANSLATION_MARGIN
        if direction == "translate English to Spanish":
            bar = max(bar, APERTIUM_EN_ES)
    value, unrelated = measure(outputs, targets), measure(outputs, [*targets[1:], targets[0]])
    plain = bleu(outputs, targets) if metric == "chrF" else None
    bar = max(bar, _UNRELATED_FACTOR * unrelated)
    return Score(direction, metric, value, base, unrelated, bar, len(rows), plain)


def choose_rows(config: Config, count: int) -> dict[str, list[Row]]:
    """Return `count` validation rows of each direction, evenly spread over the file."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in read_rows(config.valid_corpus):
        rows[row.direction].append(row)
        if row.direction.startswith("translate"):
            rows[(turned := turned_round(row)).direction].append(turned)
    return {name: some[:: max(1, len(some) // count)][:count] for name, some in rows.items()}


@torch.inference_mode()
def generate(
    model: T5ForConditionalGeneration, tokenizer: PreTrainedTokenizerBase, texts: Sequence[str]
) -> list[str]:
    """Return the outputs for texts with their prefixes, batched by length.

    Decoded as the folder's generation configuration says.
    """
    order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
    outputs = [""] * len(texts)
    for first in range(0, len(order), _BATCH):
        some = order[first : first + _BATCH]
        batch = tokenizer(
            [texts[n] for n in some],
            padding=True,
            truncation=True,
            max_length=_LONGEST_SOURCE,
            return_tensors="pt",
        )
        ids = model.generate(batch["input_ids"], attention_mask=batch["attention_mask"])
        decoded = tokenizer.batch_decode(ids, skip_special_tokens=True)
        for n, text in zip(some, decoded, strict=True):
            outputs[n] = text.strip()
    return outputs


def evaluate(
    folder: Path, config: Config, count: int
) -> tuple[list[Score], dict[str, list[tuple[str, str, str]]]]:
    """Measure the model in `folder` on every direction of the mixture.

    Returns:
        The scores, and (source, target, output) of the first rows of each direction.

    """
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = T5ForConditionalGeneration.from_pretrained(folder).eval()
    scores, samples = [], {}
    for direction, rows in choose_rows(config, count).items():
        if direction not in config.mixture:
            continue
        texts = [f"{prefix_of(direction)} {row.source}" for row in rows]
        outputs = generate(model, tokenizer, texts)
        scores.append(score(direction, rows, outputs))
        pairs = zip(rows, outputs, strict=True)
        samples[direction] = [(r.source[:200], r.target, output) for r, output in pairs][:12]
    return scores, samples


def table(scores: Sequence[Score]) -> str:
    """Return the scores as a Markdown table."""
    heads = "| task | metric | model | baseline | unrelated | bar | BLEU | offered |"
    lines = [heads, "|" + " --- |" * 8]
    for s in scores:
        plain = "" if s.bleu is None else f"{s.bleu:.1f}"
        figures = f"{s.value:.1f} | {s.baseline:.1f} | {s.unrelated:.1f} | {s.bar:.1f} | {plain}"
        lines.append(f"| {s.task} | {s.metric} | {figures} | {'yes' if s.offered else 'no'} |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, print the table and write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures and samples here")
    arguments = parser.parse_args()
    scores, samples = evaluate(arguments.folder, load_config(), arguments.rows)
    print(table(scores))
    if arguments.json:
        document = {"scores": [asdict(s) for s in scores], "samples": samples}
        arguments.json.write_text(json.dumps(document, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
