"""Summaries and translations: code actions, their resolution, and `trivium/rewrite`.

The list of actions needs no model; the work happens when one is resolved. A resolve request
carries all that it needs, and is refused once the document has moved on. For a client that cannot
resolve, an action is a command: the server has it apply the edit. A client that names no kind
fills a light bulb and is given a few actions; one that names a kind is given all of it. Where a
cursor only rests, nobody asked: a bulb is lit for foreign text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from trivium_models.errors import ModelError
from trivium_server.lsp import convert, progress, protocol
from trivium_server.lsp.server import ContentModified, Refused, Server
from trivium_server.lsp.session import Session

if TYPE_CHECKING:
    from trivium_server.domain.rewriting.actions import Offer, Said
    from trivium_server.domain.rewriting.outcomes import Outcome
    from trivium_server.domain.text import Document

KINDS = [
    "refactor.rewrite.trivium.summarize",
    "refactor.rewrite.trivium.translate",
    "refactor.rewrite.trivium.own",
]

CARRY_OUT = "trivium.action.carryOut"
"""Command of an action where the client cannot resolve it."""

_LONG = 2000
"""Characters of a range from which on the work may take longer than a person waits in silence."""


@attrs.define
class ActionData:
    """What a resolve request needs to know, carried by the action itself."""

    uri: str
    range: types.Range
    task: str
    mode: str
    version: int | None = None
    target: str | None = None
    said: protocol.Said | None = None


def register(server: Server, session: Session) -> None:
    """Register the three requests, and the command that stands for one of them."""

    async def carry_out(
        document: Document,
        range_: types.Range,
        task: str,
        target: str | None,
        mode: str,
        bar: progress.Report,
        on_text: Callable[[str], None] | None = None,
    ) -> Outcome:
        start, end = convert.span(document, range_, server.encoding)
        app = await session.app()

        def progressed(done: int, total: int) -> None:
            # Nobody wants the rest of an edit that cannot be applied any more.
            server.require_current(document)
            bar.report(f"{done} of {total}", 100 * done // max(total, 1))

        try:
            outcome = await app.rewriting.rewrite(
                document, start, end, task, target, mode, on_text, progressed
            )
        except ValueError as error:
            raise JsonRpcInvalidParams(str(error)) from error
        server.require_current(document)
        return outcome

    def edit_of(document: Document, outcome: Outcome, title: str) -> types.WorkspaceEdit | None:
        if not outcome.edits:
            return None
        edits = convert.text_edits(document, outcome.edits, server.encoding)
        return convert.workspace_edit(document, edits, server.client_capabilities, title)

    @server.answers(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=list(KINDS), resolve_provider=True),
    )
    async def offer(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.documents.get(params.text_document.uri)
        if document is None or not server.settings.rewrite.enabled:
            return []
        app = await session.app()
        start, end = convert.span(document, params.range, server.encoding)
        if _is_block_cursor(document, start, end):
            end = start
        resting = params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
        if resting:
            # Editors ask this whenever the cursor rests; LSP has no other word of its moves.
            session.cursor_rests(document, start)
        only = [_name(kind) for kind in params.context.only or ()]
        few = not only or "" in only  # The empty kind is every kind, whatever is named beside it.
        return [
            _action(server, document, offer)
            for offer in app.rewriting.offers(
                document, start, end, few=few, unasked=resting and start == end
            )
            if _wanted(offer.kind, only)
        ]

    async def carried_out(data: ActionData, title: str) -> types.WorkspaceEdit | None:
        """What an action changes, after the user was told the rest."""
        document = server.document(data.uri)
        if document.version != data.version:
            raise ContentModified(f"{data.uri} changed since this action was offered.")
        start, end = convert.span(document, data.range, server.encoding)
        # LSP gives neither the request nor the command a token.
        token = await progress.new_token(server) if end - start >= _LONG else None
        async with progress.shown(server, token, title) as bar:
            outcome = await carry_out(document, data.range, data.task, data.target, data.mode, bar)
        edit = edit_of(document, outcome, title)
        if said := _said(outcome, changed=edit is not None):
            server.window_show_message(types.ShowMessageParams(types.MessageType.Info, said))
        return edit

    @server.answers(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        data = server.structure(action.data, ActionData)
        action.edit = await carried_out(data, action.title)
        action.command = None  # A client that can resolve after all would do it twice.
        return action

    async def applied(data: ActionData, title: str) -> None:
        try:
            edit = await carried_out(data, title)
            if edit is not None:
                params = types.ApplyWorkspaceEditParams(edit, label=title)
                await server.workspace_apply_edit_async(params)
        except (ModelError, Refused, ContentModified, JsonRpcException) as error:
            said = types.ShowMessageParams(types.MessageType.Warning, str(error))
            server.window_show_message(said)

    @server.command(CARRY_OUT)
    async def command(data: Any = None, title: str = "") -> None:  # noqa: ANN401  (plain JSON)
        # Editors wait for a command's answer, and not for long.
        server.run(applied(server.structure(data, ActionData), title))

    @server.answers_custom(protocol.REWRITE, protocol.RewriteParams)
    async def rewrite(params: protocol.RewriteParams) -> protocol.RewriteResult:
        document = server.document(params.text_document.uri)
        version = getattr(params.text_document, "version", None)
        if version is not None and version != document.version:
            raise ContentModified(f"{document.uri} is at version {document.version}.")
        title = f"Trivium: {params.task}"
        async with progress.shown(server, params.work_done_token, title) as bar:
            outcome = await carry_out(
                document,
                params.range,
                params.task,
                params.target,
                params.mode,
                bar,
                on_text=lambda text: progress.partial(
                    server, params.partial_result_token, {"text": text}
                ),
            )
        kept = [
            protocol.Kept(convert.range_of(document, start, end, server.encoding), reason)
            for start, end, reason in outcome.kept
        ]
        edit = edit_of(document, outcome, title)
        return protocol.RewriteResult(outcome.text, kept, outcome.model, edit)


def _action(server: Server, document: Document, offer: Offer) -> types.CodeAction:
    data = ActionData(
        uri=document.uri,
        range=convert.range_of(document, offer.start, offer.end, server.encoding),
        task=offer.task,
        mode=offer.mode,
        version=document.version,
        target=offer.target,
        said=_in_parts(offer.said),
    )
    plain: Any = server.protocol._converter.unstructure(data)
    command = None
    if _cannot_resolve(server.client_capabilities):
        command = types.Command(offer.title, CARRY_OUT, arguments=[plain, offer.title])
    return types.CodeAction(title=offer.title, kind=offer.kind, data=plain, command=command)


def _is_block_cursor(document: Document, start: int, end: int) -> bool:
    """Whether a range is the character that a cursor stands on, as Helix and ALE name a cursor."""
    return end - start == 1 or (end - start == 2 and document.text.startswith("\r\n", start))


def _cannot_resolve(capabilities: types.ClientCapabilities) -> bool:
    """Whether a client says what it can do with actions, and resolving them is not among it."""
    can = capabilities.text_document and capabilities.text_document.code_action
    if not (can and can.code_action_literal_support):
        return False
    return not (can.resolve_support and "edit" in can.resolve_support.properties)


def _in_parts(said: Said) -> protocol.Said:
    return protocol.Said(said.verb, said.subject, said.result, said.form, said.source, said.target)


def _name(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _wanted(kind: str, only: Sequence[str]) -> bool:
    """Whether a kind is one that the client asked for, or below one; an empty list asks for all."""
    if not only:
        return True
    return any(not name or kind == name or kind.startswith(name + ".") for name in only)


def _said(outcome: Outcome, *, changed: bool) -> str:
    """What to tell the user: a text that is only shown, and what stayed as it was."""
    reasons = "; ".join(sorted({reason for _, _, reason in outcome.kept}))
    if not changed and not outcome.text:
        return f"Nothing was changed: {reasons}." if reasons else "Nothing to change."
    kept = len(outcome.kept)
    stayed = "1 part stays as it was" if kept == 1 else f"{kept} parts stay as they were"
    parts = ["" if changed else outcome.text, f"{stayed}: {reasons}." if kept else ""]
    return "\n\n".join(filter(None, parts))
