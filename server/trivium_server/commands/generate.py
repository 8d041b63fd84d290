"""`trivium complete`, `summarize` and `translate`."""

from __future__ import annotations

import argparse
import sys
from textwrap import shorten
from typing import TYPE_CHECKING

from trivium_server.commands import Explained, arguments, running
from trivium_server.commands.output import print_json

if TYPE_CHECKING:
    from trivium_server.app import App


async def run(given: argparse.Namespace) -> int:
    """Run one of the three commands."""
    async with running.application(given) as app:
        if given.command == "complete":
            return await _complete(app, given)
        return await _rewrite(app, given)


async def _complete(app: App, given: argparse.Namespace) -> int:
    document = arguments.read(given.place.path)
    answer = await app.completion.complete(
        document, arguments.offset(document, given.place), invoked=True
    )
    if given.json:
        texts = [each.text for each in answer.suggestions]
        print_json({"suggestions": texts, "reason": answer.reason})
    elif answer.suggestions:
        print(answer.suggestions[0].text)
    else:
        raise Explained(f"No suggestion: {answer.reason.rstrip('.')}.")
    return 0


async def _rewrite(app: App, given: argparse.Namespace) -> int:
    document, span = arguments.source(given.source)
    task = given.command
    target = given.to if task == "translate" else None
    outcome = await app.rewriting.rewrite(document, *span, task, target, "show")
    if given.json:
        kept = [{"text": document.text[a:b], "reason": why} for a, b, why in outcome.kept]
        print_json({"text": outcome.text, "model": outcome.model, "kept": kept})
        return 0
    for start, end, why in outcome.kept:
        words = " ".join(document.text[start:end].split())
        print(f"trivium: kept “{shorten(words, 60, placeholder='…')}”: {why}", file=sys.stderr)
    # A pipe must not lose a text that could not be translated.
    kept_whole = document.text[slice(*span)] if task == "translate" else ""
    text = outcome.text or kept_whole
    print(text.removesuffix("\n"))
    return 0
