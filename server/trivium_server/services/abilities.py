"""What the chosen text-to-text model can do, read from its folder before it is ever loaded.

The project's own model says it in `trivium.json`, with the figures that decide which task is good
enough to be offered; T5 checkpoints in their configuration; a Marian model in its tokenizer's.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from trivium_models import catalog, inspect, weights
from trivium_models.fake import is_fake
from trivium_models.types import Art
from trivium_server.domain.rewriting import tasks
from trivium_server.domain.rewriting.tasks import Abilities

_PAIR = re.compile(r"opus-mt-(?:tc-\w+-)?([a-z]{2,3})-([a-z]{2,3})\b", re.IGNORECASE)


def of_model(spec: str) -> Abilities:
    """The abilities of a model by catalog name, hub id or folder.

    Those of a model that is not on this machine are told by its catalog card. Raises the errors of
    `trivium_models.errors` for a spec that is no model.
    """
    if is_fake(spec):
        return tasks.of_fake(spec)
    found = weights.find(spec)
    if found is None:
        return _of_card(spec)
    if inspect.recognise(found.folder, found.name)[0] is not Art.REWRITER:
        weights.locate(spec, Art.REWRITER)  # says which architecture it is, and which is needed
    return of_folder(found.folder, found.name)


def of_folder(folder: Path, name: str) -> Abilities:
    """The abilities of a model in a folder."""
    prefixes = _read(folder / "trivium.json").get("tasks")
    if isinstance(prefixes, dict):
        offered = [each for each, facts in prefixes.items() if facts.get("offered")]
        weak = {
            each.removesuffix(":"): _figures(facts)
            for each, facts in prefixes.items()
            if each not in offered
        }
        return tasks.from_prefixes(name, offered, sentinels=True, weak=weak, least=_least(prefixes))
    config = _read(folder / "config.json")
    kind = str(config.get("model_type", ""))
    if kind == "marian":
        return _of_marian(folder, name)
    if kind in ("bart", "pegasus", "led"):
        return Abilities(name, prose="")
    return _of_configuration(config, name) or (
        tasks.of_t5(name) if kind == "t5" else Abilities(name)
    )


def _least(prefixes: dict[str, dict[str, Any]]) -> dict[str, float]:
    """How sure the model must be of an answer, for the tasks whose card says so."""
    return {
        f"{each.strip()} ": float(facts["least_logprob"])
        for each, facts in prefixes.items()
        if isinstance(facts.get("least_logprob"), int | float)
    }


def _figures(facts: dict[str, Any]) -> str:
    """How a task was measured, as `chrF 31.0, and 38.4 is wanted`."""
    metric, value, bar = (facts.get(key) for key in ("metric", "value", "bar"))
    return f"{metric} {value}, and {bar} is wanted" if metric else "see its card"


def _of_configuration(config: dict[str, Any], name: str) -> Abilities | None:
    """T5's checkpoints keep the prefixes that they were fine-tuned with."""
    specific = config.get("task_specific_params")
    if not isinstance(specific, dict):
        return None
    prefixes = [facts.get("prefix", "") for facts in specific.values() if isinstance(facts, dict)]
    return tasks.from_prefixes(name, filter(None, prefixes), sentinels=False)


def _of_marian(folder: Path, name: str) -> Abilities:
    tokenizer = _read(folder / "tokenizer_config.json")
    source, target = tokenizer.get("source_lang"), tokenizer.get("target_lang")
    match = _PAIR.search(name) or _PAIR.search(str(folder))
    if match and not (source and target):
        source, target = match.groups()
    if source and target:
        return tasks.of_pair(name, tasks.code_of(source), tasks.code_of(target))
    return Abilities(name)


def _of_card(spec: str) -> Abilities:
    card = catalog.find(spec)
    if card is None:
        return tasks.of_t5(spec)
    if card.name == "trivium-t5":
        return tasks.of_languages(card.name, card.languages)
    if card.family == "T5":
        return tasks.of_t5(card.name)
    if match := _PAIR.search(card.name):
        return tasks.of_pair(card.name, *match.groups())
    return Abilities(card.name, prose="" if "summarize" in card.tasks else None)


def _read(path: Path) -> dict[str, Any]:
    """A JSON object, empty when there is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
