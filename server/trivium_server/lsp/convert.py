"""The domain's values as LSP's and back: plain functions, one direction each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types
from pygls import uris

from trivium_server.domain.text import Document, Encoding, Position


def offset(document: Document, position: types.Position, encoding: Encoding) -> int:
    """The offset of a client's position, clamped to the document."""
    return document.lines.offset(Position(position.line, position.character), encoding)


def span(document: Document, range_: types.Range, encoding: Encoding) -> tuple[int, int]:
    """The offsets of a client's range, in order even when the client swapped them."""
    first, last = sorted(
        (offset(document, range_.start, encoding), offset(document, range_.end, encoding))
    )
    return first, last


def position(document: Document, at: int, encoding: Encoding) -> types.Position:
    """The client's position of an offset."""
    found = document.lines.position(at, encoding)
    return types.Position(found.line, found.character)


def range_of(document: Document, start: int, end: int, encoding: Encoding) -> types.Range:
    """The client's range of two offsets."""
    return types.Range(position(document, start, encoding), position(document, end, encoding))


def line_range(start_line: int, end_line: int) -> types.Range:
    """Whole lines, from 0, the last one included: a search hit's range in every encoding."""
    return types.Range(types.Position(start_line, 0), types.Position(end_line + 1, 0))


def uri_of(path: Path) -> str:
    """The file URI of a path."""
    return uris.from_fs_path(str(path)) or path.as_uri()


def text_edits(
    document: Document, edits: Iterable[tuple[int, int, str]], encoding: Encoding
) -> list[types.TextEdit]:
    """Edits in offsets as edits in positions."""
    return [
        types.TextEdit(range_of(document, start, end, encoding), text) for start, end, text in edits
    ]


def workspace_edit(
    document: Document,
    edits: list[types.TextEdit],
    capabilities: types.ClientCapabilities,
    title: str,
) -> types.WorkspaceEdit:
    """An edit of one document, tied to its version where the client understands that.

    Several edits carry a change annotation when the client can show it, so that a whole file's
    comments are previewed before they change.
    """
    can = capabilities.workspace and capabilities.workspace.workspace_edit
    if not (can and can.document_changes):
        return types.WorkspaceEdit(changes={document.uri: edits})
    identifier = types.OptionalVersionedTextDocumentIdentifier(
        uri=document.uri, version=document.version
    )
    if not can.change_annotation_support or len(edits) < 2:
        return types.WorkspaceEdit(
            document_changes=[types.TextDocumentEdit(identifier, list[_AnyEdit](edits))]
        )
    annotated = [types.AnnotatedTextEdit("trivium", edit.range, edit.new_text) for edit in edits]
    return types.WorkspaceEdit(
        document_changes=[types.TextDocumentEdit(identifier, list[_AnyEdit](annotated))],
        change_annotations={"trivium": types.ChangeAnnotation(title, needs_confirmation=True)},
    )


_AnyEdit = types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit
