"""Labels, similarity and prompts for any text, through the real server and on the command line."""

import io
import json

import pytest
from pygls.exceptions import JsonRpcException

from trivium_server.cli import main

from .conftest import request

EXAMPLES = {
    "bug": ["The parser crashes on an empty file.", "A wrong total is shown."],
    "wish": ["Please add a dark theme.", "It would be nice to sort the list."],
}
ROWS = [{"label": name, "text": text} for name, texts in EXAMPLES.items() for text in texts]


async def test_the_label_of_the_nearest_example_comes_first(client):
    params = {"text": "Please add a light theme.", "examples": ROWS}
    found = await request(client, "trivium/label", params)
    assert [each.label for each in found.labels] == ["wish", "bug"]
    assert found.labels[0].example == 2 and found.labels[0].score > found.labels[1].score
    assert found.model == "fake"


async def test_two_texts_are_as_alike_as_their_words(client):
    async def similarity(first, second):
        found = await request(client, "trivium/similarity", {"first": first, "second": second})
        return found.similarity

    assert await similarity("read the file", "read the file") == pytest.approx(1, abs=1e-4)
    long = "\n\n".join(f"Paragraph {n} of a long text." for n in range(300))
    assert await similarity(long, long + "The end.") > 0.9 > await similarity(long, "moon")
    assert await similarity("", "") == 0


async def test_a_prompt_is_answered(client):
    text = "The list is empty. Nothing is returned to the caller."
    params = {"prompt": "summarize: ", "text": text}
    found = await request(client, "trivium/prompt", params)
    assert found.text == "The list is empty."


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("label", {"text": "x", "examples": []}),
        ("label", {"text": "x"}),
        ("label", {"text": " ", "examples": [{"label": "a", "text": "x"}]}),
        ("label", {"text": "x", "examples": [{"label": "a", "text": ""}]}),
        ("label", {"text": "x", "examples": [{"label": 1, "text": "x"}]}),
        ("similarity", {"first": "x"}),
        ("prompt", {"prompt": "x", "text": None}),
        ("prompt", {"prompt": "x", "text": "x", "maxTokens": 0}),
    ],
)
async def test_wrong_parameters_are_refused(client, method, params):
    with pytest.raises(JsonRpcException) as refused:
        await request(client, f"trivium/{method}", params)
    assert refused.value.code == -32602


async def test_the_status_says_how_much_a_model_reads_and_what_was_cut(client):
    await request(client, "trivium/label", {"text": "word", "examples": ROWS})
    status = await request(client, "trivium/status", {})
    encoder = next(model for model in status.engine.models if model.art == "encoder")
    assert encoder.context == 256
    assert not getattr(encoder, "truncated", 0)  # What is 0 is left out.


@pytest.fixture
def say(tmp_path, monkeypatch, capsys):
    """Run a command with the fake models and a text on standard input; what it printed."""
    models = dict.fromkeys(("encoder", "decoder", "rewriter"), "fake")
    (tmp_path / "settings.json").write_text(json.dumps({"models": models}))

    def run(command, *words, given=""):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        options = ["--settings", str(tmp_path / "settings.json"), "--json"]
        status = main([command, *options, *map(str, words)])
        captured = capsys.readouterr()
        return status, json.loads(captured.out) if captured.out else captured.err

    return run


def test_the_three_commands(say, tmp_path):
    (tmp_path / "examples.json").write_text(json.dumps(EXAMPLES))
    (tmp_path / "a.txt").write_text("read the file\nclose the file\n")
    status, found = say(
        "label", "--examples", tmp_path / "examples.json", given="Please add a light theme."
    )
    assert (status, found[0]["name"]) == (0, "wish")
    assert found[0]["example"] == "Please add a dark theme."
    assert say("label", "--example", "x=read it", tmp_path / "a.txt")[1][0]["name"] == "x"
    place = tmp_path / "a.txt"
    assert say("similarity", place, f"{place}:1-1")[1]["similarity"] > 0.5
    status, found = say("prompt", "summarize: ", given="It is here. It is gone.")
    assert (status, found["text"], found["model"]) == (0, "It is here.", "fake")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("[]", "object"), ("{", "object"), ('{"a": 1}', "object")],
)
def test_examples_that_are_none_are_explained(say, tmp_path, content, said):
    path = tmp_path / "examples.json"
    if content is not None:
        path.write_text(content)
    status, message = say("label", "--examples", path, given="x")
    assert status == 1 and str(path) in message
    status, message = say("label", given="x")
    assert status == 1 and "--example" in message
    status, message = say("label", "--example", "x=", given="x")
    assert status == 1 and "'x' is empty" in message
