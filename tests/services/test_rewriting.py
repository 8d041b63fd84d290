"""The text actions through a real engine process, with the fake model and a tiny trained T5."""

import asyncio
import json
import shutil
import subprocess
import sys
import time

import pytest
from models.tiny import build_tiny_t5

from support.rewriting import applied, placed
from trivium_models.client import EngineClient, EngineConfig
from trivium_models.errors import ModelMissing, ModelUnfit
from trivium_server.domain.text import Document
from trivium_server.services.rewriting import RewriteService
from trivium_server.settings import Models, Rewrite, Settings


@pytest.fixture
async def service_of():
    """Makes services, each with an engine of its own that ends with the test."""
    engines = []

    def make(rewriter="fake", **rewrite):
        settings = Settings(models=Models(rewriter=str(rewriter)), rewrite=Rewrite(**rewrite))
        engine = EngineClient(EngineConfig(rewriter=str(rewriter)))
        engines.append(engine)
        return RewriteService(engine, lambda: settings)

    yield make
    for engine in engines:
        await engine.close()


@pytest.fixture(scope="session")
def tiny_t5(tmp_path_factory):
    return build_tiny_t5(tmp_path_factory.mktemp("t5") / "tiny")


async def ask(service, text, language="python", *, task="translate", target="de", mode="replace"):
    it, start, end = placed(text, language)
    outcome = await service.rewrite(it, start, end, task, target, mode)
    return applied(it.text, outcome.edits), outcome


async def test_a_comment_is_translated(service_of):
    after, outcome = await ask(service_of(), "    # Read `a.txt` n$0ow.\n")
    assert after == "    # [de] Read `a.txt` now.\n"
    assert outcome.model == "fake"


async def test_the_text_is_told_as_it_grows(service_of):
    it, start, end = placed("# Read `a.txt` n$0ow and then go home.\n")
    told, steps = [], []
    await service_of().rewrite(
        it, start, end, "translate", "de", "show",
        on_text=told.append, on_progress=lambda *at: steps.append(at),
    )  # fmt: skip
    assert told[0].startswith("[de]")
    assert told[-1] == "[de] Read `a.txt` now and then go home."
    assert len(told) > 3
    assert not any("<extra" in text for text in told)
    assert steps == [(1, 1)]


async def test_a_long_text_tells_how_far_it_is(service_of):
    text = "\n\n".join(f"This is text {chr(97 + n)}." for n in range(20))
    it, start, end = placed(f"$0{text}$0", "plaintext")
    steps = []
    await service_of().rewrite(
        it, start, end, "translate", "de", "show", on_progress=lambda *at: steps.append(at)
    )
    assert steps == [(16, 20), (20, 20)]


async def test_an_answer_is_remembered(service_of):
    service = service_of()
    asked = []
    rewrite = service._engine.rewrite

    async def noting(prefix, texts, *rest, **options):
        asked.extend(texts)
        return await rewrite(prefix, texts, *rest, **options)

    service._engine.rewrite = noting
    await ask(service, "# Read i$0t.\n")
    await ask(service, "x = 1\n# Read i$0t.\n")
    assert asked == ["Read it."]
    await ask(service, "# Read i$0t.\n", target="fr")
    assert asked == ["Read it.", "Read it."]


async def test_a_cancelled_request_frees_the_engine(service_of):
    service = service_of("fake:50")
    sentences = "".join(f"# This is {'un' * (n % 9)}real{'ly' * n}.\n" for n in range(100))
    it, start, end = placed(f"$0{sentences}$0")
    growing = asyncio.Event()
    task = asyncio.create_task(
        service.rewrite(it, start, end, "translate", "de", on_progress=lambda *_: growing.set())
    )
    async with asyncio.timeout(120):
        await growing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after, _ = await ask(service, "# Read i$0t.\n")
    assert after == "# [de] Read it.\n"


async def test_a_function_gets_a_docstring(service_of):
    after, _ = await ask(
        service_of(), "def f():\n    r$0eturn 1\n", task="summarize", target=None, mode="insert"
    )
    assert after.startswith('def f():\n    """')


