"""A one-line summary of an undocumented definition on hover; off unless the settings ask for it."""

from __future__ import annotations

from lsprotocol import types

from trivium_models.errors import ModelError
from trivium_server.lsp import convert
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session


def register(server: Server, session: Session) -> None:
    """Register the hover request."""

    @server.answers(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        document = server.documents.get(params.text_document.uri)
        if document is None or not server.settings.rewrite.hover:
            return None
        app = await session.app()
        offset = convert.offset(document, params.position, server.encoding)
        try:
            text = await app.rewriting.describe(document, offset)
        except ModelError:
            # A hover is not asked for by name: no model means no hover, not an error.
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.PlainText, text)) if text else None
