"""The engine that the tests of the workspace share, and the folder that they index."""

import pytest

from support.workspaces import PARSE, RETRY, CountingEngine, write


@pytest.fixture(scope="session")
async def engine():
    client = CountingEngine()
    yield client
    await client.close()


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    write(folder / "config.py", PARSE)
    write(folder / "net" / "http.py", RETRY)
    return folder