async def test_a_users_own_action(service_of):
    own = {"id": "echo", "title": "Echo", "prefix": "echo: ", "mode": "replace"}
    service = service_of(actions=[own])
    it, start, end = placed("# One tw$0o.\n")
    assert service.offers(it, start, end)[-1].title == "Echo (replace)"
    after, outcome = await ask(service, "# One tw$0o.\n", task="echo", target=None)
    assert after == "# One two.\n"
    assert outcome.text == "One two."


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("javascript", "{\n  $0x = 1;$0\n}\n", "{\n  // x = 1;\n  x = 1;\n}\n"),
        ("python", "if y:\r\n    $0x = 1$0\r\n", "if y:\r\n    # x = 1\r\n    x = 1\r\n"),
        ("css", "$0a { color: red }$0", "/* a { color: red } */\na { color: red }"),
    ],
)
async def test_what_a_users_own_action_says_of_code_is_inserted_as_a_comment(
    service_of, language, before, after
):
    service = service_of(actions=[{"id": "first", "prefix": "summarize it: ", "mode": "insert"}])
    it, start, end = placed(before, language)
    assert [offer.title for offer in service.offers(it, start, end)] == ["first (insert)"]
    assert (await ask(service, before, language, task="first", mode="insert"))[0] == after


@pytest.mark.parametrize(
    ("task", "target", "mode", "why"),
    [
        ("explode", None, "show", "no task 'explode'"),
        ("translate", None, "show", "needs a target"),
        ("translate", "de", "shout", "shout"),
    ],
)
async def test_parameters_that_do_not_fit(service_of, task, target, mode, why):
    with pytest.raises(ValueError, match=why):
        await ask(service_of(), "# One tw$0o.\n", task=task, target=target, mode=mode)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("$0\x00\x01\x02 binary$0", "not text"),
        ("$0   $0", "empty"),
        ("x = $01", "no text here"),
        ("$0x = 1;$0", "no text for people"),
        ("/** a\n * ```\n$0 * x = 1$0\n * ```\n */", "no text for people"),
    ],
)
async def test_what_cannot_be_rewritten_is_said(service_of, text, why):
    after, outcome = await ask(service_of(), text)
    assert after == text.replace("$0", "")
    assert why in outcome.kept[0][2]


async def test_ten_thousand_lines(service_of):
    text = "# One line.\nx = 1\n" * 5000
    document = Document("file:///it", text, 1, "python")
    outcome = await service_of().rewrite(document, 0, len(text), "translate", "de", "replace")
    assert applied(text, outcome.edits) == text.replace("One", "[de] One")


def test_a_cursor_in_a_huge_file_holds_nobody_up(service_of):
    line = "total = add(total, price)  # the receipt of an order\n"
    it = Document("file:///a.py", line * 200_000, 1, "python")
    begun = time.monotonic()
    service_of().offers(it, len(line) * 100, len(line) * 100)
    assert time.monotonic() - begun < 2


async def test_far_too_much_is_refused(service_of):
    text = "word " * 100_000
    document = Document("file:///it", text, 1, "plaintext")
    outcome = await service_of().rewrite(document, 0, len(text), "translate", "de", "replace")
    assert "select less" in outcome.kept[0][2]


async def test_a_hover_line_for_an_undocumented_function(service_of):
    service = service_of()
    it, start, _ = placed("def ad$0d(a, b):\n    return a + b\n")
    assert await service.describe(it, start) == "Def add(a, b): return a + b."
    it, start, _ = placed('def ad$0d(a, b):\n    """Has it."""\n')
    assert await service.describe(it, start) == ""
    it, start, _ = placed("def add(a, b):\n    return a $0+ b\n")
    assert await service.describe(it, start) == ""


async def test_a_missing_model_is_offered_and_says_what_to_do(service_of):
    service = service_of("google-t5/t5-small")
    it, start, end = placed("# Read i$0t.\n")
    assert service.offers(it, start, end)[0].title == "Translate comment to German (replace)"
    with pytest.raises(ModelMissing, match="trivium models pull"):
        await service.rewrite(it, start, end, "translate", "de", "show")


async def test_a_task_that_the_model_does_not_do(service_of):
    service = service_of("google-t5/t5-small")
    with pytest.raises(ModelUnfit, match="does not translate to Spanish: it translates to French"):
        await ask(service, "# Read i$0t.\n", target="es")
    with pytest.raises(ModelUnfit, match="does not summarize code"):
        await ask(service, "def f():\n    r$0eturn 1\n", task="summarize")


