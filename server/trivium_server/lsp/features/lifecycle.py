"""The beginning of a session, its settings and its folders."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls import uris
from pygls.exceptions import JsonRpcException

from trivium_server import settings
from trivium_server.domain import files
from trivium_server.lsp import documents, rpc
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session

if TYPE_CHECKING:
    import psutil

log = logging.getLogger(__name__)

_LOOK_EVERY = 2.0
"""Seconds between two looks at whether the client's process still lives."""


def register(server: Server, session: Session) -> None:
    """Register the life cycle's methods."""
    one_change = asyncio.Lock()
    """Held while folders come and go: closing one takes time, and a later message may wait."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        server.encoding = rpc.encoding_of(server.workspace.position_encoding)
        session.folders = [path for uri in _folder_uris(params) if (path := _folder(uri))]
        options = params.initialization_options
        if isinstance(options, dict):
            server.settings = _checked(server, options.get("trivium", options))

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        # Nothing depends on the client's consent, and some clients forget to answer.
        server.run(_register_dynamically(server))
        server.run(_first_settings(server, session))
        await session.app()
        session.changed()
        server.run(_end_with_client(server))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def configuration_changed(params: types.DidChangeConfigurationParams) -> None:
        given = params.settings
        # Eclipse can be asked, answers with nothing, and means what it pushes.
        if isinstance(given, dict) and ("trivium" in given or not _can_pull(server)):
            await session.configure(_checked(server, given.get("trivium", given)))
        await _pull(server, session)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def folders_changed(params: types.DidChangeWorkspaceFoldersParams) -> None:
        app = await session.app()
        async with one_change:
            for folder in params.event.removed:
                if path := documents.path_of(folder.uri):
                    await app.workspace.remove_folder(path)
            for folder in params.event.added:
                if path := _folder(folder.uri):
                    await app.workspace.add_folder(path)


def _folder_uris(params: types.InitializeParams) -> Iterable[str]:
    """Folders in the order of preference that LSP gives them: folders, root URI, root path."""
    if params.workspace_folders:
        return [folder.uri for folder in params.workspace_folders]
    if params.root_uri:
        return [params.root_uri]
    return [uris.from_fs_path(params.root_path) or ""] if params.root_path else []


def _folder(uri: str) -> Path | None:
    path = documents.path_of(uri)
    if path is None or not files.is_folder(path):
        log.warning("The workspace folder %s cannot be opened; it is left out.", uri)
        return None
    return path


def _can_pull(server: Server) -> bool:
    workspace = server.client_capabilities.workspace
    return bool(workspace and workspace.configuration)


async def _pull(server: Server, session: Session) -> None:
    """Ask the client for the section `trivium`; keep what was there when it has no answer."""
    if not _can_pull(server):
        return
    item = types.ConfigurationItem(section="trivium")
    try:
        found = await server.workspace_configuration_async(types.ConfigurationParams([item]))
    except JsonRpcException as error:
        log.warning("The client did not give its settings: %s", error)
        return
    if found and found[0] is not None:
        await session.configure(_checked(server, found[0]))


async def _end_with_client(server: Server) -> None:
    """End as after `exit` without `shutdown` when the process that the client named has ended.

    The pipes tell of that too, but not while another process holds them open.
    """
    await asyncio.sleep(_LOOK_EVERY)  # To import psutil would hold up the first answer.
    client = await asyncio.to_thread(_process, server.process_id or 0)
    if client is None:
        return
    while _lives(client):
        await asyncio.sleep(_LOOK_EVERY)
    log.info("The client's process %d has ended, and the session with it.", client.pid)
    server.finish(1)


def _process(pid: int) -> psutil.Process | None:
    """A process by its id; None for one that is not seen here, as from within a container."""
    import psutil

    try:
        return psutil.Process(pid) if pid > 0 else None
    except psutil.Error:
        return None


def _lives(process: psutil.Process) -> bool:
    """Whether a process has not ended; neither a zombie nor a new owner of its id counts."""
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def _first_settings(server: Server, session: Session) -> None:
    try:
        await _pull(server, session)
    finally:
        session.settings_known()


def _checked(server: Server, given: object) -> settings.Settings:
    """Settings from the client's JSON; each value refused is said once, plainly."""
    found, problems = settings.from_json(given)
    for problem in problems:
        log.warning(problem)
        message = types.LogMessageParams(type=types.MessageType.Warning, message=problem)
        server.window_log_message(message)
    return found


async def _register_dynamically(server: Server) -> None:
    """Ask to be told of changed files and settings, where the client can be asked."""
    workspace = server.client_capabilities.workspace
    if workspace is None:
        return
    wanted: list[tuple[str, object]] = []
    watched = workspace.did_change_watched_files
    if watched and watched.dynamic_registration:
        options = types.DidChangeWatchedFilesRegistrationOptions(
            watchers=[types.FileSystemWatcher(glob_pattern="**/*")]
        )
        wanted.append((types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    settings_ = workspace.did_change_configuration
    if settings_ and settings_.dynamic_registration:
        section = types.DidChangeConfigurationRegistrationOptions(section="trivium")
        wanted.append((types.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if not wanted:
        return
    registrations = [
        types.Registration(id=f"trivium-{method}", method=method, register_options=options)
        for method, options in wanted
    ]
    try:
        await server.client_register_capability_async(types.RegistrationParams(registrations))
    except JsonRpcException as error:
        log.warning("The client will not tell of changed files: %s", error)
