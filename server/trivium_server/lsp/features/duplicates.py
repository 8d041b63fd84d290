"""A hint when a function that is being written is nearly one that stands elsewhere already.

Off unless `trivium.search.duplicates` is on. Only functions that were changed since the document
was opened are compared, once typing rests, and the hint links to the twin.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from lsprotocol import types

from trivium_server.domain import definitions
from trivium_server.lsp import convert, documents
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session

if TYPE_CHECKING:
    from trivium_server.app import App
    from trivium_server.domain.definitions import Definition
    from trivium_server.domain.text import Document
    from trivium_server.services.workspace import Hit

_REST = 1.0
"""Seconds without an edit before functions are compared."""
_NEAR = 0.85
"""Cosine from which two functions count as nearly the same."""
_LINES = 4
"""Shorter functions are alike everywhere."""
_MOST = 5
"""Functions compared after one rest."""


def register(server: Server, session: Session) -> None:
    """Listen to edits."""
    opened: dict[str, set[str]] = {}
    resting: dict[str, asyncio.TimerHandle] = {}

    def edited(uri: str) -> None:
        document = server.documents.get(uri)
        if timer := resting.pop(uri, None):
            timer.cancel()
        if document is None or not server.settings.search.duplicates:
            if opened.pop(uri, None) is not None:
                tell(uri, [])  # The editor would show the hints of a closed document for ever.
        elif documents.path_of(uri):
            if uri not in opened:
                # The functions that were there at first are nobody's new duplicates.
                opened[uri] = {text for _, text in _functions(document)}
            known, loop = opened[uri], asyncio.get_running_loop()
            resting[uri] = loop.call_later(_REST, lambda: server.run(look(document, known)))

    async def look(document: Document, known: set[str]) -> None:
        app = await session.app()
        found = []
        changed = [each for each in _functions(document) if each[1] not in known]
        for definition, text in changed[:_MOST]:
            twin = await _twin(app, document, definition, text)
            if twin is not None:
                found.append(_diagnostic(server, document, definition, twin))
        if server.documents.get(document.uri) is document:
            tell(document.uri, found, document.version)

    def tell(uri: str, found: list[types.Diagnostic], version: int | None = None) -> None:
        params = types.PublishDiagnosticsParams(uri, found, version)
        server.text_document_publish_diagnostics(params)

    async def stop() -> None:
        for timer in resting.values():
            timer.cancel()

    session.on_edit.append(edited)
    server.on_close.insert(0, stop)


def _functions(document: Document) -> list[tuple[Definition, str]]:
    """Functions and methods worth comparing, with their texts."""
    found = definitions.of_text(document.text, document.language)
    texts = [(each, document.text[each.start : each.end]) for each in found]
    kinds = ("function", "method", "constructor")
    return [pair for pair in texts if pair[0].kind in kinds and pair[1].count("\n") + 1 >= _LINES]


async def _twin(app: App, document: Document, definition: Definition, text: str) -> Hit | None:
    path = documents.path_of(document.uri)
    assert path is not None
    lines = document.lines
    own = (path, lines.line_of(definition.start), lines.line_of(definition.end))
    answer = await app.workspace.similar(text, limit=1, exclude=own)
    best = answer.hits[0] if answer.hits else None
    return best if best and best.symbol and best.score >= _NEAR else None


def _diagnostic(
    server: Server, document: Document, definition: Definition, twin: Hit
) -> types.Diagnostic:
    start = definition.name_start
    place = f"{twin.name}:{twin.start_line + 1}"
    location = types.Location(
        convert.uri_of(twin.path), convert.line_range(twin.start_line, twin.end_line)
    )
    return types.Diagnostic(
        range=convert.range_of(document, start, start + len(definition.name), server.encoding),
        severity=types.DiagnosticSeverity.Information,
        source="trivium",
        message=f"{definition.name} is nearly the same as {twin.symbol} in {place}.",
        related_information=[types.DiagnosticRelatedInformation(location, twin.symbol)],
    )
