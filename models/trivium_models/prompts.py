"""What an embedding model was trained to read before a text, by the text's role.

A question and the passages that may answer it are told apart by a prompt with some models, as E5's
`query: ` and `passage: `; without it they find worse. A sentence-transformers folder says so in
config_sentence_transformers.json, where that names prompts at all; the catalog knows the families
that are published without. Must not import torch: the server names vectors by this too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from trivium_models.headers import read_json
from trivium_models.types import Role

_NAMES = {Role.QUERY: ("query",), Role.PASSAGE: ("passage", "document", "corpus")}
"""What sentence-transformers' models call the prompts of each role."""


def of_folder(folder: Path) -> dict[Role, str]:
    """The text to put before one of each role; empty for a model that wants none."""
    content = read_json(folder / "config_sentence_transformers.json")
    config = content if isinstance(content, dict) else {}
    given = config.get("prompts")
    named = _of_names(given) if isinstance(given, dict) else {}
    if any(named.values()):
        return named
    always = given.get(config.get("default_prompt_name")) if isinstance(given, dict) else None
    if always:
        return dict.fromkeys(Role, str(always))
    known = next((found for name in _names(folder) if (found := of_name(name))), {})
    return {role: known.get(role, "") for role in Role}


def of_name(name: str) -> dict[Role, str]:
    """The prompts of a model by its published name, without or with its organisation."""
    short = name.rpartition("/")[2]
    for pattern, prompts in _published():
        if re.fullmatch(pattern, short, re.IGNORECASE):
            return prompts
    return {}


def _of_names(given: dict[str, Any]) -> dict[Role, str]:
    return {
        role: next((str(given[name]) for name in names if given.get(name)), "")
        for role, names in _NAMES.items()
    }


def _names(folder: Path) -> Iterator[str]:
    """What a folder may be called after: itself, or its model in Trivium's or the hub's cache."""
    snapshot_of = folder.parent.parent.name
    for name in (folder.name, snapshot_of if snapshot_of.startswith("models--") else ""):
        yield name.rpartition("--")[2]


@cache
def _published() -> list[tuple[str, dict[Role, str]]]:
    import tomllib  # Not above: few folders need it, and the server's start waits for this module.

    text = (files("trivium_models") / "catalog.toml").read_text(encoding="utf-8")
    return [
        (row["names"], {role: row.get(role.value, "") for role in Role})
        for row in tomllib.loads(text)["prompts"]
    ]
