"""A session's life: folders and settings that change, engines that die, requests called off."""

import asyncio
import os
import shutil
import signal

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from trivium_server import settings
from trivium_server.app import App
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session
from trivium_server.services.workspace import Workspace

from .asking import CODE, PROSE, complete, configure, range_of, rewrite, until_found
from .conftest import FAKES, indexed, open_document, request, write


async def test_folders_come_and_go(client, tmp_path):
    await indexed(client)
    other = write(tmp_path / "other", {"tax.py": "def value_added_tax(net):\n    return net\n"})
    folder = types.WorkspaceFolder(other.as_uri(), "other")
    await change_folders(client, added=[folder])
    await until_found(client, "value_added_tax", "tax.py")
    await change_folders(client, removed=[folder])
    await until_found(client, "value_added_tax", "tax.py", there=False)


async def change_folders(client, added=(), removed=()):
    event = types.WorkspaceFoldersChangeEvent(added=list(added), removed=list(removed))
    client.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))


async def slow_client(client, milliseconds=2000):
    """Fakes that take their time, once the server has taken them over."""
    slow = f"fake:{milliseconds}"
    await configure(client, models=dict.fromkeys(FAKES["models"], slow))
    while True:
        status = await request(client, "trivium/status", {})
        if status.engine.models and all(model.id == slow for model in status.engine.models):
            return


async def busy(client):
    """Wait until the engine works on something; its process id."""
    while True:
        status = await request(client, "trivium/status", {})
        if status.engine.state == "busy":
            return status.engine.pid
        await request(client, "trivium/status", {})


async def test_cancelling_stops_the_model(client):
    await indexed(client)
    await slow_client(client)
    open_document(client, "untitled:a.py", PROSE * 20, "python")
    params = {"textDocument": {"uri": "untitled:a.py"}, "range": range_of((0, 0), (39, 0))}
    params |= {"task": "translate", "target": "de", "mode": "show"}
    waiting = client.protocol.send_request_async("trivium/rewrite", params, "slow")
    running = asyncio.ensure_future(waiting)
    await busy(client)
    client.cancel_request(types.CancelParams(id="slow"))
    with pytest.raises(JsonRpcException) as caught:
        await running
    assert caught.value.code == types.LSPErrorCodes.RequestCancelled
    while (await request(client, "trivium/status", {})).engine.state == "busy":
        await request(client, "trivium/status", {})


async def test_a_killed_engine_does_not_end_the_session(client):
    await indexed(client)
    await slow_client(client, 50)
    open_document(client, "untitled:a.py", PROSE, "python")
    running = asyncio.ensure_future(rewrite(client, "untitled:a.py", mode="show"))
    os.kill(await busy(client), signal.SIGKILL)
    try:
        assert (await running).text
    except JsonRpcException as error:
        assert error.code == types.LSPErrorCodes.RequestFailed
    assert (await rewrite(client, "untitled:a.py", mode="show")).text


async def test_a_stopped_engine_starts_again_when_it_is_needed(client):
    await indexed(client)
    await client.workspace_execute_command_async(types.ExecuteCommandParams("trivium.engine.stop"))
    while (await request(client, "trivium/status", {})).engine.state != "off":
        await request(client, "trivium/status", {})
    open_document(client, "untitled:area.py", CODE, "python")
    assert (await complete(client, "untitled:area.py", 4, 16)).items


async def test_pausing_and_resuming_shows_in_the_status(client):
    await indexed(client)
    for command, state in (("pause", "paused"), ("resume", "ready")):
        await client.workspace_execute_command_async(
            types.ExecuteCommandParams(f"trivium.index.{command}")
        )
        while (await request(client, "trivium/status", {})).index[0].state != state:
            await request(client, "trivium/status", {})


async def test_shutdown_while_busy_ends_in_order(client):
    await slow_client(client)
    open_document(client, "untitled:a.py", PROSE * 20, "python")
    running = asyncio.ensure_future(rewrite(client, "untitled:a.py", mode="show"))
    await busy(client)
    await client.shutdown_session()
    with pytest.raises((JsonRpcException, RuntimeError)):
        await running
    client.capabilities = None  # the fixture need not end it again


async def test_the_last_change_of_folders_counts(client, tmp_path):
    """Closing a folder takes time, in which the next message is handled already."""
    await indexed(client)
    roots = [write(tmp_path / name, {"a.py": "x = 1\n"}) for name in "abc"]
    folders = [types.WorkspaceFolder(root.as_uri(), root.name) for root in roots]
    for turn in range(30):
        await change_folders(client, [folders[turn % 3]], [folders[(turn + 1) % 3]])
    wanted = {str(roots[1]), str(roots[2])}
    while not {f.folder for f in (await indexed(client)).index} >= wanted:
        await request(client, "trivium/status", {})
    assert str(roots[0]) not in {f.folder for f in (await indexed(client)).index}


async def test_search_switched_off_and_on_again_finds_as_before(client):
    await indexed(client)
    await configure(client, search={"enabled": False})
    await until_found(client, "send_receipt", "mail.py", there=False)
    await configure(client, search={"enabled": True})
    await until_found(client, "send_receipt", "mail.py")


async def test_a_folder_that_vanishes_is_told_of(client, workspace):
    await indexed(client)
    shutil.rmtree(workspace)
    event = types.FileEvent(workspace.as_uri(), types.FileChangeType.Deleted)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    while (found := (await request(client, "trivium/status", {})).index[0]).state != "error":
        await request(client, "trivium/status", {})
    assert found.message == f"The folder {workspace} cannot be opened: no such file or directory."


@pytest.fixture
async def own_session():
    """A session of this process, whose parts can be made to fail."""
    server = Server()
    server.settings, _ = settings.from_json(FAKES)
    session = Session(server)
    session.settings_known()
    yield session
    await server.close()


async def test_a_folder_that_fails_costs_no_other_folder(own_session, tmp_path, monkeypatch):
    broken, good = (write(tmp_path / name, {"a.py": "x = 1\n"}) for name in ("broken", "good"))
    add = Workspace.add_folder

    async def adding(workspace, root):
        if root == broken:
            raise ZeroDivisionError("nobody thought of this")
        await add(workspace, root)

    monkeypatch.setattr(Workspace, "add_folder", adding)
    own_session.folders = [broken, good]
    app = await own_session.app()
    assert [state.folder for state in app.workspace.status()] == [good]


async def test_a_session_that_cannot_start_can_be_ended(own_session, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(App, "__post_init__", broken)
    with pytest.raises(ZeroDivisionError):
        await own_session.app()
    assert own_session.running() is None
    await own_session.server.close()
