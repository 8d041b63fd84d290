"""Autocomplete: ghost text where the editor has it, one quiet list item everywhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lsprotocol import types

from trivium_server.lsp import convert
from trivium_server.lsp.server import ContentModified, Server
from trivium_server.lsp.session import Session

if TYPE_CHECKING:
    from trivium_server.domain.text import Document
    from trivium_server.services.completion import Suggestion

ACCEPTED = "trivium.completion.accepted"
"""Command that an editor runs when a suggestion was taken: how acceptance is learned."""


def register(server: Server, session: Session) -> None:
    """Register both completion requests and the command that follows an acceptance."""

    async def suggestions(
        uri: str, position: types.Position, *, invoked: bool
    ) -> tuple[Document, list[Suggestion]]:
        document = server.document(uri)
        app = await session.app()
        offset = convert.offset(document, position, server.encoding)
        answer = await app.completion.complete(document, offset, invoked=invoked)
        server.require_current(document)
        return document, list(answer.suggestions)

    @server.answers(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
    async def inline(params: types.InlineCompletionParams) -> types.InlineCompletionList:
        invoked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
        document, found = await suggestions(
            params.text_document.uri, params.position, invoked=invoked
        )
        return types.InlineCompletionList([_inline(server, document, each) for each in found])

    @server.answers(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions())
    async def listed(params: types.CompletionParams) -> types.CompletionList:
        # Editors call every word that is typed an invocation here, so none of them counts as a
        # wish for more: the item is the ghost text of the same state, and shares its work.
        try:
            document, found = await suggestions(
                params.text_document.uri, params.position, invoked=False
            )
        except ContentModified:
            # Vim shows every error of a list it asked for, and fast typing meets this at each key.
            return types.CompletionList(is_incomplete=True, items=[])
        items = [_item(server, document, params.position, each) for each in found[:1]]
        return types.CompletionList(is_incomplete=True, items=items)

    @server.command(ACCEPTED)
    async def accepted(identifier: str = "") -> None:
        (await session.app()).completion.accepted(identifier)


def _inline(
    server: Server, document: Document, suggestion: Suggestion
) -> types.InlineCompletionItem:
    return types.InlineCompletionItem(
        insert_text=suggestion.text,
        range=convert.range_of(document, suggestion.start, suggestion.end, server.encoding),
        command=_accepted(suggestion),
    )


def _item(
    server: Server, document: Document, position: types.Position, suggestion: Suggestion
) -> types.CompletionItem:
    """One item that sorts behind other servers' and is filtered by what stands before it."""
    start, end = suggestion.start, suggestion.end
    first = suggestion.text.splitlines()[0] if suggestion.text else ""
    line_start = document.lines.starts[position.line] if position.line < document.lines.count else 0
    word = re.split(r"\s", document.text[line_start:start])[-1]
    return types.CompletionItem(
        label=(word + first).strip() or first,
        kind=types.CompletionItemKind.Text,
        detail=f"Trivium: {suggestion.source}" if suggestion.source else "Trivium",
        sort_text="\uffff",
        filter_text=word or first,
        text_edit=types.TextEdit(
            convert.range_of(document, start - len(word), end, server.encoding),
            word + suggestion.text,
        ),
        command=_accepted(suggestion),
    )


def _accepted(suggestion: Suggestion) -> types.Command:
    return types.Command(title="", command=ACCEPTED, arguments=[suggestion.id])
