"""`trivium/label`, `trivium/similarity` and `trivium/prompt`: the models for any text."""

from __future__ import annotations

from pygls.exceptions import JsonRpcInvalidParams

from trivium_server.lsp import progress, protocol
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session


def register(server: Server, session: Session) -> None:
    """Register the three requests."""

    @server.answers_custom(protocol.LABEL, protocol.LabelParams)
    async def label(params: protocol.LabelParams) -> protocol.LabelResult:
        from trivium_server.services.texts import Example

        app = await session.app()
        examples = [Example(each.label, each.text) for each in params.examples]
        try:
            found = await app.texts.label(params.text, examples)
        except ValueError as error:
            raise JsonRpcInvalidParams(str(error)) from error
        labels = [protocol.FoundLabel(each.name, each.score, each.example) for each in found]
        return protocol.LabelResult(labels, app.workspace.encoders()[0])

    @server.answers_custom(protocol.SIMILARITY, protocol.SimilarityParams)
    async def similarity(params: protocol.SimilarityParams) -> protocol.SimilarityResult:
        app = await session.app()
        found = await app.texts.similarity(params.first, params.second)
        return protocol.SimilarityResult(found, app.workspace.encoders()[0])

    @server.answers_custom(protocol.PROMPT, protocol.PromptParams)
    async def prompt(params: protocol.PromptParams) -> protocol.PromptResult:
        app = await session.app()

        def tell(text: str) -> None:
            progress.partial(server, params.partial_result_token, {"text": text})

        listener = tell if params.partial_result_token is not None else None
        async with progress.shown(server, params.work_done_token, "Trivium: prompt"):
            text = await app.texts.prompt(params.prompt, params.text, params.max_tokens, listener)
        return protocol.PromptResult(text, server.settings.models.rewriter)
