import pytest

from support.rewriting import (
    document,
    identity,
    marking,
    rewritten,
    said_by,
)
from trivium_models.types import Answer
from trivium_server.domain import syntax
from trivium_server.domain.rewriting import jobs, layout, outcomes, tasks


@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [
        ("replace", "# O$0ne two.\nx = 1\n", "# [de] One two.\nx = 1\n"),
        (
            "insert",
            "    # O$0ne two.\n    x = 1\n",
            "    # One two.\n    # [de] One two.\n    x = 1\n",
        ),
        ("show", "# O$0ne two.\nx = 1\n", "# One two.\nx = 1\n"),
        ("replace", "# One. $0Two.$0 Three.\n", "# One. [de] Two. Three.\n"),
        ("replace", "$0# One.\nx = 1  # Two.\n$0", "# [de] One.\nx = 1  # [de] Two.\n"),
        ("replace", 'x = "$0A text in a string.$0"\n', 'x = "[de] A text in a string."\n'),
        ("replace", 'x = $0"A text in a string."$0\n', 'x = "[de] A text in a string."\n'),
        (
            "insert",
            'def f():\n    """O$0ne.\n\n    Two.\n    """\n',
            'def f():\n    """One.\n\n    Two.\n\n    [de] One.\n\n    [de] Two.\n    """\n',
        ),
    ],
)
def test_a_translation_goes_where_the_mode_says(mode, before, after):
    assert rewritten(before, mode=mode)[0] == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# One. $0Two $0three.\n", "# One. [de] Two three.\n"),
        ("# One.$0 Two three$0.\n", "# One. [de] Two three.\n"),
        ("# One t$0wo three$0 four.\n", "# One [de] two three four.\n"),
        ("# One t$0wo thr$0ee four.\n", "# One [de] two three four.\n"),
        ("# One two$0\n# three.$0\n", "# One two\n# [de] three.\n"),
        ("# Use `on$0e two` or three$0.\n", "# Use [de] `one two` or three.\n"),
        ("# Set $0the max$0_size.\n", "# Set [de] the max_size.\n"),
        ('x = "\\n$0One tw$0o."\n', 'x = "\\n[de] One two."\n'),
        ("x = f'$0One tw$0o.'\n", "x = f'[de] One two.'\n"),
    ],
)
def test_a_selection_is_grown_to_whole_words_and_loses_no_space(before, after):
    assert rewritten(before)[0] == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- O$0ne.\n- Two.\n", "- One.\n\n- [de] One.\n- Two.\n"),
        ("> O$0ne.\n", "> One.\n>\n> [de] One.\n"),
        ("O$0ne.\n\nTwo.\n", "One.\n\n[de] One.\n\nTwo.\n"),
    ],
)
def test_a_translation_below_a_markdown_paragraph(before, after):
    assert rewritten(before, "markdown", mode="insert")[0] == after


def test_what_a_javadoc_translation_looks_like_below():
    before = "/**\n * O$0ne.\n */\nint f();\n"
    after = "/**\n * One.\n * [de] One.\n */\nint f();\n"
    assert rewritten(before, "java", mode="insert")[0] == after


def test_nothing_is_inserted_where_there_is_no_room():
    after, outcome = rewritten("x = 1  # O$0ne.\n", mode="insert")
    assert after == "x = 1  # One.\n"
    assert outcome.kept == [(7, 13, "there is no room below it")]
    assert outcome.text == "[de] One."


def test_a_table_keeps_its_shape_and_its_single_words():
    before = "| name | What it$0 is |\n| :-- | --: |\n| port | Where it waits |\n"
    after, _ = rewritten(before, "markdown")
    assert after == "| name | [de] What it is |\n| :-- | --: |\n| port | Where it waits |\n"
    whole, _ = rewritten(before.replace("$0", ""), "markdown")
    assert whole == after.replace("Where", "[de] Where")


def test_a_whole_markdown_file_in_one_go():
    before = (
        "# Title here\n\nA [link](http://a.b/c) and `code`.\n\n```sh\nls # no\n```\n\n| a |\n|--|\n"
    )
    after, outcome = rewritten(before, "markdown")
    assert after == before.replace("Title", "[de] Title").replace("A [link]", "[de] A [link]")
    assert outcome.text == after


def test_a_licence_is_not_translated_with_the_rest():
    before = "# Copyright me.\n# Licensed under the Apache License.\n\n# A note.\n"
    assert rewritten(before)[0] == before.replace("A note", "[de] A note")


def test_a_sentence_that_fails_stays_and_is_reported():
    def loses(batch):
        return [
            text.replace("<extra_id_0>", "").replace("`a`", "b") if "Two" in text else f"Ja: {text}"
            for text in batch.texts
        ]

    before = "# One `x` it. Two\n# `a` is. Three.\n"
    after, outcome = rewritten(before, model=loses)
    assert after == "# Ja: One `x` it.\n# Two `a` is. Ja:\n# Three.\n"
    ((start, end, reason),) = outcome.kept
    assert before[start:end] == "Two\n# `a` is."
    assert "lost “`a`”" in reason


