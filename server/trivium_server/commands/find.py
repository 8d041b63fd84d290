"""`trivium index`, `search`, `similar` and `clusters`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from trivium_server.commands import Explained, arguments, running
from trivium_server.commands.output import print_json, printable

if TYPE_CHECKING:
    from pathlib import Path

    from trivium_server.app import App
    from trivium_server.services.workspace import Hit, SearchAnswer


async def run(given: argparse.Namespace) -> int:
    """Run one of the four commands."""
    async with running.application(given) as app:
        if given.command == "index":
            return await _index(app, given)
        root: Path = given.root
        await running.indexed(app, root)
        if given.command == "clusters":
            return await _clusters(app, as_json=given.json)
        answer = await _answer(app, given)
        if not answer.complete:  # Where that met damage, the index is made anew by then.
            await app.workspace.ready()
            answer = await _answer(app, given)
        _explain(app, found=answer.complete or bool(answer.hits))
        _show(answer, as_json=given.json)
        return 0


async def _index(app: App, given: argparse.Namespace) -> int:
    root = given.folder or given.root
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


async def _answer(app: App, given: argparse.Namespace) -> SearchAnswer:
    if given.command == "search":
        return await app.workspace.search(given.query, limit=given.limit)
    return await _similar(app, given)


async def _similar(app: App, given: argparse.Namespace) -> SearchAnswer:
    """Code like the definition around a line, or like the line when it is in none."""
    from trivium_server.domain import definitions

    document = arguments.read(given.place.path)
    at = arguments.offset(document, given.place)
    lines = document.lines
    around = definitions.enclosing(definitions.of_text(document.text, document.language), at)
    innermost = min(around, key=lambda each: each.end - each.start, default=None)
    line = lines.span(given.place.line - 1)
    start, end = (innermost.start, innermost.end) if innermost else line
    exclude = (given.place.path.resolve(), lines.line_of(start), lines.line_of(end))
    return await app.workspace.similar(document.text[start:end], limit=given.limit, exclude=exclude)


async def _clusters(app: App, *, as_json: bool) -> int:
    """Every cluster with its files, the largest first."""
    found = [
        (name, [point.path for point in atlas.points if point.cluster == at])
        for atlas in (await app.workspace.atlas()).values()
        for at, name in enumerate(atlas.clusters)
    ]
    found.sort(key=lambda each: -len(each[1]))
    _explain(app, found=bool(found))
    if as_json:
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
