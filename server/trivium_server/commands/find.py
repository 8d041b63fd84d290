"""`trivium index`, `search`, `similar` and `clusters`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from trivium_server.commands import Explained, arguments, running
from trivium_server.commands.output import print_json, printable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from trivium_server.app import App
    from trivium_server.commands.arguments import FilePlace
    from trivium_server.services.workspace import Hit, SearchAnswer, Workspace


async def run(given: argparse.Namespace) -> int:
    """Run one of the four commands."""
    work = {"index": _index, "clusters": _clusters}.get(given.command, _find)
    return await work(given)


async def _find(given: argparse.Namespace) -> int:
    ask = _question(given)
    async with running.application(given) as app:
        await running.indexed(app, given.root)
        answer = await ask(app.workspace)
        if not answer.complete:  # Where that met damage, the index is made anew by then.
            await app.workspace.ready()
            answer = await ask(app.workspace)
        _explain(app, found=answer.complete or bool(answer.hits))
    _show(answer, as_json=given.json)
    return 0


async def _index(given: argparse.Namespace) -> int:
    root = given.folder or given.root
    async with running.application(given) as app:
        await running.indexed(app, root)
        (state,) = app.workspace.status()
    if state.message:  # Also when it is made and goes with this process: it was asked to stay.
        raise Explained(state.message)
    if given.json:
        names = ("state", "files", "total_files", "chunks", "bytes", "left_out")
        print_json({"root": str(root), **{name: getattr(state, name) for name in names}})
    else:
        figures = f"{state.files} files, {state.chunks} chunks, {state.bytes / 1e6:.1f} MB"
        print(", ".join(filter(None, (figures, state.remark))))
    return 0


def _question(given: argparse.Namespace) -> Callable[[Workspace], Awaitable[SearchAnswer]]:
    """What to ask; a place that is none is refused before a folder is indexed for it."""
    limit: int = given.limit
    if given.command == "search":
        return lambda workspace: workspace.search(given.query, limit=limit)
    code, exclude = _definition_at(given.place)
    return lambda workspace: workspace.similar(code, limit=limit, exclude=exclude)


def _definition_at(place: FilePlace) -> tuple[str, tuple[Path, int, int]]:
    """The definition around a line, or the line when it is in none; its file and lines."""
    from trivium_server.domain import definitions

    document = arguments.read(place.path)
    at = arguments.offset(document, place)
    lines = document.lines
    around = definitions.enclosing(definitions.of_text(document.text, document.language), at)
    innermost = min(around, key=lambda each: each.end - each.start, default=None)
    line = lines.span(place.line - 1)
    start, end = (innermost.start, innermost.end) if innermost else line
    return document.text[start:end], (
        place.path.resolve(),
        lines.line_of(start),
        lines.line_of(end),
    )


async def _clusters(given: argparse.Namespace) -> int:
    """Every cluster with its files, the largest first."""
    async with running.application(given) as app:
        await running.indexed(app, given.root)
        maps = (await app.workspace.atlas()).values()
        found = [
            (name, [point.path for point in atlas.points if point.cluster == at])
            for atlas in maps
            for at, name in enumerate(atlas.clusters)
        ]
        _explain(app, found=bool(found))
    found.sort(key=lambda each: -len(each[1]))
    if given.json:
        print_json([{"name": name, "files": paths} for name, paths in found])
        return 0
    for name, paths in found:
        print(f"{name}  ({len(paths)} file{'s' if len(paths) > 1 else ''})")
        for path in paths:
            print(f"    {printable(path)}")
    if not found:
        print("There is nothing to group: no file of this folder is indexed.")
    return 0


def _explain(app: App, *, found: bool) -> None:
    """Say what is wrong with the index: an error if it explains why nothing was found."""
    for state in app.workspace.status():
        if state.message and state.state != "ready" and not found:
            raise Explained(state.message)
        if state.message:
            print(f"trivium: {state.message}", file=sys.stderr)


def _show(answer: SearchAnswer, *, as_json: bool) -> None:
    if as_json:
        print_json([_row(hit) for hit in answer.hits])
        return
    for hit in answer.hits:
        row = _row(hit)
        place = f"{row['path']}:{row['start_line']}-{row['end_line']}"
        print(printable(f"{place}  {hit.symbol}  ({hit.reason})"))
        for line in "\n".join(hit.snippet.splitlines()[:3]).rstrip().splitlines():
            print(printable(f"    {line}").rstrip())
    if not answer.hits:
        unmet = printable(", ".join(answer.unmet))
        print(f"Nothing fits: nothing here passes {unmet}." if unmet else "Nothing fits.")
    if not answer.complete:
        print(f"({answer.indexed_files} of {answer.total_files} files searched by meaning so far)")


def _row(hit: Hit) -> dict[str, Any]:
    return {
        "path": hit.name,
        "start_line": hit.start_line + 1,
        "end_line": hit.end_line + 1,
        "score": round(float(hit.score), 4),
        "symbol": hit.symbol,
        "snippet": hit.snippet,
    }
