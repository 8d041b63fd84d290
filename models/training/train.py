"""Train the T5, for as long as it is left running; stopped at any time, it goes on where it was.

The rates stay constant after a warm-up, so that a run has no planned end. Before an export,
`--decay MINUTES` takes the rates down to zero in a branch that leaves the run itself alone.
SIGTERM and SIGINT write a checkpoint and end the process; SIGSTOP and SIGCONT pause it.

    python -m training.train [--from FOLDER] [--tokens MILLIONS] [--decay MINUTES]
"""

import argparse
import json
import os
import signal
import time
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import torch
from transformers import T5ForConditionalGeneration

from training.batches import Mixture, collate, cut, read_example
from training.config import Config, load_config
from training.corpus import DIRECTIONS, TASKS, directions_of, prefix_of
from training.model import (
    Batch,
    Forward,
    build_model,
    compiled_states,
    hidden_states,
    loss_sum,
    set_embedding,
)
from training.optimizer import Optimizer
from training.pack import load_pack
from training.tokenizer import load_tokenizer

_VALIDATION_ROWS = 64  # of each direction


@dataclass(slots=True)
class Progress:
    """What a run has done: tokens are source and target tokens without padding."""

    tokens: int = 0
    seconds: float = 0.0
    since_report: dict[str, float] = field(default_factory=lambda: defaultdict(float))


