"""What people write on the command line: places in files, all from 1, and addresses."""

from __future__ import annotations

import argparse
import ipaddress
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from trivium_server.commands import Explained
from trivium_server.domain import languages
from trivium_server.domain.text import Document


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file, and in it a line and a column or a range of lines; 0 stands for not given."""

    path: Path
    line: int = 0
    column: int = 0
    last_line: int = 0


def file_place(text: str) -> FilePlace:
    """Read `FILE:LINE` or `FILE:LINE:COLUMN`; the file's name may hold colons itself."""
    match = re.fullmatch(r"(.+?):(\d+)(?::(\d+))?", text)
    if match is None or int(match[2]) < 1 or match[3] == "0":
        raise argparse.ArgumentTypeError(f"{text!r} is not FILE:LINE or FILE:LINE:COLUMN, from 1")
    return FilePlace(Path(match[1]), int(match[2]), int(match[3] or 0))


def file_lines(text: str) -> FilePlace:
    """Read `FILE`, `FILE:LINE` or `FILE:FIRST-LAST`."""
    match = re.fullmatch(r"(.+?):(\d+)(?:-(\d+))?", text)
    if match is None:
        return FilePlace(Path(text))
    first, last = int(match[2]), int(match[3] or match[2])
    if not 1 <= first <= last:
        raise argparse.ArgumentTypeError(f"{text!r}: lines count from 1, the first before the last")
    return FilePlace(Path(match[1]), first, last_line=last)


def loopback(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`; only this machine may connect."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not (port.isdecimal() and int(port) < 1 << 16):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    try:
        local = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise argparse.ArgumentTypeError(
            f"{host} is not a loopback address: Trivium serves this machine only"
        )
    return host, int(port)


def read(path: Path) -> Document:
    """A file as a document; raises Explained when it cannot be read as text."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Explained(f"{path} cannot be read: {error.strerror}.") from error
    if b"\0" in data[:8192]:
        raise Explained(f"{path} is a binary file.")
    text = _decoded(data, str(path))
    path = path.resolve()
    return Document(path.as_uri(), text, None, languages.of_file(path, text).id, str(path))


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Explained(f"{name} is not UTF-8 (line {line}); convert it first.") from error


def json_file(path: Path, wanted: str) -> object:
    """What a JSON file holds; raises Explained, with an example of what is wanted."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        wrong = f"cannot be read: {(error.strerror or str(error)).lower()}"
    except json.JSONDecodeError as error:
        wrong = f"is not JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):
        wrong = "is not JSON in UTF-8"
    raise Explained(f"{path} {wrong}; name a file that holds something like {wanted}.")


def source(place: FilePlace | None) -> tuple[Document, tuple[int, int]]:
    """The document that a command works on and the range in it; without a place, standard input."""
    if place is None:
        given = _decoded(sys.stdin.buffer.read(), "standard input")
        return Document("untitled:stdin", given), (0, len(given))
    document = read(place.path)
    return document, span(document, place)


def text(place: FilePlace | None) -> str:
    """The same as a text."""
    document, (start, end) = source(place)
    return document.text[start:end]


def offset(document: Document, place: FilePlace) -> int:
    """The offset of a line and column in characters, from 1; a missing column is the line's end."""
    if document.lines.count < place.line:
        raise Explained(f"{place.path} has {document.lines.count} lines, not {place.line}.")
    start, end = document.lines.span(place.line - 1)
    return min(start + place.column - 1, end) if place.column else end


def span(document: Document, place: FilePlace) -> tuple[int, int]:
    """The offsets of a range of lines; of the whole text when no lines were given."""
    if not place.line:
        return 0, len(document.text)
    if document.lines.count < place.last_line:
        raise Explained(f"{place.path} has {document.lines.count} lines, not {place.last_line}.")
    return document.lines.span(place.line - 1)[0], document.lines.span(place.last_line - 1)[1]
