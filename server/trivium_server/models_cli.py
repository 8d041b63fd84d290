"""The verbs of `trivium models`: list, pull, verify, remove.

Results go to standard output, as a table or with `--json` as one document; progress goes to
standard error, and only to a terminal. The model library is imported when a verb runs, because
every command builds this grammar.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from trivium_server.commands import Explained

if TYPE_CHECKING:
    from trivium_models.inventory import Item
    from trivium_models.sources import Progress


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `models` and its verbs to the command line's grammar."""
    summary = "list, fetch, check and remove models"
    top = commands.add_parser("models", help=summary, description=summary)
    top.add_argument("--json", action="store_true", help="print one JSON document")
    verbs = top.add_subparsers(dest="verb", metavar="VERB")
    for verb, names, text in (
        ("list", None, "the models to choose from and those on this machine (the default verb)"),
        ("pull", "*", "fetch models, by default those of the default settings"),
        ("verify", "*", "compare models bit by bit with what was fetched, by default all"),
        ("remove", "+", "remove models from Trivium's cache"),
    ):
        parser = verbs.add_parser(verb, help=text, description=text)
        # SUPPRESS keeps `models --json list` from being undone by the verb's own default.
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        if names:
            parser.add_argument("names", nargs=names, metavar="NAME", help=_NAME)


_NAME = "catalog name, hub id (organisation/name), folder or GGUF file"


def run(arguments: argparse.Namespace) -> int:
    """Run one verb; the process's exit status."""
    from trivium_models.errors import ModelError

    try:
        if arguments.verb == "pull":
            return _pull(arguments.names, as_json=arguments.json)
        if arguments.verb == "verify":
            return _verify(arguments.names, as_json=arguments.json)
        if arguments.verb == "remove":
            return _remove(arguments.names, as_json=arguments.json)
        return _list(as_json=arguments.json)
    except ModelError as error:
        raise Explained(str(error)) from error


def table(items: Sequence[Item]) -> str:
    """Models in columns, under a heading for each art."""
    lines = []
    for art in dict.fromkeys(item.art for item in items):
        chosen = [item for item in items if item.art == art]
        rows = [_HEADINGS, *map(_row, chosen)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines += ["", f"{art or 'unknown'} ({chosen[0].architecture})" if art else "unreadable"]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            lines.append("  ".join(cells).rstrip())
    return "\n".join(lines[1:])


def human(size: float) -> str:
    """A number of bytes as people read it: `90.9 MB`."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


_HEADINGS = (
    *("NAME", "STATE", "FAMILY", "SIZE", "PARAMETERS", "MEMORY", "CONTEXT", "DISK"),
    *("LANGUAGES", "TASKS", "LICENCE", "ORIGIN"),
)


def _row(item: Item) -> tuple[str, ...]:
    shown = " ".join(item.languages[:4]) + (" …" if len(item.languages) > 4 else "")
    return (
        *(item.name, item.state, item.family, item.size or "?"),
        f"{item.parameters / 1e6:,.1f} M" if item.parameters else "?",
        human(item.memory) if item.memory else "?",
        str(item.context or "?"),
        human(item.disk) if item.disk else "-",
        *(shown or "?", ", ".join(item.tasks) or "?", item.licence or "?", item.origin),
    )


def _list(*, as_json: bool) -> int:
    from trivium_models import cache, inventory

    items = inventory.survey()
    if as_json:
        _print_json([asdict(item) for item in items])
        return 0
    print(table(items))
    for item in items:
        if item.state == "damaged":
            print(f"\n{item.message}")
    print(
        f"\nModels are kept in {cache.models_root()}. Any other hub id, folder or GGUF works too."
    )
    return 0


def _pull(names: Sequence[str], *, as_json: bool) -> int:
    from trivium_models import catalog

    if names:
        results = [_pull_one(name) for name in names]
    else:
        # A default that is part of this package, or will be, cannot be fetched from anywhere.
        defaults = [card for card in catalog.defaults().values() if _fetchable(card.sources)]
        results = [_pull_one(card.name) for card in defaults]
    return _report(results, as_json, lambda result: f"{result['name']}: in {result['folder']}")


def _fetchable(sources: Iterable[object]) -> bool:
    return any(getattr(source, "kind", "") != "package" for source in sources)


def _pull_one(name: str) -> dict[str, object]:
    from trivium_models import weights
    from trivium_models.errors import ModelError

    progress = _Line(name)
    try:
        folder = weights.pull(name, progress.show)
    except ModelError as error:
        return {"name": name, "folder": None, "problem": str(error)}
    finally:
        progress.clear()
    return {"name": name, "folder": str(folder), "problem": None}


def _verify(names: Sequence[str], *, as_json: bool) -> int:
    from trivium_models import inventory, weights

    chosen = names or [item.name for item in inventory.survey() if item.state != "missing"]
    results: list[dict[str, object]] = []
    for name in chosen:
        problems = weights.verify(name)
        results.append({"name": name, "problem": problems[0] if problems else None})
    return _report(results, as_json, lambda result: f"{result['name']}: sound")


def _remove(names: Sequence[str], *, as_json: bool) -> int:
    from trivium_models import weights

    results: list[dict[str, object]] = []
    for name in names:
        results.append({"name": name, "bytes": weights.remove(name), "problem": None})
    return _report(results, as_json, lambda result: f"{result['name']}: removed")


def _report(
    results: Sequence[dict[str, object]],
    as_json: bool,
    sentence: Callable[[dict[str, object]], str],
) -> int:
    if as_json:
        _print_json(results)
    for result in results:
        if result["problem"]:
            print(f"trivium: {result['problem']}", file=sys.stderr)
        elif not as_json:
            print(sentence(result))
    return 1 if any(result["problem"] for result in results) else 0


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1))


class _Line:
    """One line of progress on standard error, rewritten in place; nothing without a terminal."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._on = sys.stderr.isatty()

    def show(self, progress: Progress) -> None:
        if self._on:
            text = f"{self._name}: {progress.phase}"
            if progress.done and progress.total:
                share = progress.done / progress.total
                text += f" {share:.0%} ({human(progress.done)} of {human(progress.total)})"
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._on:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
