"""The verbs of `trivium models`: list, pull, verify, suggest, compare, remove.

Results go to standard output, as a table or with `--json` as one document; progress goes to
standard error, and only to a terminal. The model library is imported when a verb runs, because
every command builds this grammar.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_server.commands.output import print_json

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
        ("suggest", None, "measure this machine and recommend a size for each art"),
        ("compare", 2, "measure two models of one art on your own code"),
        ("remove", "+", "remove models from Trivium's cache"),
    ):
        parser = verbs.add_parser(verb, help=text, description=text)
        # SUPPRESS keeps `models --json list` from being undone by the verb's own default.
        parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        if names:
            parser.add_argument("names", nargs=names, metavar="NAME", help=_NAME)
        if verb == "compare":
            text = "folder with your code, best a git repository (default: here)"
            parser.add_argument("--root", type=Path, default=Path(), help=text)
            parser.add_argument("--art", choices=("encoder", "decoder", "rewriter"))
        if verb == "pull":
            text = "tell the progress line by line on standard error, terminal or not"
            parser.add_argument("--progress", action="store_true", help=text)


_NAME = "catalog name, hub id (organisation/name), folder or GGUF file"


def run(arguments: argparse.Namespace) -> int:
    """Run one verb; the process's exit status."""
    if arguments.verb == "pull":
        return _pull(arguments.names, lines=arguments.progress, as_json=arguments.json)
    if arguments.verb == "verify":
        return _verify(arguments.names, as_json=arguments.json)
    if arguments.verb == "suggest":
        return _suggest(as_json=arguments.json)
    if arguments.verb == "compare":
        from trivium_server.commands import compare

        return compare.run(arguments)
    if arguments.verb == "remove":
        return _remove(arguments.names, as_json=arguments.json)
    return _list(as_json=arguments.json)


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
        print_json([asdict(item) for item in items])
        return 0
    print(table(items))
    for item in items:
        if item.state == "damaged":
            print(f"\n{item.message}")
    print(
        f"\nModels are kept in {cache.models_root()}. Any other hub id, folder or GGUF works too."
    )
    return 0


def _pull(names: Sequence[str], *, lines: bool, as_json: bool) -> int:
    from trivium_models import catalog, fetching

    def pull(name: str) -> Path:
        progress = _Lines(name) if lines else _Line(name)
        try:
            return fetching.pull(name, progress.show)
        finally:
            progress.clear()

    return _each(names or catalog.fetchable_defaults(), pull, "folder", "in {}", as_json=as_json)


def _verify(names: Sequence[str], *, as_json: bool) -> int:
    from trivium_models import fetching, inventory

    here = [item.name for item in inventory.survey() if item.state != "missing"]
    return _each(names or here, fetching.verify, "folder", "sound, in {}", as_json=as_json)


def _suggest(*, as_json: bool) -> int:
    import asyncio

    from trivium_models import advice, inventory, machine, trial

    measured = asyncio.run(trial.measure())
    found = advice.suggest_all(measured, machine.available_memory())
    if as_json:
        print_json([asdict(each) for each in found])
        return 0
    for each in found:
        about = "measured" if each.measured else "estimated"
        print(
            f"{each.art}: {each.model} ({each.size})\n"
            f"  {each.seconds:.2g} s for {each.unit} ({about}), quality {each.quality}, "
            f"{human(each.memory)} of memory\n  {each.why}"
        )
        if inventory.item(each.model).state == "missing":
            print(f"  Fetch it with `trivium models pull {each.model}`.")
    here = machine.describe()
    if float(str(here["load"])) > 1.5 * int(str(here["cores"])):
        busy = f"load {here['load']} on {here['cores']} cores"
        print(
            f"trivium: this machine is busy ({busy}): on a quiet one all of it is faster, "
            "and a larger size may fit; measure again then.",
            file=sys.stderr,
        )
    return 0


def _remove(names: Sequence[str], *, as_json: bool) -> int:
    from trivium_models import fetching

    return _each(names, fetching.remove, "bytes", "removed, {} are free", as_json=as_json)


def _each(
    names: Iterable[str],
    act: Callable[[str], Path | int],
    key: str,
    sentence: str,
    *,
    as_json: bool,
) -> int:
    """Do something with each model and report all of it; 1 if anything failed.

    `key` and `sentence` say what `act` returns, as data and in words.
    """
    from trivium_models.errors import ModelError

    results: list[dict[str, object]] = []
    for name in names:
        result: dict[str, object] = {"name": name, key: None, "problem": None}
        try:
            done = act(name)
            result[key] = str(done) if isinstance(done, Path) else done
        except ModelError as error:
            result["problem"] = str(error)
            print(f"trivium: {error}", file=sys.stderr)
        else:
            if not as_json:
                told = human(done) if isinstance(done, int) else done
                print(f"{name}: {sentence.format(told)}")
        results.append(result)
    if as_json:
        print_json(results)
    return 1 if any(result["problem"] for result in results) else 0


class _Line:
    """One line of progress on standard error, rewritten in place; nothing without a terminal."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._on = sys.stderr.isatty()

    def show(self, progress: Progress) -> None:
        if self._on:
            text = f"{self._name}: {_said(progress)}"
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._on:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _Lines:
    """Progress line by line, for an editor that reads it; the same is not said twice."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._last = ""

    def show(self, progress: Progress) -> None:
        said = _said(progress)
        if said != self._last:
            print(f"{self._name}: {said}", file=sys.stderr, flush=True)
        self._last = said

    def clear(self) -> None:
        """Nothing: what was said stays."""


def _said(progress: Progress) -> str:
    if not (progress.done and progress.total):
        return progress.phase
    share = f"{progress.done / progress.total:.0%}"
    return f"{progress.phase} {share} ({human(progress.done)} of {human(progress.total)})"
