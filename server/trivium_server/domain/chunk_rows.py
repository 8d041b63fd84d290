"""Chunks as rows of the store's table, and back."""

from __future__ import annotations

from trivium_server.domain.chunking import Chunk

COLUMNS = (
    'c.id, f.path, c.start, c."end", c.start_line, c.end_line, c.kind, c.symbol, c.container, '
    "c.names, c.text"
)
"""What `chunk` wants of `chunks c JOIN files f`."""
_SEPARATOR = "\x1f"

Content = tuple[str, str, tuple[str, ...], tuple[str, ...], str]


def content(chunk: Chunk) -> Content:
    """What a chunk is apart from its place."""
    return chunk.kind, chunk.symbol, chunk.container, chunk.names, chunk.text


def row(id_: int, file: int, chunk: Chunk) -> tuple[int, int, int, *tuple[object, ...]]:
    """A row for the table: id, file and key first."""
    return (
        id_,
        file,
        chunk.key,
        chunk.start,
        chunk.end,
        chunk.start_line,
        chunk.end_line,
        chunk.kind,
        chunk.symbol,
        _SEPARATOR.join(chunk.container),
        _SEPARATOR.join(chunk.names),
        chunk.text,
    )


def chunk(row: tuple[int, str, int, int, int, int, str, str, str, str, str]) -> Chunk:
    """The chunk of a row of `COLUMNS`."""
    _, path, start, end, start_line, end_line, kind, symbol, container, names, text = row
    return Chunk(
        start,
        end,
        start_line,
        end_line,
        kind,
        symbol,
        tuple(container.split(_SEPARATOR)) if container else (),
        tuple(names.split(_SEPARATOR)) if names else (),
        text,
        path,
    )
