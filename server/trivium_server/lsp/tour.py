"""The tour: all three arts on a copy of this project, through a real client.

Starts the real server over standard input and output, speaks LSP to it, and tells what was asked,
what came back and how long it took. It uses nothing of the server but its command.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from trivium_models import fetching, weights
from trivium_models.errors import ModelError
from trivium_models.types import Art
from trivium_server import settings
from trivium_server.lsp import tour_client
from trivium_server.lsp.tour_client import TourClient

QUESTIONS = (
    "where is a cancelled job dropped",
    "where are secret files left out",
    "turn line and column into an offset",
)

CODE = '''"""Retry a call that may fail for a moment."""

import time


def retry(call, attempts=3, delay=0.1):
    for attempt in range(attempts):
        try:
            return call()
        except OSError:
            if attempt == attempts - 1:
                raise
            time.sleep(delay)


def read_text(path):
    with open(path, encoding="utf-8") as file:
        return file.'''

PROSE = (
    "Der Index liegt in einer einzigen Datei im Ordner des Benutzers. "
    "Er wird aktualisiert, wenn eine Datei gespeichert wird.\n"
)

COUNTER = """def count_lines(path):
    with open(path, encoding="utf-8") as file:
        return sum(1 for line in file)
"""


@dataclass(frozen=True)
class Passage:
    """A text that the tour rewrites, and its lines from first to last."""

    name: str
    language: str
    text: str
    lines: tuple[int, int]


FUNCTION = Passage("tour_function.py", "python", COUNTER, (0, 2))
FOREIGN = "# Die Datei konnte nicht geöffnet werden.\n"
COMMENT = Passage("tour_comment.py", "python", FOREIGN, (0, 0))
PARAGRAPH = Passage("tour_text.md", "markdown", PROSE, (0, 0))


@dataclass
class Step:
    """One thing the tour did."""

    art: str
    asked: str
    answer: list[str] = field(default_factory=list)
    seconds: float = 0.0
    failed: str = ""
    """What stood in the way, as the server said it."""


@dataclass
class Tour:
    """All that the tour did."""

    models: dict[str, str]
    """What stood in the way of fetching them."""
    steps: list[Step] = field(default_factory=list)
    first_result_seconds: float = 0.0
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether an art failed for another reason than a model that does not exist."""
        return any(step.failed and step.art != "rewrite" for step in self.steps)


async def give(say: Callable[[str], None]) -> Tour:
    """Give the tour, and say each thing when it happens."""
    started = time.perf_counter()
    say("Trivium on a copy of this project. Everything runs on this machine.\n")
    tour = Tour(_fetch_models(say))
    with tempfile.TemporaryDirectory(prefix="trivium-tour-") as folder:
        root = _copy_of_this_project(Path(folder))
        async with tour_client.connect() as client:
            client.on_progress = lambda text: say(f"  … {text}")
            for art, asked, work in _plan(root):
                say(f"[{art}] {asked}")
                step = await _timed(art, asked, work, client)
                tour.steps.append(step)
                _show(step, say)
                if art == "find" and not tour.first_result_seconds:
                    tour.first_result_seconds = round(time.perf_counter() - started, 3)
    tour.seconds = round(time.perf_counter() - started, 3)
    say(
        f"First search result {tour.first_result_seconds:.1f} s after the start, "
        f"all in {tour.seconds:.1f} s."
    )
    return tour


Work = Callable[[TourClient], Awaitable[list[str]]]


def _plan(root: Path) -> list[tuple[str, str, Work]]:
    """What the tour does, in order: the art, the question, and the work."""
    return [
        ("start", "initialize", lambda client: _initialize(client, root)),
        ("index", f"index {root.name}", _index),
        *(("find", question, _search(question, root)) for question in QUESTIONS),
        ("continue", CODE.splitlines()[-1].strip() + "▏", lambda c: _complete(c, root)),
        ("rewrite", "summarize a function", lambda c: _rewrite(c, root, FUNCTION, "summarize")),
        (
            "rewrite",
            "translate a paragraph",
            lambda c: _rewrite(c, root, PARAGRAPH, "translate"),
        ),
        ("rewrite", "read a German comment", lambda c: _rewrite(c, root, COMMENT, "translate")),
    ]


async def _timed(art: str, asked: str, work: Work, client: TourClient) -> Step:
    started = time.perf_counter()
    try:
        answer, failed = await work(client), ""
    except JsonRpcException as error:
        answer, failed = [], error.message
    return Step(art, asked, answer, round(time.perf_counter() - started, 3), failed)