async def test_a_real_t5_answers(service_of, tiny_t5):
    weak = {"offered": False, "metric": "ROUGE-L", "value": 12.0, "bar": 30.9}
    tasks = {"translate English to German:": {"offered": True}, "summarize:": weak}
    (tiny_t5 / "trivium.json").write_text(json.dumps({"tasks": tasks}))
    service = service_of(tiny_t5)
    after, outcome = await ask(service, "# The file is clo$0sed.\n# Return `x` to the caller.\n")
    assert after == "# Die Datei wird geschlossen.\n# Gib `x` an den Aufrufer zurück.\n"
    assert outcome.model == str(tiny_t5)
    with pytest.raises(ModelUnfit, match=r"text well enough \(ROUGE-L 12.0, and 30.9 is wanted\)"):
        await ask(service, "# The file is clo$0sed.\n", task="summarize")


async def test_a_model_that_talks_nonsense_changes_nothing(service_of, tiny_t5):
    (tiny_t5 / "trivium.json").unlink(missing_ok=True)
    text = "# Quantum `flux` capacitors 17 overheat$0 quietly on Tuesdays.\n"
    after, outcome = await ask(service_of(tiny_t5), text)
    assert after == text.replace("$0", "")
    assert outcome.kept


CARD_OF_TWO = {
    "summarize code:": {"offered": True},
    "translate German to English:": {"offered": True, "least_logprob": -0.1},
    "translate English to German:": {
        "offered": False,
        "metric": "chrF",
        "value": 31.0,
        "bar": 38.4,
    },
    "summarize:": {"offered": False, "metric": "ROUGE-L", "value": 12.0, "bar": 30.9},
}


@pytest.fixture
def good_at_two(tiny_t5, tmp_path):
    """A model whose card offers code summaries and German to English."""
    folder = shutil.copytree(tiny_t5, tmp_path / "two")
    (folder / "trivium.json").write_text(json.dumps({"tasks": CARD_OF_TWO}))
    return folder


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (
            "def f(a):\n    r$0eturn a\n",
            ["Summarize function as docstring (insert)", "Summarize function (show)"],
        ),
        (
            "# Die Datei wird ge$0lesen und dann geschlossen.\n",
            [
                "Explain German comment in English (show)",
                "Translate comment to English (replace)",
                "Translate comment to English (insert below)",
                "Translate comment to English (show)",
            ],
        ),
        ("# The file is rea$0d and then closed" + " again and again" * 20 + ".\n", []),
        ("# Le fichier est lu$0 et puis il est fermé.\n", []),
    ],
)
async def test_exactly_what_the_card_offers_is_offered(service_of, good_at_two, text, titles):
    it, start, end = placed(text)
    found = service_of(good_at_two, targets=["de", "fr"]).offers(it, start, end)
    assert [offer.title for offer in found] == titles


async def test_a_sentence_that_the_model_doubts_stays_and_is_reported(service_of, good_at_two):
    text = "# Die Datei wird geschlossen.\n# Die Marmelade ist alle und der Zug fährt.$0\n"
    after, outcome = await ask(service_of(good_at_two), text, target="en")
    assert after == "# The file is closed.\n# Die Marmelade ist alle und der Zug fährt.\n"
    assert len(outcome.kept) == 1


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ["translate", "--to", "de"],
            "does not translate to German well enough (chrF 31.0, and 38",
        ),
        (["translate", "--to", "fr"], "does not translate to French: it translates to English"),
        (["summarize"], "does not summarize text well enough (ROUGE-L 12.0, and 30.9 is wanted)"),
    ],
)
def test_the_command_line_says_why_a_task_is_not_done(good_at_two, tmp_path, command, said):
    chosen = tmp_path / "settings.json"
    chosen.write_text(json.dumps({"models": {"rewriter": str(good_at_two)}}))
    done = subprocess.run(
        [sys.executable, "-m", "trivium_server", *command, "--settings", str(chosen)],
        input="The file is read and closed.\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1 and done.stdout == ""
    assert said in done.stderr and "trivium.models.rewriter" in done.stderr
