"""The workspace with the real encoder: questions find code that shares no word with them."""

import pytest

from trivium_models import weights
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.errors import ModelError
from trivium_models.types import Art
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Settings

FILES = {
    "net.py": "def fetch(url, attempts=3):\n    for n in range(attempts):\n"
    "        try:\n            return http_get(url)\n        except Timeout:\n"
    "            sleep(2 ** n)\n",
    "paint.py": "def blend(top, bottom, alpha):\n    return top * alpha + bottom * (1 - alpha)\n",
    "ledger.py": "def settle(invoices):\n    return sum(i.sum for i in invoices if not i.paid)\n",
    "shapes.py": "class Circle:\n    def area(self):\n        return 3.14159 * self.radius ** 2\n",
    "notes.md": "# Baking\n\nKnead the dough and let it rest overnight in the fridge.\n",
}


@pytest.fixture(scope="module")
async def workspace(tmp_path_factory):
    try:
        weights.locate("all-MiniLM-L6-v2", Art.ENCODER)
    except ModelError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("real") / "code"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    engine = EngineClient(EngineConfig())
    made = Workspace(engine, Settings, cache=root.parent / "cache")
    await made.add_folder(root)
    await made.ready()
    yield made
    await made.close()
    await engine.close()


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("exponential backoff when the network fails", "net.py"),
        ("mix two colours with transparency", "paint.py"),
        ("how much money do customers still owe us", "ledger.py"),
        ("geometry of round figures", "shapes.py"),
        ("recipe for bread", "notes.md"),
    ],
)
async def test_meaning(workspace, question, path):
    answer = await workspace.search(question, limit=5)
    assert answer.complete
    assert answer.hits[0].path.name == path


async def test_nonsense_finds_little(workspace):
    answer = await workspace.search("zxcv qwerty asdfgh", limit=5)
    assert len(answer.hits) <= 1


async def test_similar_code_in_other_words(workspace):
    text = "def overlay(front, back, opacity):\n    return front * opacity + back * (1 - opacity)\n"
    answer = await workspace.similar(text, limit=2)
    assert answer.hits[0].path.name == "paint.py"
    assert answer.hits[0].score > 0.4
