"""Clients for the real server: pytest-lsp with the fake models, on small real folders."""

import asyncio
import sys
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

FAKES = {"models": {"encoder": "fake", "decoder": "fake", "rewriter": "fake"}}

FILES = {
    "shop/cart.py": '''"""The shopping cart."""


class Cart:
    """Items that a customer wants."""

    def add_item(self, item, count=1):
        """Put an item into the cart."""
        self.items[item] = self.items.get(item, 0) + count

    def total_price(self, prices):
        """Sum the price of all items."""
        return sum(prices[item] * count for item, count in self.items.items())
''',
    "shop/mail.py": '''"""Messages to customers."""


def send_receipt(address, order):
    """Send an e-mail with the receipt of an order."""
    body = render("receipt.txt", order)
    smtp.send(address, subject="Your receipt", body=body)
''',
    "README.md": "# Shop\n\nA small shop.\n\n## Payment\n\nCards are charged on delivery.\n",
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return root


def capabilities(**general) -> types.ClientCapabilities:
    """A client that can do all that Trivium makes use of."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(**general),
        window=types.WindowClientCapabilities(work_done_progress=True),
        workspace=types.WorkspaceClientCapabilities(
            configuration=True,
            workspace_folders=True,
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(
                dynamic_registration=True
            ),
            workspace_edit=types.WorkspaceEditClientCapabilities(
                document_changes=True,
                change_annotation_support=types.ChangeAnnotationsSupportOptions(),
            ),
        ),
        text_document=types.TextDocumentClientCapabilities(
            inline_completion=types.InlineCompletionClientCapabilities(),
        ),
    )


@pytest.fixture
def workspace(tmp_path):
    return write(tmp_path / "workspace", FILES)


@pytest_lsp.fixture(
    config=ClientServerConfig(
        server_command=[sys.executable, "-m", "trivium_server", "serve", "--stdio"]
    ),
)
async def client(lsp_client: LanguageClient, workspace, own_cache):
    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def register(_):
        return None

    lsp_client.set_configuration(FAKES, section="trivium")
    await start(lsp_client, [workspace])
    yield lsp_client
    await asyncio.wait_for(lsp_client.shutdown_session(), 60)


async def start(
    client: LanguageClient, folders: list[Path], options=FAKES, **general
) -> types.InitializeResult:
    return await client.initialize_session(
        types.InitializeParams(
            capabilities=capabilities(**general),
            workspace_folders=[types.WorkspaceFolder(f.as_uri(), f.name) for f in folders],
            initialization_options=options,
        )
    )


async def request(client: LanguageClient, method: str, params: dict):
    """One of Trivium's own requests."""
    return await client.protocol.send_request_async(method, params)


async def indexed(client: LanguageClient):
    """Wait until every folder's index is complete; the last status."""
    while True:
        status = await request(client, "trivium/status", {})
        if status.index and all(folder.state == "ready" for folder in status.index):
            return status
        await request(client, "trivium/status", {})


def open_document(client: LanguageClient, uri: str, text: str, language: str, version: int = 1):
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, language, version, text))
    )


def close_document(client: LanguageClient, uri: str):
    document = types.TextDocumentIdentifier(uri)
    client.text_document_did_close(types.DidCloseTextDocumentParams(document))


def change_document(client: LanguageClient, uri: str, version: int, text: str):
    client.text_document_did_change(
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(uri=uri, version=version),
            [types.TextDocumentContentChangeWholeDocument(text)],
        )
    )
