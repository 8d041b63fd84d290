import pytest

from support.rewriting import ABILITIES, placed
from trivium_server.domain import syntax
from trivium_server.domain.rewriting import actions, subjects, tasks
from trivium_server.domain.rewriting.actions import Wishes

WISHES = Wishes("en", ["de", "fr"])
LONG = "One thing is read here and there. Then another thing is written to it. At last all of it is closed and all are gone home."  # noqa: E501


def offered(text, language="python", abilities=ABILITIES, wishes=WISHES):
    it, start, end = placed(text, language)
    tree = syntax.parse(it.text, language)
    return actions.offers(it, tree, start, end, abilities, wishes)


def titles(text, language="python", abilities=ABILITIES, wishes=WISHES):
    return [offer.title for offer in offered(text, language, abilities, wishes)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "x = $01\n", []),
        (
            "python",
            "# Hel$0lo there.\n",
            [
                "Translate comment to German (replace)",
                "Translate comment to German (insert below)",
                "Translate comment to German (show)",
                "Translate comment to French (replace)",
                "Translate comment to French (insert below)",
                "Translate comment to French (show)",
            ],
        ),
        (
            "python",
            "# Die Datei w$0ird gelesen und geschlossen.\n",
            [
                "Explain German comment in English (show)",
                "Translate comment to English (replace)",
                "Translate comment to English (insert below)",
                "Translate comment to English (show)",
            ],
        ),
        (
            "python",
            "def f():\n    return $01\n",
            ["Summarize function as docstring (insert)", "Summarize function (show)"],
        ),
        ("python", 'def f():\n    """Doc."""\n    return $01\n', ["Summarize function (show)"]),
        (
            "rust",
            "impl A {\n    fn f() { $0}\n}\n",
            ["Summarize method as comment (insert above)", "Summarize method (show)"],
        ),
        (
            "python",
            "$0def f():\n    return 1\n\n\ndef g():\n    return 2\n$0",
            ["Summarize 2 functions as docstring (insert)", "Summarize 2 functions (show)"],
        ),
    ],
)
def test_titles_say_what_will_happen(language, text, expected):
    assert titles(text, language) == expected


def test_a_long_paragraph_can_be_summarized():
    assert titles(f"{LONG[:30]}$0{LONG[30:]}\n", "markdown")[:3] == [
        "Summarize paragraph (replace)",
        "Summarize paragraph (insert above)",
        "Summarize paragraph (show)",
    ]


def test_a_selected_sentence_is_called_a_selection():
    assert titles("# One is. $0Two is here.$0 Three.\n")[0] == (
        "Translate selection to German (replace)"
    )


def test_only_what_the_model_does_is_offered():
    t5 = tasks.of_t5("t5-small")
    assert titles("def f():\n    return $01\n", abilities=t5) == []
    assert titles("# Hel$0lo.\n", abilities=t5, wishes=Wishes("en", ["de", "es"])) == [
        "Translate comment to German (replace)",
        "Translate comment to German (insert below)",
        "Translate comment to German (show)",
    ]
    assert titles("# Die Datei w$0ird gelesen und geschlossen.\n", abilities=t5) == []
    pair = tasks.of_pair("opus-mt-fr-en", "fr", "en")
    assert titles("# Le fichier est l$0u et fermé ici.\n", abilities=pair)[0] == (
        "Explain French comment in English (show)"
    )


@pytest.mark.parametrize(
    "text",
    ["# Välj ett an$0nat namn\n", "# Du har ikke rettigheder til at se eller redi$0gere noget.\n"],
)
def test_no_translation_is_offered_from_a_language_that_nobody_here_knows(text):
    assert not [each for each in titles(text) if each.startswith(("Translate", "Explain"))]


def test_a_users_own_action_is_offered_on_any_text():
    own = actions.own_actions(
        [
            {"id": "polish", "title": "Polish", "prefix": "grammar: ", "mode": "replace"},
            {"id": "", "prefix": "no"},
            {"id": "summarize", "prefix": "taken"},
            {"id": "odd", "prefix": "x", "mode": "explode"},
        ]
    )
    none = tasks.Abilities("any")
    assert titles("# Hel$0lo.\n", abilities=none, wishes=Wishes("en", [], own)) == [
        "Polish (replace)"
    ]


def test_offers_carry_what_a_request_needs():
    it, start, end = placed("# Hel$0lo.\n")
    offer = actions.offers(it, syntax.parse(it.text, "python"), start, end, ABILITIES, WISHES)[0]
    assert (offer.task, offer.target, offer.mode) == ("translate", "de", "replace")
    assert (offer.start, offer.end) == (5, 5)
    assert offer.kind == "refactor.rewrite.trivium.translate"


@pytest.mark.parametrize("text", ["$0\x00\x01\x02$0", "$0   \n  $0", "$0", "$0x = 1;$0"])
def test_where_there_is_no_text_nothing_is_offered(text):
    assert titles(text, "javascript") == []


def test_a_long_selection_is_offered_without_being_read_whole():
    text = "$0" + "# A comment is here.\nx = 1\n" * 5000 + "$0"
    assert titles(text)[0] == "Translate comments to German (replace)"


FOUR = Wishes("en", ["de", "fr", "es", "it"])
OWN = actions.own_actions(
    [{"id": name, "title": name.title(), "prefix": "x: "} for name in ("one", "two", "three")]
)


@pytest.mark.parametrize(
    ("text", "language", "wishes", "expected"),
    [
        (
            f"{LONG[:30]}$0{LONG[30:]}\n",
            "markdown",
            FOUR,
            [
                "Summarize paragraph (replace)",
                "Translate paragraph to German (replace)",
                "Translate paragraph to French (replace)",
                "Translate paragraph to Spanish (replace)",
            ],
        ),
        (
            "# Die Datei w$0ird gelesen und geschlossen.\n",
            "python",
            FOUR,
            [
                "Explain German comment in English (show)",
                "Translate comment to English (replace)",
            ],
        ),
        (
            "def f():\n    return $01\n",
            "python",
            FOUR,
            ["Summarize function as docstring (insert)", "Summarize function (show)"],
        ),
        (
            "# Hel$0lo there.\n",
            "python",
            Wishes("en", FOUR.targets, OWN),
            [
                "Translate comment to German (replace)",
                "Translate comment to French (replace)",
                "One (show)",
                "Two (show)",
            ],
        ),
        (
            "def f():\n    return $01\n",
            "python",
            Wishes("en", FOUR.targets, OWN[:1]),
            [
                "Summarize function as docstring (insert)",
                "Summarize function (show)",
                "One (show)",
            ],
        ),
    ],
)
def test_a_light_bulb_lists_few_and_each_thing_once(text, language, wishes, expected):
    few = actions.likeliest(offered(text, language, wishes=wishes))
    assert [offer.title for offer in few] == expected


def test_a_line_of_a_megabyte_is_offered_nothing_and_says_why():
    it, start, end = placed("var a = [$0" + "1," * 500_000 + "$0];\n", "javascript")
    tree = syntax.parse(it.text, "javascript")
    for first, last in ((start, end), (end, end)):
        assert actions.offers(it, tree, first, last, ABILITIES, WISHES) == []
    assert "longer than 50,000" in subjects.of_cursor(it, tree, end).why