class Run:
    """A training run in `config.run_folder`: model, optimizer, data stream and log."""

    def __init__(self, config: Config, forward: Forward = hidden_states) -> None:
        """Build the run and go on from its checkpoint if it has one."""
        self.config, self.forward = config, forward
        torch.set_num_threads(config.training.threads)
        tokenizer = load_tokenizer(config)
        self.prefixes = {
            name: tokenizer.convert_tokens_to_ids(prefix_of(name)) for name in DIRECTIONS
        }
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = build_model(config.model, len(tokenizer), config.seed)
        if config.embedding.exists():
            set_embedding(self.model, torch.from_numpy(np.load(config.embedding)))
        self.model.to(self.device)
        hyper = config.training
        self.optimizer = Optimizer(
            self.model, hyper.matrix_rate, hyper.other_rate, hyper.weight_decay, hyper.average
        )
        self.data = Mixture(
            load_pack(config.work_folder / "train"),
            config.mixture,
            self.prefixes,
            config.seed,
            hyper.longest_row,
            hyper.step_tokens,
            hyper.batch_tokens,
        )
        self.validation = _validation(config, self.prefixes)
        self.progress = Progress()
        config.run_folder.mkdir(parents=True, exist_ok=True)
        self.log = config.run_folder / "log.jsonl"
        self.checkpoint = config.run_folder / "checkpoint.pt"
        if self.checkpoint.exists():
            self._restore(torch.load(self.checkpoint, "cpu", weights_only=True))

    def start_from(self, folder: Path) -> None:
        """Start from an exported model, with the rows that it has not seen; else do nothing.

        A run that has begun goes on where it is.

        Raises:
            OSError: There is no such folder, or a file of it is missing.
            KeyError: The model is of another shape.

        """
        if self.optimizer.steps:
            return
        model = T5ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        self.optimizer.set_weights(model.state_dict())
        manifest = json.loads((folder / "trivium.json").read_text("utf-8"))
        self.data.restore(manifest["data"])
        self.progress.tokens = manifest["tokens_trained"]

    def _restore(self, state: dict[str, Any]) -> None:
        self.optimizer.restore(state["optimizer"])
        self.data.restore(state["data"])
        self.progress.tokens, self.progress.seconds = state["tokens"], state["seconds"]

    def save(self, path: Path) -> None:
        """Write a checkpoint, in one move, so that a crash leaves the one before."""
        state = {
            "optimizer": self.optimizer.state(),
            "data": self.data.state(),
            "tokens": self.progress.tokens,
            "seconds": self.progress.seconds,
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(path)

    def train_step(self, batches: list[Batch], scale: float) -> None:
        """Compute the gradients of the batches and update the weights once."""
        started = time.perf_counter()
        torch.manual_seed(self.config.seed + self.optimizer.steps)  # for the sampled output layer
        losses, targets = 0.0, 0
        for batch in batches:
            loss, count = loss_sum(
                self.model, batch.to(self.device), self.config.training.sample, self.forward
            )
            loss.backward()  # type: ignore[no-untyped-call]
            losses, targets = losses + float(loss.detach()), targets + count
            self.progress.tokens += int(batch.source.count_nonzero()) + count
        norm = self.optimizer.step(targets, scale)
        spent = time.perf_counter() - started
        self.progress.seconds += spent
        for key, value in {"loss": losses, "targets": targets, "norm": norm, "steps": 1}.items():
            self.progress.since_report[key] += value
        padded = sum(batch.source.numel() + batch.target.numel() for batch in batches)
        self.progress.since_report["padded"] += padded
        self.progress.since_report["seconds"] += spent
        if self.optimizer.steps % self.config.training.report_steps == 0:
            self._report()

    def _report(self) -> None:
        """Append a line about the steps since the last report to the log."""
        sums = self.progress.since_report
        self._log(
            loss=sums["loss"] / sums["targets"],
            norm=sums["norm"] / sums["steps"],
            padded_tokens_per_second=sums["padded"] / sums["seconds"],
        )
        sums.clear()

    @torch.no_grad()
    def validate(self, averaged: bool) -> None:
        """Append the loss per token of each direction to the log, of the last or mean weights."""
        losses = {}
        with self.optimizer.averaged_weights() if averaged else nullcontext():
            for direction, batches in self.validation.items():
                sums = [loss_sum(self.model, batch.to(self.device)) for batch in batches]
                losses[direction] = sum(float(s) for s, _ in sums) / sum(n for _, n in sums)
        self._log(valid={name: round(loss, 4) for name, loss in losses.items()})

    def _log(self, **fields: object) -> None:
        line = {
            "step": self.optimizer.steps,
            "tokens": self.progress.tokens,
            "seconds": round(self.progress.seconds, 1),
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        for key, value in fields.items():
            line[key] = round(value, 4) if isinstance(value, float) else value
        with self.log.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _validation(config: Config, prefixes: dict[str, int]) -> dict[str, list[Batch]]:
    """Return batches of the first rows of every task of the validation pack, in the mixture."""
    pack = load_pack(config.work_folder / "valid")
    validation = {}
    for direction in config.mixture:
        task = next(n for n, name in enumerate(TASKS) if direction in directions_of(name))
        rows = np.flatnonzero(pack.rows["task"] == task)[:_VALIDATION_ROWS]
        examples = [read_example(pack, int(n), direction, prefixes[direction]) for n in rows]
        lists = cut(examples, config.training.batch_tokens)
        validation[direction] = [collate(some) for some in lists]
    return validation


def train(run: Run, most_tokens: float, stop: Event) -> None:
    """Train until `stop` is set or the run has seen `most_tokens`."""
    hyper = run.config.training
    saved = time.monotonic()
    for batches in run.data:
        run.train_step(batches, min(1.0, (run.optimizer.steps + 1) / hyper.warmup_steps))
        if run.optimizer.steps % hyper.validate_steps == 0:
            run.validate(averaged=True)
        if time.monotonic() - saved > 60 * hyper.checkpoint_minutes:
            run.save(run.checkpoint)
            saved = time.monotonic()
        if stop.is_set() or run.progress.tokens >= most_tokens:
            break
    run.save(run.checkpoint)


def decay(run: Run, minutes: float, stop: Event) -> None:
    """Take the rates to zero in so many minutes from the checkpoint, and save beside it."""
    run.log = run.config.run_folder / "decay.jsonl"
    started = time.monotonic()
    for batches in run.data:
        left = 1 - (time.monotonic() - started) / (60 * minutes)
        if left <= 0 or stop.is_set():
            break
        warm = min(1.0, (run.optimizer.steps + 1) / run.config.training.warmup_steps)
        run.train_step(batches, left * warm)
    run.validate(averaged=False)
    run.save(run.config.run_folder / "decayed.pt")


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--from", type=Path, dest="start", help="an exported model to start from")
    parser.add_argument("--tokens", type=float, help="stop at so many millions of tokens")
    parser.add_argument("--decay", type=float, help="run a branch of so many minutes to rate zero")
    arguments = parser.parse_args()
    config = load_config()
    config.work_folder.mkdir(parents=True, exist_ok=True)
    (config.work_folder / "train.pid").write_text(str(os.getpid()))
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run = Run(config, compiled_states())
    if arguments.start:
        run.start_from(arguments.start)
    if arguments.decay:
        decay(run, arguments.decay, stop)
    else:
        train(run, (arguments.tokens or float("inf")) * 1e6, stop)


if __name__ == "__main__":
    main()
