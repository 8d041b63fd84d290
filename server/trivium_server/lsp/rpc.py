"""JSON-RPC as the specification wants it: every request is answered, whatever it looks like.

pygls 2.1.1 drops malformed requests in silence and answers nothing before `initialize` or after
`shutdown`; this subclass of its protocol answers each with the error code that LSP 3.17 names.
It also hands text synchronisation to `documents`. It knows nothing of features.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol, default_converter, lsp_method

from trivium_server.domain.text import Encoding
from trivium_server.lsp import misfits, protocol

if TYPE_CHECKING:
    from concurrent.futures import Future

    from cattrs import Converter

    from trivium_server.lsp.documents import Documents

log = logging.getLogger(__name__)

_MOST_FAULTS = 100
"""Faults of one message that are mended; each costs another look at all of it."""


@attrs.define
class CustomRequest:
    """A request of our own; its params stay plain data until its handler structures them."""

    id: int | str
    method: str
    jsonrpc: str
    params: Any = None


@attrs.define
class CustomNotification:
    """A notification that lsprotocol does not know; `$/` ones are ignored as LSP asks."""

    method: str
    jsonrpc: str
    params: Any = None


class Host(Protocol):
    """What is asked of the server that a connection belongs to."""

    documents: Documents
    encoding: Encoding

    async def close(self) -> None:
        """Give everything back."""

    def finish(self, status: int) -> None:
        """End the session with an exit status."""


class Rpc(LanguageServerProtocol):
    """Receives bodies from a transport, answers through its writer."""

    _server: Host  # type: ignore[assignment]  # What pygls' own server has besides is not used.

    def receive(self, body: bytes) -> None:
        """Handle one message; never raises."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._refuse(None, types.ErrorCodes.ParseError, f"This is not JSON: {error}.")
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0":
            ident = data.get("id") if isinstance(data, dict) else None
            self._refuse(ident, types.ErrorCodes.InvalidRequest, "This is not a JSON-RPC 2.0 call.")
            return
        if not data.keys() & {"method", "id"}:
            self._refuse(None, types.ErrorCodes.InvalidRequest, "This is no call and no answer.")
            return
        refusal = self._out_of_turn(data)
        if refusal is not None:
            self._refuse(data["id"], *refusal)
        elif self._wanted(data):
            self._dispatch(data)

    def _dispatch(self, data: dict[str, Any]) -> None:
        try:
            message = self._structured(data)
        except JsonRpcException as error:
            if "method" in data and "id" in data:
                wrong = misfits.sentence(error)
                self._refuse(data["id"], types.ErrorCodes.InvalidParams, wrong)
            else:
                log.warning("Ignored a malformed message. %s", misfits.sentence(error))
            return
        try:
            self.handle_message(message)
        except Exception as error:
            # pygls maps the errors of requests; an answer to nothing that we asked gets here.
            log.warning("Ignored a message that fits nothing: %s", error)

    def _structured(self, data: dict[str, Any]) -> Any:  # noqa: ANN401  (any message class)
        """One message, mended where it does not fit and can be."""
        for _ in range(_MOST_FAULTS):
            try:
                return self.structure_message(data)
            except JsonRpcException as error:
                from trivium_server.lsp import leniency  # Few clients ever need it.

                if not leniency.mended(data, error):
                    raise
        return self.structure_message(data)

    def _out_of_turn(self, data: dict[str, Any]) -> tuple[int, str] | None:
        """The error for a request that comes before `initialize` or after `shutdown`."""
        if "id" not in data or "method" not in data:
            return None
        if not isinstance(data["method"], str) or not _is_id(data["id"]):
            return types.ErrorCodes.InvalidRequest, "A call needs a method and an id."
        if self._shutdown:
            return types.ErrorCodes.InvalidRequest, "The server is shutting down."
        if data["method"] == types.INITIALIZE:
            return (
                (types.ErrorCodes.InvalidRequest, "The server is initialized already.")
                if self._workspace is not None
                else None
            )
        if self._workspace is None:
            return types.ErrorCodes.ServerNotInitialized, "Send `initialize` first."
        return None

    def _wanted(self, data: dict[str, Any]) -> bool:
        """Whether a message without id may be handled now: before `initialize` only `exit` is."""
        if "method" not in data or "id" in data:
            return True
        early = self._workspace is None or self._shutdown
        return isinstance(data["method"], str) and (not early or data["method"] == types.EXIT)

    def _refuse(self, ident: object, code: int, message: str) -> None:
        ident = ident if _is_id(ident) else None
        error = {"code": int(code), "message": message}
        self._send_data({"jsonrpc": "2.0", "id": ident, "error": error})

    def _execute_handler(
        self,
        msg_id: int | str,
        handler: Callable[[Any], Any],
        callback: Callable[[Future[Any]], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        """As in pygls, which keeps what came of each notification until the session ends."""

        def done(future: Future[Any]) -> None:
            self._request_futures.pop(msg_id, None)
            callback(future)

        super()._execute_handler(msg_id, handler, done, args, kwargs)

    # pygls remembers the answers of these two with the object itself, which then never goes away.

    def get_message_type(self, method: str) -> type[Any] | None:  # type: ignore[override]
        """The attrs class of a message, also for methods that lsprotocol does not know."""
        if method in types.METHOD_TO_TYPES:
            return types.METHOD_TO_TYPES[method][0]
        if method == protocol.STATUS_CHANGED:
            return CustomNotification
        return CustomRequest if method.startswith(protocol.PREFIX) else None

    def get_result_type(self, method: str) -> type[Any] | None:  # type: ignore[override]
        """The attrs class of an answer to a request of ours."""
        return types.METHOD_TO_TYPES.get(method, (None, None))[1]

    def structure_message(self, data: dict[str, Any]) -> Any:  # noqa: ANN401  (any message class)
        """Structure one whole message; pygls would also do it to every object nested in it."""
        if data.get("params") == []:
            del data["params"]  # A list that names no parameter, as some send it where none is.
        if not isinstance(data.get("params"), dict | None):
            raise JsonRpcInvalidParams("an object is wanted")
        known = isinstance(data.get("method"), str) and self.get_message_type(data["method"])
        if "method" in data and not known:
            kind = CustomRequest if "id" in data else CustomNotification
            fields = {key: data[key] for key in ("id", "method", "params") if key in data}
            return kind(jsonrpc="2.0", **fields)
        return super().structure_message(data)

    # Text synchronisation: our own snapshots instead of pygls' workspace.

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(
        self, params: types.DidOpenTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Take over a document."""
        self._server.documents.open(params.text_document)
        yield from self._then(types.TEXT_DOCUMENT_DID_OPEN, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(
        self, params: types.DidChangeTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Apply the editor's changes before any later message is handled."""
        item = params.text_document
        self._server.documents.change(
            item.uri, item.version, params.content_changes, self._server.encoding
        )
        yield from self._then(types.TEXT_DOCUMENT_DID_CHANGE, params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(
        self, params: types.DidCloseTextDocumentParams
    ) -> Generator[Any, Any, None]:
        """Give a document back to the disk."""
        self._server.documents.close(params.text_document.uri)
        yield from self._then(types.TEXT_DOCUMENT_DID_CLOSE, params)

    # The end of a session.

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_: object) -> Generator[Any, Any, None]:
        """Cancel what is under way, give everything back, then answer."""
        for ident, future in list(self._request_futures.items()):
            if ident != self.msg_id and not future.done():
                future.cancel()
        self._shutdown = True
        yield self._server.close, (), None

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: object) -> Generator[Any, Any, None]:
        """End the connection: status 0 after `shutdown`, 1 without."""
        self._server.finish(0 if self._shutdown else 1)
        yield from ()

    def _then(self, method: str, params: object) -> Generator[Any, Any, None]:
        handler = self.fm.features.get(method)
        if handler is not None:
            yield handler, (params,), None


def _is_id(value: object) -> bool:
    return isinstance(value, int | str) and not isinstance(value, bool)


def converter() -> Converter:
    """Pygls' converter, except that a number is not taken for a string or a string for a number."""
    made: Converter = default_converter()
    for kind in (str, bool, int):
        made.register_structure_hook(kind, _strict)
    return made


def _strict(value: object, kind: type) -> object:
    if kind not in _JSON:  # an enumeration: the hook of its base serves it too
        return kind(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)  # JSON knows one kind of number: languages with floats alone send 4.0.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"{value!r:.60} should be {_JSON[kind]}")
    return value


_JSON = {str: "a string", bool: "true or false", int: "an integer"}


def encoding_of(kind: types.PositionEncodingKind | str | None) -> Encoding:
    """The domain's name of a negotiated position encoding."""
    return Encoding(
        kind.value if isinstance(kind, types.PositionEncodingKind) else kind or "utf-16"
    )
