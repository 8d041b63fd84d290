"""Semantic search, similar code, and both as `workspace/symbol` for every editor."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
from lsprotocol import types

from trivium_server.lsp import convert, documents, progress, protocol
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session

if TYPE_CHECKING:
    from trivium_server.services.workspace import Hit, SearchAnswer

_FIRST_PART = 5
"""Hits in the first partial result; enough to fill what a quick pick shows at once."""

_KINDS = {
    "class": types.SymbolKind.Class,
    "constant": types.SymbolKind.Constant,
    "constructor": types.SymbolKind.Constructor,
    "enum": types.SymbolKind.Enum,
    "field": types.SymbolKind.Field,
    "function": types.SymbolKind.Function,
    "interface": types.SymbolKind.Interface,
    "member": types.SymbolKind.EnumMember,
    "method": types.SymbolKind.Method,
    "module": types.SymbolKind.Module,
    "namespace": types.SymbolKind.Namespace,
    "property": types.SymbolKind.Property,
    "section": types.SymbolKind.String,
    "struct": types.SymbolKind.Struct,
    "trait": types.SymbolKind.Interface,
    "type": types.SymbolKind.Class,
    "variable": types.SymbolKind.Variable,
}


_NAME_COLUMNS = 80
_WORD = re.compile(r"[^\W\d_]{2}")


@attrs.define
class FoundSymbol(types.SymbolInformation):
    """A symbol with its score, as clangd sends it: Kate sorts what is found by that alone."""

    score: float = attrs.field(default=0.0, kw_only=True)


def register(server: Server, session: Session) -> None:
    """Register the search requests."""

    @server.answers_custom(protocol.SEARCH, protocol.SearchParams)
    async def search(params: protocol.SearchParams) -> protocol.SearchResult:
        app = await session.app()
        limit = params.limit or server.settings.search.limit
        async with progress.shown(server, params.work_done_token, "Searching"):
            answer = await app.workspace.search(params.query, limit=limit, path=params.path)
        return _result(server, answer, params.partial_result_token)

    @server.answers_custom(protocol.SIMILAR, protocol.SimilarParams)
    async def similar(params: protocol.SimilarParams) -> protocol.SearchResult:
        app = await session.app()
        document = server.document(params.text_document.uri)
        start, end = convert.span(document, params.range, server.encoding)
        path = documents.path_of(document.uri)
        lines = document.lines
        exclude = (path, lines.line_of(start), lines.line_of(end)) if path else None
        limit = params.limit or server.settings.search.limit
        async with progress.shown(server, params.work_done_token, "Looking for similar code"):
            answer = await app.workspace.similar(
                document.text[start:end], limit=limit, exclude=exclude
            )
        return _result(server, answer, params.partial_result_token)

    @server.answers(types.WORKSPACE_SYMBOL)
    async def symbols(params: types.WorkspaceSymbolParams) -> list[FoundSymbol]:
        app = await session.app()
        answer = await app.workspace.symbols(params.query, limit=server.settings.search.limit)
        return [_symbol(hit, 1 / place) for place, hit in enumerate(answer.hits, 1)]


def _result(server: Server, answer: SearchAnswer, token: int | str | None) -> protocol.SearchResult:
    """The answer whole, or in parts where the client asked for parts (then the rest is empty)."""
    hits = [_hit(hit) for hit in answer.hits]
    if token is not None:
        for part in (hits[:_FIRST_PART], hits[_FIRST_PART:]):
            if part:
                progress.partial(server, token, part)
        hits = []
    return protocol.SearchResult(
        hits, answer.complete, answer.indexed_files, answer.total_files, list(answer.unmet)
    )


def _hit(hit: Hit) -> protocol.SearchHit:
    return protocol.SearchHit(
        uri=_uri(hit.folder, hit.name),
        range=convert.line_range(hit.start_line, hit.end_line),
        score=float(hit.score),
        symbol=hit.symbol,
        kind=hit.kind,
        reason=hit.reason,
        snippet=hit.snippet,
    )


def _symbol(hit: Hit, score: float) -> FoundSymbol:
    """A hit as a symbol; a place outside every definition is shown as its first line of words."""
    first = next((line.strip() for line in hit.snippet.split("\n") if _WORD.search(line)), hit.name)
    return FoundSymbol(
        name=hit.symbol or first[:_NAME_COLUMNS],
        kind=_KINDS.get(hit.kind, types.SymbolKind.File),
        location=types.Location(
            _uri(hit.folder, hit.name), convert.line_range(hit.start_line, hit.end_line)
        ),
        container_name=hit.container or hit.name,
        score=score,
    )


# Questions that are typed word by word find the same files again.
@lru_cache(maxsize=4096)
def _uri(folder: Path, name: str) -> str:
    return convert.uri_of(folder / name)
