"""Another embedding model is chosen: the old vectors answer until the new ones are complete."""

import asyncio

import pytest
from models.checkpoints import write_checkpoint

from trivium_models import identity
from trivium_server.app import App
from trivium_server.services.workspace import Workspace
from trivium_server.settings import Models, Settings

OLD, NEW, NEVER = "fake", "fake:0.1", "./nowhere"
"""Two models that have nothing in common, and one that never gets ready because it is not there."""

UNLIKE = 0.3
"""A cosine that vectors of two of these models never reach."""

FILES = {
    f"m{number}.py": f'def function_{number}():\n    """Close the file of number {number}."""\n'
    for number in range(6)
}


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


class Session:
    """The application as the server starts it, with an event for each change of the index."""

    def __init__(self, encoder, cache):
        self.moved = asyncio.Event()
        self.app = App(settings(encoder), on_index=self.moved.set)
        self.workspace = Workspace(self.app.engine, self.app.current, self.moved.set, cache)
        self.app.workspace = self.workspace

    async def meanings(self):
        """How near each file's meaning is to a question, once there is an answer by meaning."""
        while True:
            self.moved.clear()
            answer = await self.workspace.search("close the file", limit=20)
            if answer.complete and answer.hits:
                told = [hit.reason.partition("meaning ")[2] for hit in answer.hits]
                return sorted(float(each or -1) for each in told)
            await self.moved.wait()


def settings(encoder):
    return Settings(models=Models(encoder=encoder, decoder="fake", rewriter="fake"))


@pytest.fixture
async def start(tmp_path, root):
    sessions = []

    async def begin(encoder):
        session = Session(encoder, tmp_path / "cache")
        sessions.append(session)
        await session.workspace.add_folder(root)
        return session

    yield begin
    for session in sessions:
        await session.app.close()


async def test_the_old_vectors_answer_until_the_new_ones_are_complete(start, root):
    session = await start(OLD)
    await session.workspace.ready()
    before = await session.meanings()
    assert len(before) == len(FILES) and min(before) > UNLIKE

    session.workspace.pause()
    await session.app.configure(settings(NEW))
    assert await session.meanings() == before
    assert session.workspace.encoders() == (OLD, NEW)

    (root / "new.py").write_text('def brand_new():\n    """Close the new file."""\n')
    session.workspace.resume()
    await session.workspace.files_changed([root / "new.py"])
    await session.workspace.ready()
    after = await session.meanings()
    assert len(after) == len(FILES) + 1 and min(after) > UNLIKE
    assert session.workspace.encoders() == (NEW, "")
    states = session.app.engine.status().models
    assert [model.id for model in states if model.art == "encoder"] == [NEW]


async def test_unsaved_text_is_found_before_and_after(start, root):
    session = await start(OLD)
    await session.workspace.ready()
    text = "def quantize_weights(tensor):\n    return tensor\n"
    session.workspace.overlay(root / "m0.py", text)
    for encoder in (OLD, NEW):
        await session.app.configure(settings(encoder))
        await session.workspace.ready()
        assert session.workspace.encoders() == (encoder, "")
        answer = await session.workspace.search("quantize weights", limit=20)
        assert answer.hits[0].symbol == "quantize_weights"
        assert "function_0" not in {hit.symbol for hit in answer.hits}


async def test_a_session_that_begins_in_between_goes_on_with_it(start):
    first = await start(OLD)
    await first.workspace.ready()
    before = await first.meanings()
    await first.app.close()

    second = await start(NEVER)
    assert second.workspace.encoders() == (OLD, NEVER)
    assert await second.meanings() == before


async def test_the_way_back_needs_no_new_vectors(start):
    session = await start(OLD)
    await session.workspace.ready()
    before = await session.meanings()
    await session.app.configure(settings(NEVER))
    assert session.workspace.encoders() == (OLD, NEVER)
    await session.app.configure(settings(OLD))
    assert session.workspace.encoders() == (OLD, "")
    assert await session.meanings() == before


async def test_a_model_that_is_not_there_leaves_the_old_one_at_work_and_is_said(start):
    session = await start(OLD)
    await session.workspace.ready()
    before = await session.meanings()
    await session.app.configure(settings(NEVER))
    await session.workspace.ready()
    (status,) = session.workspace.status()
    assert status.state == "error" and "nowhere" in status.message
    assert await session.meanings() == before


def test_vectors_of_a_model_trained_further_in_its_folder_are_kept_apart(tmp_path):
    folder = write_checkpoint(tmp_path / "own", "bert")
    first = identity.of_encoder(str(folder))
    assert identity.of_encoder(str(folder)) == first
    with (folder / "model.safetensors").open("ab") as weights:
        weights.write(b"\0")
    assert identity.of_encoder(str(folder)) != first


def test_vectors_read_with_another_prompt_are_kept_apart(tmp_path):
    plain, e5 = (write_checkpoint(tmp_path / name, "bert") for name in ("plain", "e5-small"))
    names = [identity.of_encoder(str(folder)).rpartition("/")[2] for folder in (plain, e5)]
    assert names[0].startswith("plain ") and names[1].startswith("e5-small ")
    assert names[0].partition(" ")[2] != names[1].partition(" ")[2]


@pytest.mark.parametrize("alias", ["all-MiniLM-L6-v2", "sentence-transformers/all-minilm-l6-v2"])
def test_a_model_by_any_of_its_names_has_the_same_vectors(alias):
    assert identity.of_encoder(alias) == "all-MiniLM-L6-v2"
