"""`trivium doctor`: what is installed, chosen, loaded, indexed, and which connections were tried.

It starts the engine and loads the three models, since only that shows that they work here.
"""

from __future__ import annotations

import argparse
import platform
import sqlite3
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from trivium_models import cache, inventory, machine, offline
from trivium_models.errors import ModelError
from trivium_models.types import Art
from trivium_server import __version__
from trivium_server.app import App
from trivium_server.commands import running
from trivium_server.commands.models import human
from trivium_server.commands.output import print_json
from trivium_server.domain import store
from trivium_server.domain.rewriting.tasks import Abilities
from trivium_server.services.places import Places

_PACKAGES = ("pygls", "lsprotocol", "torch", "transformers", "sentence-transformers", "usearch")


async def run(given: argparse.Namespace) -> int:
    """Print the report; 1 when a default part does not work."""
    async with running.application(given) as app:
        models = [await _model(app, art) for art in Art]
        engine = app.engine.status()
        report = {
            "trivium": __version__,
            "python": platform.python_version(),
            "packages": {name: _version(name) for name in _PACKAGES},
            "machine": machine.describe(),
            "models": models,
            "engine": {"state": engine.state, "resident_bytes": engine.resident_bytes},
            "index": _index(given.root),
            "cache": str(cache.cache_root()),
            "connections": {"tried": offline.recorded(), "forbidden_by": offline.forbidden()},
        }
    if given.json:
        print_json(report)
    else:
        _print(report)
    return 1 if any(model["problem"] for model in models if model["art"] != "rewriter") else 0


async def _model(app: App, art: Art) -> dict[str, Any]:
    """One art's model: what the catalog and its files say, and what loading it showed."""
    spec = getattr(app.settings.models, art.value)
    item = asdict(inventory.item(spec))
    kept = ("name", "family", "parameters", "licence", "disk", "state", "origin", "folder")
    found = {"art": art.value, **{key: item[key] for key in kept}, "problem": item["message"]}
    try:
        status = await app.engine.prepare(art)
    except ModelError as error:
        return {**found, "problem": str(error)}
    loaded = {"dtype": status.dtype, "memory": status.bytes, "context": status.context}
    tasks = _tasks(app.rewriting.abilities()) if art is Art.REWRITER else {}
    return {**found, **loaded, **tasks, "problem": ""}


def _tasks(known: Abilities) -> dict[str, Any]:
    """The text actions that are offered, and those that the model is not good enough at."""
    prefixes = [known.prose, known.code, *known.pairs.values()]
    offered = [
        each.strip().removesuffix(":") or "any text" for each in prefixes if each is not None
    ]
    return {"offered": offered, "not_offered": dict(known.weak)}


def _index(root: Path) -> dict[str, Any]:
    """The stored index of a folder as it is, without bringing it up to date."""
    root = root.resolve()
    places = Places(cache.cache_root())
    places.probe()
    if note := places.note(root):
        return {"root": str(root), "state": note}
    file = places.of(root).index
    if not file.is_file():
        return {"root": str(root), "state": "none; `trivium index` makes one"}
    try:
        files, chunks = store.look_into(file)
    except sqlite3.Error as error:
        return {"root": str(root), "state": f"{file} cannot be read: {error}"}
    return {"root": str(root), "files": files, "chunks": chunks, "bytes": file.stat().st_size}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _print(report: dict[str, Any]) -> None:
    print(f"Trivium {report['trivium']} on Python {report['python']}")
    print("  " + ", ".join(f"{name} {version}" for name, version in report["packages"].items()))
    print("Machine")
    for key, value in report["machine"].items():
        shown = human(value) if key == "memory" else value
        print(f"  {key}: {', '.join(value) if isinstance(value, list | tuple) else shown}")
    for model in report["models"]:
        print(f"{model['art'].capitalize()}: {model['name']}")
        _print_model(model)
    resident = report["engine"]["resident_bytes"]
    print(f"Engine: {report['engine']['state']}" + (f", {human(resident)}" if resident else ""))
    index = ", ".join(f"{key} {value}" for key, value in report["index"].items())
    print(f"Index: {index}\nKept in {report['cache']}")
    tried, forbidden = report["connections"]["tried"], report["connections"]["forbidden_by"]
    print(
        f"Connections tried by server and engine: {len(tried)}" + "".join(f"\n  {t}" for t in tried)
    )
    if forbidden:
        print(f"Downloads are forbidden by {forbidden}.")


def _print_model(model: dict[str, Any]) -> None:
    if model["problem"]:
        print(f"  {model['problem']}")
        return
    print(
        f"  {model['family']}, {model['parameters'] / 1e6:,.1f} M parameters, {model['licence']}, "
        f"from {model['origin']}\n"
        f"  {human(model['disk'])} on disk, {human(model['memory'])} in memory "
        f"as {model['dtype']}, reads {model['context']} tokens"
    )
    if "offered" in model:
        print(f"  offers: {', '.join(model['offered']) or 'nothing'}")
        for task, why in model["not_offered"].items():
            print(f"  does not offer: {task} ({why})")
