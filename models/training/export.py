"""Write a trained model as a folder that transformers loads and that the package ships.

Sharded safetensors in bf16, config, generation config, tokenizer, a card, and `trivium.json`:
what the model may be used for, by the figures that `training.evaluate` measures on it.

    python -m training.export FOLDER [--from decayed.pt | --average] [--rows 200]
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig

from training.config import Config, load_config
from training.corpus import LANGUAGES, SENTINELS, prefix_of
from training.evaluate import Score, evaluate, table
from training.model import EOS, PAD, build_model
from training.tokenizer import load_tokenizer

_BEAMS = 4  # 2 points of chrF and 4 of ROUGE-L over greedy decoding, for twice its time
_SHARD = "16MB"
_LICENCE = (
    "Trained on text of free software. Three quarters of the translation rows come from packages"
    " under copyleft licences (GPL, LGPL, AGPL, MPL, CC-BY-SA, as each package states); the code"
    " rows come from packages under permissive licences, and OpenJDK (GPL-2 with Classpath"
    " exception). The weights hold no copy of a licence of their own: whether they are a work"
    " derived from the texts is not settled, so redistribute them with this note."
)


def save_weights(config: Config, weights: dict[str, Tensor], folder: Path) -> int:
    """Write model and tokenizer to `folder` and return the number of parameters."""
    tokenizer = load_tokenizer(config)
    model = build_model(config.model, len(tokenizer), config.seed)
    model.load_state_dict(weights, strict=False)
    model.tie_weights()
    model.generation_config = GenerationConfig(
        decoder_start_token_id=PAD,
        pad_token_id=PAD,
        eos_token_id=EOS,
        max_new_tokens=128,
        num_beams=_BEAMS,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    model.to(torch.bfloat16).save_pretrained(folder, max_shard_size=_SHARD)
    tokenizer.save_pretrained(folder)
    for file in folder.iterdir():
        file.chmod(0o644)
    return sum(parameter.numel() for parameter in model.parameters())


def read_weights(state: dict[str, Any], averaged: bool) -> dict[str, Tensor]:
    """Return the fp32 weights of a checkpoint's state by name."""
    kind = "average" if averaged else "master"
    return {
        name: stack[kind][place]
        for stack in state["optimizer"]["stacks"].values()
        for place, name in enumerate(stack["names"])
    }


def manifest(scores: Sequence[Score], parameters: int, tokens: int) -> dict[str, Any]:
    """Return the contents of `trivium.json`, without the files' hashes."""
    offered = {s.task for s in scores if s.offered}
    spoken = {
        code for code, name in LANGUAGES.items() if any(name in task.split() for task in offered)
    }
    return {
        "id": "trivium-t5",
        "parameters": parameters,
        "tokens_trained": tokens,
        "tasks": {
            prefix_of(s.task): {
                "offered": s.offered,
                "metric": s.metric,
                "value": round(s.value, 2),
                "baseline": round(s.baseline, 2),
                "unrelated": round(s.unrelated, 2),
                "bar": round(s.bar, 2),
            }
            for s in scores
        },
        "languages": sorted(spoken | {"en"}),
        "sentinels": [SENTINELS[0], SENTINELS[-1]],
        "licence": _LICENCE,
    }


def card(scores: Sequence[Score], parameters: int, tokens: int) -> str:
    """Return the model's card in Markdown."""
    return f"""# trivium-t5

A compact T5 ({parameters / 1e6:.1f} million parameters, bf16) trained from scratch by
`models/training` on {tokens / 1e6:.1f} million tokens of developers' text. Every task is a
prefix, which is one token of its vocabulary. `{SENTINELS[0]}` to `{SENTINELS[-1]}` stand for spans
that must come through a translation untouched. It reads 512 tokens at once; Trivium splits prose at
sentences and cuts code there.

{table(scores)}

Measured by `python -m training.export` on {scores[0].rows} validation rows of each task, from
packages that are not in the training text; {_BEAMS} beams. Baselines: copying the source
(translation), the lead sentence (prose), the words of the function's name (code). "Unrelated" is
the model's output for one row against the target of another: what it scores without having read.
A task below its bar is not offered by default.

## Licence

{_LICENCE}
"""


def export(config: Config, checkpoint: Path, averaged: bool, folder: Path, rows: int) -> str:
    """Write the whole folder and return the table of scores."""
    state = torch.load(checkpoint, "cpu", weights_only=True)
    tokens = state["tokens"]
    parameters = save_weights(config, read_weights(state, averaged), folder)
    scores, _ = evaluate(folder, config, rows)
    (folder / "README.md").write_text(card(scores, parameters, tokens))
    document = manifest(scores, parameters, tokens)
    document["data"] = state["data"]  # so that another run can go on with rows not yet seen
    document["sha256"] = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }
    (folder / "trivium.json").write_text(json.dumps(document, indent=2) + "\n")
    return table(scores)


def main() -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--checkpoint", default="checkpoint.pt", help="a file of the run's folder")
    parser.add_argument("--average", action="store_true", help="the averaged weights")
    parser.add_argument("--rows", type=int, default=200, help="to measure each task on")
    arguments = parser.parse_args()
    config = load_config()
    checkpoint = config.run_folder / arguments.checkpoint
    print(export(config, checkpoint, arguments.average, arguments.folder, arguments.rows))


if __name__ == "__main__":
    main()