def test_a_model_that_loses_the_marks_of_a_link_gets_it_as_a_whole():
    def only_whole(batch):
        return [
            "nichts" if "<extra_id_1>" in text else text.replace("See", "Siehe")
            for text in batch.texts
        ]

    after, outcome = rewritten("See [the guide](http://a.b).\n", "markdown", model=only_whole)
    assert after == "Siehe [the guide](http://a.b).\n"
    assert outcome.kept == []


def test_a_model_that_loses_placeholders_may_read_the_text_as_it_is():
    def without(batch):
        return [
            "nichts" if "<extra" in text else text.replace("Set", "Setze") for text in batch.texts
        ]

    assert rewritten("# Set max_size.\n", model=without)[0] == "# Setze max_size.\n"


def test_an_answer_that_would_end_the_string_is_refused():
    before = "def f():\n    'It is.'\n"
    after, outcome = rewritten(before, model=lambda batch: ["Es 'ist'."])
    assert after == before
    assert "may end the docstring" in outcome.kept[0][2]


@pytest.mark.parametrize(
    ("before", "answer", "after"),
    [
        ('x = "$0It is.$0"\n', "C'est l'un.", "x = \"C'est l'un.\"\n"),
        ('x = $0"It is."$0\n', "C'est `un`.", 'x = "C\'est `un`."\n'),
        ("x = '$0It is.$0'\n", 'Es "ist".', "x = 'Es \"ist\".'\n"),
        ("x = 'a', \"$0It is.$0\"\n", "C'est un.", "x = 'a', \"C'est un.\"\n"),
    ],
)
def test_in_a_string_only_its_own_quote_is_forbidden(before, answer, after):
    assert rewritten(before, model=lambda batch: [answer])[0] == after


@pytest.mark.parametrize(
    ("before", "answer"),
    [
        ("x = '$0It is.$0'\n", "C'est un."),
        ('x = "$0It is.$0"\n', 'Es "ist".'),
        ('x = "$0It is.$0"\n', "Es \\ ist."),
        ("x = 'a', \"$0It is.$0\", 'b'\n", "C'est un."),
        ('x = """\n$0It is.$0\n"""\n', 'Es "ist".'),
    ],
)
def test_what_may_end_a_string_is_refused(before, answer):
    after, outcome = rewritten(before, model=lambda batch: [answer])
    assert after == before.replace("$0", "")
    assert "may end" in outcome.kept[0][2]


def test_an_answer_that_would_end_the_comment_is_refused():
    before = "/* It is. */\n"
    after, outcome = rewritten(before, "c", model=lambda batch: ["Es */ ist."])
    assert after == before
    assert "may end what it stands in" in outcome.kept[0][2]


def test_text_in_the_target_language_already_is_left_alone():
    before = "# Die Datei wird gelesen und geschlossen.\n# The file is read and then closed.\n"
    after, outcome = rewritten(before.replace("\n#", "\n\n#"))
    assert "Die Datei wird gelesen und geschlossen.\n" in after
    assert "[de] The file is read" in after
    same, outcome = rewritten("# Die Datei wird gelesen und geschlossen.\n")
    assert same == "# Die Datei wird gelesen und geschlossen.\n"
    assert outcome.kept[0][2] == "it is in German already"


def test_each_paragraph_is_translated_from_its_own_language():
    asked = []

    def noting(batch):
        asked.append((batch.source, batch.texts))
        return marking(batch)

    text = (
        "Die Datei wird hier gelesen.\n\nLe fichier est lu ici par nous.\n\nNow the file is read.\n"
    )
    rewritten(text, "markdown", target="en", model=noting)
    assert asked == [
        ("de", ["Die Datei wird hier gelesen."]),
        ("fr", ["Le fichier est lu ici par nous."]),
    ]


def test_a_language_that_the_model_does_not_know_is_said():
    text = "Файл читается здесь и закрывается.\n"
    after, outcome = rewritten(text, "markdown", target="en")
    assert after == text
    assert outcome.kept == [(0, len(text) - 1, "fake does not translate Russian to English")]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Tämä on tavallinen suomenkielinen teksti.", "fake does not translate Finnish to {}"),
        ("Ez egy magyar szöveg.", "fake does not translate Hungarian to {}"),
        ("Zmień nazwę katalogu na nową.", "its language is not one that fake reads"),
        ("Dette er en helt almindelig dansk tekst.", "its language is not one that fake reads"),
    ],
)
@pytest.mark.parametrize(("target", "name"), [("en", "English"), ("de", "German")])
def test_a_language_that_is_not_told_is_not_taken_for_english(text, why, target, name):
    after, outcome = rewritten(text + "\n", "plaintext", target=target)
    assert after == text + "\n"
    assert outcome.kept == [(0, len(text), why.format(name))]


