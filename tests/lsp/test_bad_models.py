"""Settings that name a model which cannot serve: one sentence, and the rest goes on."""

import pytest
from models.checkpoints import write_checkpoint
from pygls.exceptions import JsonRpcException

from .asking import complete, configure, names, search
from .conftest import FAKES, indexed, request


def no_checkpoint(folder):
    folder.mkdir()


def no_transformer(folder):
    write_checkpoint(folder, "vits")


def cut_short(folder):
    path = write_checkpoint(folder, "bert") / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


BROKEN = [
    (no_checkpoint, "is not a model's folder"),
    (no_transformer, "cannot use (model_type vits)"),
    (cut_short, "is cut short"),
    (lambda _: None, "There is no folder"),
]


@pytest.fixture(params=BROKEN, ids=[said for _, said in BROKEN])
def broken(request, tmp_path):
    """The path of a model that is none, and what is said of it."""
    make, said = request.param
    make(tmp_path / "model")
    return str(tmp_path / "model"), said


def choose(client, **models):
    return configure(client, models={**FAKES["models"], **models})


async def message(client, found):
    """Wait for something that the status says."""
    while True:
        if said := found(await request(client, "trivium/status", {})):
            return said


def of_index(status):
    return getattr(status.index[0], "message", "")


def chosen(path):
    return lambda status: path in [model.id for model in status.engine.models]


async def test_an_encoder_that_cannot_serve(client, broken):
    path, said = broken
    await indexed(client)
    await choose(client, encoder=path)
    told = await message(client, of_index)
    assert said in told and path in told and "\n" not in told
    assert names(await search(client, "send receipt"))[0] == "mail.py"
    await choose(client)
    await indexed(client)
    found = await search(client, "send receipt")
    assert found.complete and "meaning" in found.hits[0].reason


async def test_a_decoder_that_cannot_serve(client, broken, workspace):
    path, said = broken
    uri = (workspace / "shop/cart.py").as_uri()
    await choose(client, decoder=path)
    await message(client, chosen(path))
    assert not (await complete(client, uri, 8, 40)).items
    status = await request(client, "trivium/status", {})
    assert path in status.completion.lastReason
    assert said in status.completion.lastReason or "cannot serve" in status.completion.lastReason
    assert names(await search(client, "send receipt"))[0] == "mail.py"


async def test_a_rewriter_that_cannot_serve(client, broken, workspace):
    path, said = broken
    uri = (workspace / "README.md").as_uri()
    await choose(client, rewriter=path)
    whole = {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 13}}
    params = {"textDocument": {"uri": uri}, "range": whole, "task": "translate", "target": "de"}
    await message(client, chosen(path))
    with pytest.raises(JsonRpcException) as refused:
        await request(client, "trivium/rewrite", params)
    assert said in str(refused.value) or "cannot serve" in str(refused.value)
    await choose(client)
    await message(client, lambda status: not chosen(path)(status))
    assert (await request(client, "trivium/rewrite", params)).text
