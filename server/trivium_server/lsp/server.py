"""The server object: one for each connection. It holds the session's state and maps errors.

Features register themselves on it (`lsp/features/`); it knows none of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import cattrs
from lsprotocol import types
from pygls.exceptions import (
    FeatureRequestError,
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
)
from pygls.lsp.server import LanguageServer

from trivium_models.errors import ModelError
from trivium_server import __version__, settings
from trivium_server.domain.text import Document, Encoding
from trivium_server.lsp import documents, misfits, rpc

log = logging.getLogger(__name__)

P = TypeVar("P")
R = TypeVar("R")


class Refused(Exception):
    """A request that cannot be carried out as things stand; the message says why."""


class ContentModified(Exception):
    """The document moved on since the request was made."""


class Server(LanguageServer):
    """A pygls server with our protocol, documents and settings."""

    protocol: rpc.Rpc

    def __init__(self) -> None:
        super().__init__(
            "trivium", __version__, protocol_cls=rpc.Rpc, converter_factory=rpc.converter
        )
        self.documents = documents.Documents()
        self.settings = settings.Settings()
        self.encoding = Encoding.UTF16
        """Units of a character column, as negotiated in `initialize`."""
        self.on_close: list[Callable[[], Awaitable[None]]] = []
        """What features want to give back at the end of the session."""
        self._finished: asyncio.Future[int] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # Documents

    def document(self, uri: str) -> Document:
        """The document as the editor shows it, or else as it is on disk."""
        found = self.documents.get(uri) or documents.read(uri)
        if found is None:
            raise Refused(f"{uri} is not open and cannot be read from disk.")
        return found

    def require_current(self, document: Document) -> None:
        """Raise ContentModified unless an open document still is this snapshot."""
        now = self.documents.get(document.uri)
        # Not every client counts its versions.
        if now is not document and (now or document.version is not None):
            raise ContentModified(f"{document.uri} changed meanwhile.")

    # Requests

    def answers(self, method: str, options: object = None) -> Callable[[Handler], Handler]:
        """Register an async handler of a standard method, with errors mapped."""

        def decorate(handler: Handler) -> Handler:
            self.feature(method, options)(_mapped(handler))
            return handler

        return decorate

    def answers_custom(self, method: str, params: type[P]) -> Callable[[Custom[P]], Custom[P]]:
        """Register an async handler of one of our own methods.

        Its plain parameters are structured here, so that wrong ones get -32602 and an answer.
        """

        def decorate(handler: Custom[P]) -> Custom[P]:
            async def structured(raw: object) -> object:
                return await handler(self.structure(raw, params))

            self.feature(method)(_mapped(structured))
            return handler

        return decorate

    def structure(self, raw: object, kind: type[P]) -> P:
        """Plain JSON as one of our attrs classes; raises JsonRpcInvalidParams."""
        try:
            if not isinstance(raw, dict | None):
                raise TypeError("an object is wanted")
            return self.protocol._converter.structure(raw or {}, kind)
        except (cattrs.BaseValidationError, ValueError, TypeError, KeyError, AttributeError) as exc:
            raise JsonRpcInvalidParams(misfits.sentence(exc)) from exc

    # Life

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something in the background: kept alive, cancelled at the end, errors logged."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def finish(self, status: int) -> None:
        """End the session with an exit status."""
        future = self._future()
        if not future.done():
            future.set_result(status)

    async def finished(self) -> int:
        """Wait until `finish`; the exit status."""
        return await asyncio.shield(self._future())

    async def close(self) -> None:
        """Stop background work and give back what features hold; may be called twice."""
        for task in list(self._tasks):
            task.cancel()
        hooks, self.on_close = self.on_close, []
        for hook in hooks:
            await hook()

    def report_server_error(self, error: Exception, source: object) -> None:
        """Log what pygls would pop up in the user's face; a refused request was answered."""
        answered = source is FeatureRequestError and not isinstance(error, JsonRpcInternalError)
        log.log(logging.DEBUG if answered else logging.ERROR, "%s", error)

    def _future(self) -> asyncio.Future[int]:
        if self._finished is None:
            self._finished = asyncio.get_running_loop().create_future()
        return self._finished

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("Background work failed", exc_info=error)


Handler = Callable[[Any], Awaitable[Any]]
Custom = Callable[[P], Awaitable[Any]]


def _mapped(handler: Handler) -> Handler:
    """The one place where our errors become LSP's."""

    async def wrapped(params: Any) -> Any:  # noqa: ANN401  (pygls injects itself into `object`)
        try:
            return await handler(params)
        except (ModelError, Refused) as error:
            raise JsonRpcException(str(error), types.LSPErrorCodes.RequestFailed) from error
        except ContentModified as error:
            raise JsonRpcException(str(error), types.LSPErrorCodes.ContentModified) from error

    return wrapped
