"""Search as an editor sees it, through the real server, with the fake models."""

from lsprotocol import types

from .asking import configure, names, range_of, search, until_found
from .conftest import FAKES, change_document, close_document, indexed, open_document, request


async def test_search_finds_the_definition_and_says_why(client):
    await indexed(client)
    found = await search(client, "sum the price of all items", limit=3)
    assert names(found)[0] == "cart.py"
    best = found.hits[0]
    assert "total_price" in best.snippet
    assert best.range.start.line <= 11 <= best.range.end.line
    assert best.reason
    assert (found.complete, found.indexedFiles, found.totalFiles) == (True, 3, 3)


async def test_indexing_shows_progress(client):
    await indexed(client)
    slow = {**FAKES["models"], "encoder": "fake:300"}
    await configure(client, models=slow)
    while not (done := [r for r in client.progress_reports.values() if r and r[-1].kind == "end"]):
        await request(client, "trivium/status", {})
    assert [done[0][0].kind, done[0][0].title] == ["begin", "Indexing"]
    assert "3 of 3 files" in done[-1][-1].message


async def test_an_unsaved_buffer_is_searched_as_it_is_on_the_screen(client, workspace):
    await indexed(client)
    uri = (workspace / "shop" / "cart.py").as_uri()
    open_document(client, uri, "def refund_voucher(code):\n    return code\n", "python")
    assert names(await search(client, "refund_voucher"))[:1] == ["cart.py"]
    change_document(client, uri, 2, "def cancel_subscription(user):\n    return user\n")
    assert "cancel_subscription" in (await search(client, "cancel_subscription")).hits[0].snippet


async def test_a_saved_file_is_found_and_a_deleted_one_is_not(client, workspace):
    await indexed(client)
    path = workspace / "stock.py"
    path.write_text("def reorder_level(item):\n    return 5\n")
    event = types.FileEvent(path.as_uri(), types.FileChangeType.Created)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await until_found(client, "reorder_level", "stock.py")
    path.unlink()
    event = types.FileEvent(path.as_uri(), types.FileChangeType.Deleted)
    client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await until_found(client, "reorder_level", "stock.py", there=False)


async def test_workspace_symbols_have_real_names_and_kinds(client):
    await indexed(client)
    params = types.WorkspaceSymbolParams(query="send receipt")
    found = await client.workspace_symbol_async(params)
    best = found[0]
    assert (best.name, best.kind) == ("send_receipt", types.SymbolKind.Function)
    assert best.location.uri.endswith("mail.py")


async def test_similar_code_leaves_out_the_place_itself(client, workspace):
    await indexed(client)
    uri = (workspace / "shop" / "mail.py").as_uri()
    params = {"textDocument": {"uri": uri}, "range": range_of((3, 0), (6, 40))}
    assert "mail.py" not in names(await request(client, "trivium/similar", params))[:1]


async def test_the_map_places_every_file_in_a_named_cluster(client):
    await indexed(client)
    found = await request(client, "trivium/map", {})
    assert {point.path for point in found.points} == {"README.md", "shop/cart.py", "shop/mail.py"}
    assert all(found.clusters[point.cluster] for point in found.points)


async def test_a_place_outside_every_definition_is_shown_as_its_line(client, workspace):
    (workspace / "start.py").write_text("\n# Begin the nightly backup.\nbackup(nightly, begin)\n")
    await indexed(client)
    await until_found(client, "begin the nightly backup", "start.py")
    params = types.WorkspaceSymbolParams("begin the nightly backup")
    best = (await client.workspace_symbol_async(params))[0]
    assert (best.name, best.container_name) == ("# Begin the nightly backup.", "start.py")
    assert best.location.uri.endswith("/start.py")


TOTAL = """

def total_of(self, prices):
    result = 0
    for item, count in self.items.items():
        result += prices[item] * count
    return result
"""


async def test_a_function_that_stands_elsewhere_is_hinted_at(client, workspace):
    (workspace / "shop" / "sum.py").write_text(TOTAL)
    await indexed(client)
    await configure(client, search={"duplicates": True})
    await until_found(client, "total_of", "sum.py")
    uri = (workspace / "shop" / "mail.py").as_uri()
    open_document(client, uri, "", "python")
    change_document(client, uri, 2, TOTAL.replace("total_of", "sum_of"))
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    (hint,) = client.diagnostics[uri]
    assert hint.severity == types.DiagnosticSeverity.Information
    assert "total_of in shop/sum.py:3" in hint.message
    close_document(client, uri)
    await client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    assert not client.diagnostics[uri]