@pytest.mark.parametrize(
    "text",
    [
        "# \n#\n",
        "# שלום עולם 😀🎉 and the rest\n",
        "# " + "word " * 3000 + "\n",
        "# %s {name} ${x} `y` 1 2 3\n",
        "# 🎉🎉🎉\n",
        "#\u202eabc def\n",
    ],
)
def test_odd_texts_pass_through_an_unchanging_model_unchanged(text):
    it = document(text)
    subject = outcomes.subject_of(it, syntax.parse(text, "python"), 0, len(text))
    if subject:
        after, outcome = rewritten(text, model=identity)
        assert after == text
        assert not outcome.edits


def test_a_model_that_returns_nothing_changes_nothing():
    after, outcome = rewritten("# One two. Three.\n", model=lambda batch: [""] * len(batch.texts))
    assert after == "# One two. Three.\n"
    assert [reason for _, _, reason in outcome.kept] == ["the model returned nothing"] * 2


@pytest.mark.parametrize(
    ("text", "read", "after"),
    [
        ("\ufeffOne two.\n", ["One two."], "\ufeff[de] One two.\n"),
        ("One\u2009two : three.\n", ["One two : three."], "[de] One two : three.\n"),
        ("10\u00a0kg\u202f: one.\n", ["<extra_id_0> kg : one."], "[de] 10\u00a0kg\u202f: one.\n"),
        ("The cafe\u0301.\n", ["The caf\u00e9."], "[de] The caf\u00e9.\n"),
        ("One  two.  Three.\n", ["One two.", "Three."], "[de] One two.  [de] Three.\n"),
        ("One t\u00adwo\u200b.\n", ["One two."], "[de] One two.\n"),
        ("One `e\u0301`.\n", ["One <extra_id_0>."], "[de] One `e\u0301`.\n"),
    ],
)
def test_what_no_reader_sees_is_not_read_by_the_model(text, read, after):
    asked = []

    def noting(batch):
        asked.extend(batch.texts)
        return marking(batch)

    assert rewritten(text, "plaintext", model=noting)[0] == after
    assert asked == read


def test_no_line_ends_at_a_no_break_space():
    words = "word " * 14
    text = f"# {words}10\u00a0kg and some more of it.\n# {words}2\u00a0kg.\n"
    after, _ = rewritten(text)
    assert "10\u00a0kg" in after and "2\u00a0kg" in after


def test_a_sentence_that_stays_keeps_what_no_reader_sees():
    text = "One\u00a0two  cafe\u0301 t\u00adhree.\n"
    for model in (identity, lambda batch: [""] * len(batch.texts)):
        assert rewritten(text, "plaintext", model=model)[0] == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x =$0 1\n", "no text here"),
        ("$0   $0\n", "selection is empty"),
        ("$0\x00\x01\x02 binary$0\n", "not text"),
    ],
)
def test_where_nothing_can_be_done_it_is_said(text, why):
    first, second = text.index("$0"), text.rindex("$0")
    plain = text.replace("$0", "")
    end = first if first == second else second - 2
    subject = outcomes.subject_of(document(plain), syntax.parse(plain, "python"), first, end)
    assert not subject
    assert why in subject.why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer("Sie ist offen.", logprob=-0.6), "not sure enough"),
        (Answer("Sie ist", logprob=-0.1, ended=False), "found no end"),
    ],
)
def test_an_answer_that_the_model_does_not_trust_is_not_used(answer, why):
    prefix = "translate English to German: "
    known = tasks.from_prefixes("any", [prefix], sentinels=True, least={prefix: -0.5})
    blocks = [layout.of_text("It is good. The door is open.")]
    draft = jobs.run(
        jobs.translate(blocks, "de", known),
        lambda batch: [Answer("Gut ist es.") if "good" in text else answer for text in batch.texts],
    )
    assert draft.texts == ["Gut ist es. The door is open."]
    ((start, end, reason),) = [(each.start, each.end, each.reason) for each in draft.refusals]
    assert (start, end) == (12, 29) and why in reason


def test_a_refused_part_of_one_prompt_leaves_the_others_alone():
    def second_fails(batch):
        return ["" if "Two" in text else text.upper() for text in batch.texts]

    blocks = ["One. " * 300, "Two. " * 300, "Three."]
    draft = jobs.run(jobs.prompt(blocks, "shout: ", tasks.Abilities("any")), said_by(second_fails))
    assert draft.texts[1] is None
    assert draft.texts[2] == "THREE."
    assert [refusal.start for refusal in draft.refusals] == [1]
