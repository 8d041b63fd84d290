"""`trivium label`, `similarity` and `prompt`: the models for any text."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from trivium_server.commands import Explained, arguments, running
from trivium_server.commands.output import print_json

if TYPE_CHECKING:
    from trivium_server.app import App
    from trivium_server.services.texts import Example

_EXAMPLES = '{"bug": ["It crashes."], "wish": ["Could it be blue?"]}'


async def run(given: argparse.Namespace) -> int:
    """Run one of the three commands."""
    commands = {"label": _label, "similarity": _similarity, "prompt": _prompt}
    async with running.application(given) as app:
        await commands[given.command](app, given)
    return 0


async def _label(app: App, given: argparse.Namespace) -> None:
    examples = [*_of_file(given.examples), *map(_of_argument, given.example)]
    if not examples:
        raise Explained("There is no example: give --examples FILE or --example LABEL=TEXT.")
    try:
        found = await app.texts.label(arguments.text(given.source), examples)
    except ValueError as error:
        raise Explained(str(error)) from error
    if given.json:
        print_json([{**asdict(each), "example": examples[each.example].text} for each in found])
        return
    for each in found:
        first = examples[each.example].text.strip().partition("\n")[0]
        print(f"{each.score:.2f}  {each.name}  (as: {first[:60]})")


async def _similarity(app: App, given: argparse.Namespace) -> None:
    first, second = (arguments.text(each) for each in (given.first, given.second))
    found = await app.texts.similarity(first, second)
    if given.json:
        print_json({"similarity": round(found, 4), "model": app.workspace.encoders()[0]})
    else:
        print(f"{found:.2f}")


async def _prompt(app: App, given: argparse.Namespace) -> None:
    text = arguments.text(given.source)
    answer = await app.texts.prompt(given.prompt, text, given.max_tokens)
    if given.json:
        print_json({"text": answer, "model": app.settings.models.rewriter})
    else:
        print(answer)


def _of_argument(given: str) -> Example:
    from trivium_server.services.texts import Example

    label, found, text = given.partition("=")
    if not found:
        raise Explained(f"{given!r} is not an example: write LABEL=TEXT.")
    return Example(label, text)


def _of_file(path: Path | None) -> Iterator[Example]:
    """The examples of a JSON file; raises Explained if it is not an object of lists of texts."""
    from trivium_server.services.texts import Example

    if path is None:
        return
    content = arguments.json_file(path, _EXAMPLES)
    if not isinstance(content, dict) or not all(map(_are_texts, content.values())):
        raise Explained(f"{path} has no list of texts for each label; write it as {_EXAMPLES}.")
    yield from (Example(label, text) for label, texts in content.items() for text in texts)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
