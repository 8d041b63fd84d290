"""A workspace over the fake models, as the tests of search and of indexing both want it."""

from contextlib import asynccontextmanager

from trivium_models.client import EngineClient, EngineConfig
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Models, Search, Settings

PARSE = "def parse_config(path):\n    '''Read the configuration.'''\n    return load(path)\n"
RETRY = "def retry_request(url):\n    '''Try again with a growing pause.'''\n    return send(url)\n"


class CountingEngine(EngineClient):
    """Counts the texts that indexing embeds."""

    def __init__(self):
        super().__init__(EngineConfig(encoder="fake", decoder="fake", rewriter="fake"))
        self.embedded = 0

    async def embed(self, texts, *, priority, **options):
        matrix = await super().embed(texts, priority=priority, **options)
        self.embedded += len(texts) if priority.name == "INDEXING" else 0
        return matrix


@asynccontextmanager
async def opened(engine, cache, *roots, search=None):
    settings = Settings(models=Models(encoder="fake"), search=search or Search())
    workspace = Workspace(engine, lambda: settings, cache=cache)
    try:
        for root in roots:
            await workspace.add_folder(root)
        await workspace.ready()
        yield workspace
    finally:
        await workspace.close()


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


async def names(workspace, question, **options):
    answer = await workspace.search(question, limit=10, **options)
    return [hit.path.relative_to(hit.folder).as_posix() for hit in answer.hits]


async def changed(workspace, *paths):
    await workspace.files_changed(paths)
    await workspace.ready()