async def _initialize(client: TourClient, root: Path) -> list[str]:
    result = await client.initialize_async(
        types.InitializeParams(
            capabilities=tour_client.capabilities(),
            process_id=os.getpid(),
            workspace_folders=[tour_client.folder_uri(root)],
        )
    )
    client.initialized(types.InitializedParams())
    info = result.server_info
    return [f"{info.name} {info.version}" if info else "a server without a name"]


async def _index(client: TourClient) -> list[str]:
    await client.index_complete.wait()
    status = await client.custom("trivium/status", {})
    return [f"{state.files} files, {state.chunks} chunks" for state in status.index]


def _search(question: str, root: Path) -> Work:
    async def search(client: TourClient) -> list[str]:
        found = await client.custom("trivium/search", {"query": question, "limit": 3})
        prefix = root.as_uri() + "/"
        places = [
            (f"{hit.uri.removeprefix(prefix)}:{hit.range.start.line + 1}", hit)
            for hit in found.hits
        ]
        return [f"{place}  {hit.symbol}  ({hit.reason})" for place, hit in places]

    return search


async def _complete(client: TourClient, root: Path) -> list[str]:
    uri = _open(client, root / "tour_example.py", CODE, "python")
    line = CODE.count("\n")
    found = await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            context=types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
            text_document=types.TextDocumentIdentifier(uri),
            position=types.Position(line, len(CODE.splitlines()[-1])),
        )
    )
    items = found.items if isinstance(found, types.InlineCompletionList) else found or []
    if not items:
        status = await client.custom("trivium/status", {})
        return [f"(nothing: {status.completion.lastReason})"]
    return [str(item.insert_text) for item in items]


async def _rewrite(client: TourClient, root: Path, passage: Passage, task: str) -> list[str]:
    """Take the first action of a kind that the server offers, resolve it and apply its edit."""
    uri = _open(client, root / passage.name, passage.text, passage.language)
    lines = passage.text.splitlines()
    first, last = passage.lines
    offered = await client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri),
            range=types.Range(types.Position(first, 0), types.Position(last, len(lines[last]))),
            context=types.CodeActionContext(
                diagnostics=[],
                only=[f"refactor.rewrite.trivium.{task}"],
                trigger_kind=types.CodeActionTriggerKind.Invoked,
            ),
        )
    )
    actions = [each for each in offered or [] if isinstance(each, types.CodeAction)]
    if not actions:
        return ["(not offered: `trivium doctor` says what the model is good enough at)"]
    actions.sort(key=lambda action: action.title.endswith("(show)"))  # rather one that edits
    resolved = await client.code_action_resolve_async(actions[0])
    if resolved.edit is None:
        return [resolved.title, *client.messages[-1:]]
    changed = tour_client.apply(passage.text, resolved.edit).splitlines()
    return [resolved.title, *(line for line in changed if line not in lines)]


def _open(client: TourClient, path: Path, text: str, language: str) -> str:
    uri = path.as_uri()
    item = types.TextDocumentItem(uri, language, 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    return uri


def _fetch_models(say: Callable[[str], None]) -> dict[str, str]:
    """Fetch the default models that are not here yet; what each one's state is."""
    chosen = settings.Models()
    found = {}
    for art, name in zip(Art, (chosen.encoder, chosen.decoder, chosen.rewriter), strict=True):
        try:
            try:
                weights.locate(name, art)
            except ModelError:
                say(f"Fetching {name} …")
                fetching.pull(name)
            found[name] = "ready"
        except ModelError as error:
            found[name] = str(error)
            say(f"{name}: {error}")
    return found


def _copy_of_this_project(folder: Path) -> Path:
    """The sources of this checkout, or of the installed packages when there is no checkout."""
    here = Path(__file__).resolve()
    top = here.parents[3]
    target = folder / "trivium"
    if (top / "pyproject.toml").is_file():
        ignored = shutil.ignore_patterns(
            ".*", "node_modules", "__pycache__", "build", "data", "out"
        )
        shutil.copytree(top, target, ignore=ignored)
    else:
        ignored = shutil.ignore_patterns("__pycache__", "data")
        shutil.copytree(here.parents[1], target / "trivium_server", ignore=ignored)
    return target


def _show(step: Step, say: Callable[[str], None]) -> None:
    for line in step.answer:
        say(f"    {line}")
    if step.failed:
        say(f"    not yet: {step.failed}")
    say(f"    {step.seconds:.2f} s\n")
