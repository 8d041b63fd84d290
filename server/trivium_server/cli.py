"""The command line `trivium`: reads arguments, runs one command, maps errors to exit statuses.

Status 0, 1 for a failure that is explained on standard error, 2 for wrong usage.
Nothing heavy is imported before a command is chosen; torch never is.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from trivium_server import __version__
from trivium_server.commands import Explained, models
from trivium_server.commands.arguments import file_lines, file_place, loopback


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    _complete_streams()
    words = sys.argv[1:] if argv is None else argv
    # An editor waits for the server: the grammar of the other commands takes a while to build.
    grammar = serving() if words[:1] == ["serve"] else parser()
    arguments = grammar.parse_args(words)
    logging.basicConfig(
        level=arguments.log_level.upper(), stream=sys.stderr, format="%(levelname)s: %(message)s"
    )
    # pygls logs every message body and every refused request; we log our own.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    try:
        status = _run(arguments)
        sys.stdout.flush()
        return status
    except Explained as error:
        print(f"trivium: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader of our output has enough: `trivium search … | head`.
        _drop_output()
        return 0
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        print(f"trivium: {about}{error.strerror or error}.", file=sys.stderr)
        _drop_output()
        return 1
    except KeyboardInterrupt:
        return 130


def _complete_streams() -> None:
    """Let a stream that the caller closed lead nowhere, not to whatever file is opened next.

    What a terminal cannot show is escaped, not an error.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode))  # noqa: SIM115  (open to the end)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Have what is still buffered vanish, which Python would try to write when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "serve":
        from trivium_server.commands import serve

        return serve.run(arguments)
    if arguments.command == "models":
        return models.run(arguments)
    import asyncio  # Not above: the server imports it in a way of its own.

    return asyncio.run(_running(arguments))


def _running(arguments: argparse.Namespace) -> Coroutine[Any, Any, int]:
    command: str = arguments.command
    if command == "tour":
        from trivium_server.commands import tour

        return tour.run(as_json=arguments.json)
    if command == "doctor":
        from trivium_server.commands import doctor

        return doctor.run(arguments)
    if command in ("index", "search", "similar", "clusters"):
        from trivium_server.commands import find

        return find.run(arguments)
    if command in ("label", "similarity", "prompt"):
        from trivium_server.commands import texts

        return texts.run(arguments)
    from trivium_server.commands import generate

    return generate.run(arguments)


def parser() -> argparse.ArgumentParser:
    """The whole grammar of the command line."""
    top, commands = _top()
    _add_serve(commands)
    _add_find(commands)
    _add_generate(commands)
    _add_texts(commands)
    models.add_parser(commands)
    _command(commands, "doctor", "say what is installed, chosen, loaded and indexed")
    _command(commands, "tour", "see all three arts at work on a copy of this project")
    return top


def serving() -> argparse.ArgumentParser:
    """The grammar of `trivium serve` alone."""
    top, commands = _top()
    _add_serve(commands)
    return top


Commands = argparse._SubParsersAction  # argparse gives the type no public name


def _top() -> tuple[argparse.ArgumentParser, Commands[argparse.ArgumentParser]]:
    top = argparse.ArgumentParser(
        prog="trivium",
        description="Semantic search, autocomplete, summaries and translations on your machine.",
    )
    top.add_argument("--version", action="version", version=f"trivium {__version__}")
    top.add_argument(
        "--log-level", default="warning", choices=("debug", "info", "warning", "error")
    )
    return top, top.add_subparsers(dest="command", required=True, metavar="COMMAND")


def _command(
    commands: Commands[argparse.ArgumentParser], name: str, summary: str
) -> argparse.ArgumentParser:
    found = commands.add_parser(name, help=summary, description=summary)
    found.add_argument("--json", action="store_true", help="print one JSON document")
    found.add_argument("--settings", type=Path, help="JSON file with the section `trivium`")
    found.add_argument("--root", type=Path, default=Path(), help="workspace folder (default: here)")
    return found


def _add_serve(commands: Commands[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser("serve", help="run the language server")
    transport = serve.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help="standard input and output")
    transport.add_argument(
        "--tcp", type=loopback, metavar="HOST:PORT", help="TCP on a loopback address"
    )
    transport.add_argument(
        "--ws", type=loopback, metavar="HOST:PORT", help="WebSocket on a loopback address"
    )
    # vscode-languageclient adds this to every server it starts.
    serve.add_argument("--clientProcessId", help=argparse.SUPPRESS)


def _add_find(commands: Commands[argparse.ArgumentParser]) -> None:
    index = _command(commands, "index", "bring the index of a folder up to date")
    index.add_argument("folder", nargs="?", type=Path, metavar="ROOT", help="the folder")
    search = _command(commands, "search", "find places by what they do")
    search.add_argument("query", help="plain words or code; path: lang: kind: -word filter")
    similar = _command(commands, "similar", "find code like that at a line")
    similar.add_argument("place", type=file_place, metavar="FILE:LINE")
    _command(commands, "clusters", "group the files of a folder by meaning, with names")
    for each in (search, similar):
        each.add_argument("--limit", type=_positive, default=10, metavar="K")


def _add_generate(commands: Commands[argparse.ArgumentParser]) -> None:
    complete = _command(commands, "complete", "continue the code at a place")
    complete.add_argument("place", type=file_place, metavar="FILE:LINE:COLUMN")
    summarize = _command(commands, "summarize", "summarize a text, a file or some of its lines")
    translate = _command(commands, "translate", "translate a text, a file or some of its lines")
    translate.add_argument(
        "--to", required=True, type=_not_empty, metavar="LANG", help="language code, as `de`"
    )
    for each in (summarize, translate):
        each.add_argument(
            "source", nargs="?", type=file_lines, metavar="FILE[:FIRST-LAST]", help="default: stdin"
        )


def _add_texts(commands: Commands[argparse.ArgumentParser]) -> None:
    label = _command(commands, "label", "find the label whose examples a text is nearest to")
    label.add_argument(
        "--examples", type=Path, metavar="JSON", help="file with an object: label to list of texts"
    )
    label.add_argument(
        "--example", action="append", default=[], metavar="LABEL=TEXT", help="an example by itself"
    )
    similarity = _command(commands, "similarity", "say how alike two texts are, from -1 to 1")
    for name in ("first", "second"):
        similarity.add_argument(name, type=file_lines, metavar="FILE[:FIRST-LAST]")
    prompt = _command(commands, "prompt", "have the text-to-text model answer a prompt of yours")
    prompt.add_argument("prompt", help="what it reads before the text, as `paraphrase: `")
    prompt.add_argument("--max-tokens", type=_positive, default=256, metavar="N")
    for each in (label, prompt):
        each.add_argument(
            "source", nargs="?", type=file_lines, metavar="FILE[:FIRST-LAST]", help="default: stdin"
        )


def _not_empty(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
