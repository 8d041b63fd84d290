"""The documents that are open in the editor, as immutable snapshots.

This replaces pygls' own text model, which ends lines at form feeds and U+2028, re-splits the text
on every call and shifts edits behind a last line without newline (all seen in pygls 2.1.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from lsprotocol import types
from pygls import uris

from trivium_server.domain import languages
from trivium_server.domain.text import Document, Encoding, Lines, Position

_Whole = types.TextDocumentContentChangeWholeDocument


class Documents:
    """Open documents by URI; every change makes a new snapshot."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(self._open.values())

    def get(self, uri: str) -> Document | None:
        """The open document of a URI, however its characters are escaped."""
        return self._open.get(unquote(uri))

    def open(self, item: types.TextDocumentItem) -> Document:
        """Remember a document that the editor now owns."""
        document = make(item.uri, item.text, item.version, item.language_id)
        self._open[unquote(item.uri)] = document
        return document

    def change(
        self,
        uri: str,
        version: int,
        changes: Sequence[types.TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) -> Document | None:
        """Apply changes in order; None when nobody knows what they change.

        The whole text of a document that was never opened opens it.
        """
        document = self.get(uri)
        if document is None:
            if not any(isinstance(change, _Whole) for change in changes):
                return None
            document = make(uri, "", version)
        document = replace(document, text=apply(document.text, changes, encoding), version=version)
        self._open[unquote(uri)] = document
        return document

    def close(self, uri: str) -> Document | None:
        """Forget a document; the file on disk is the truth again."""
        return self._open.pop(unquote(uri), None)


def make(uri: str, text: str, version: int | None, language: str = "") -> Document:
    """A snapshot; a language id that nobody knows gives way to the file name's."""
    path = path_of(uri)
    known = languages.by_id(language).id or languages.of_file(path or uri, text).id
    return Document(uri, text, version, known or language, str(path or ""))


def read(uri: str) -> Document | None:
    """A file that is not open, as it is on disk; None when it cannot be read."""
    path = path_of(uri)
    try:
        if path is None or not path.is_file():
            return None
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    return make(uri, text, None)


def path_of(uri: str) -> Path | None:
    """The file system path of a URI; None for untitled documents and other schemes."""
    path = uris.to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path) if path else None


def apply(
    text: str, changes: Sequence[types.TextDocumentContentChangeEvent], encoding: Encoding
) -> str:
    """The text after changes, each of which counts in what the one before it made."""
    lines = Lines(text)
    for change in changes:
        if isinstance(change, _Whole):
            lines = Lines(change.text)
        else:
            start, end = _position(change.range.start), _position(change.range.end)
            lines.replace(start, end, change.text, encoding)
    return lines.joined()


def _position(position: types.Position) -> Position:
    return Position(position.line, position.character)
