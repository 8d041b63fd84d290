"""Messages of clients that stray a little from the specification, mended so that nothing is lost.

An edit that is refused for a missing version number would leave the server with another text than
the editor's. Only what could not be structured comes here: a message that fits costs nothing.
It knows the shape of messages and nothing of what is done with them.
"""

from __future__ import annotations

import copy
from typing import Any

from lsprotocol import types

from trivium_server.lsp import misfits

_MEANT: dict[str, dict[str, object]] = {
    types.INITIALIZE: {"params.capabilities": {}, "params.workspaceFolders.*.name": ""},
    types.TEXT_DOCUMENT_DID_OPEN: {
        "params.textDocument.languageId": "",
        "params.textDocument.version": 0,
    },
    types.TEXT_DOCUMENT_DID_CHANGE: {"params.textDocument.version": 0},
    types.TEXT_DOCUMENT_CODE_ACTION: {
        "params.context": {"diagnostics": []},
        "params.context.diagnostics": [],
    },
    types.TEXT_DOCUMENT_INLINE_COMPLETION: {
        "params.context": {"triggerKind": types.InlineCompletionTriggerKind.Invoked.value},
    },
    types.WORKSPACE_SYMBOL: {"params.query": ""},
    types.WORKSPACE_DID_CHANGE_CONFIGURATION: {
        "params": {"settings": None},
        "params.settings": None,
    },
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS: {
        "params.event.added": [],
        "params.event.removed": [],
        "params.event.added.*.name": "",
        "params.event.removed.*.name": "",
    },
}
"""What it means when a client leaves out what the specification wants of it."""

_SPARED: tuple[tuple[str, misfits.Path], ...] = (
    # No session fails for a capability that is newer than lsprotocol.
    (types.INITIALIZE, ("params",)),
    # Other servers' diagnostics are sent along with the question, and not read here.
    (types.TEXT_DOCUMENT_CODE_ACTION, ("params", "context", "diagnostics")),
)
"""Parts of messages within which what does not fit is left out."""


def mended(data: dict[str, Any], error: BaseException) -> bool:
    """Mend one fault of a message in place where structuring it failed; whether that could be."""
    return any(_mend(data, path) for path, _ in misfits.faults(error))


def _mend(data: dict[str, Any], path: misfits.Path) -> bool:
    """Mend what stands at a path, or where the message ends on the way there."""
    holders = _holders(data, path)
    at = len(holders) - 1
    holder, here = holders[at], path[: at + 1]
    if not here:
        return False
    if _has(holder, here[-1]):
        return _leave_out(data, holder, here)
    meant = _MEANT.get(data.get("method", ""), {})
    if (name := _pattern(here)) in meant:
        holder[here[-1]] = copy.deepcopy(meant[name])
        return True
    # What lacks a part that it must have is no more than a part that does not fit.
    return bool(at) and _leave_out(data, holders[at - 1], path[:at])


def _leave_out(data: dict[str, Any], holder: Any, path: misfits.Path) -> bool:  # noqa: ANN401  (an object or a list of JSON)
    """Remove what stands at a path; what is null is absent, whoever asks."""
    may_go = holder[path[-1]] is None or any(
        data.get("method") == method and path[: len(part)] == part and len(part) < len(path)
        for method, part in _SPARED
    )
    if may_go:
        del holder[path[-1]]
    return may_go


def _holders(data: dict[str, Any], path: misfits.Path) -> list[Any]:
    """The message and what is within it along a path, as far as objects and lists go."""
    found: list[Any] = [data]
    for step in path[:-1]:
        inner = found[-1][step] if _has(found[-1], step) else None
        if not isinstance(inner, dict | list):
            break
        found.append(inner)
    return found


def _has(holder: Any, step: str | int) -> bool:  # noqa: ANN401  (an object or a list of JSON)
    if isinstance(holder, list):
        return isinstance(step, int) and step < len(holder)
    return step in holder


def _pattern(path: misfits.Path) -> str:
    return ".".join("*" if isinstance(step, int) else step for step in path)
