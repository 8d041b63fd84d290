"""Taken apart and put back, a text is what it was; with other words, its layout is kept."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from support.rewriting import applied, document, identity, longer, rewritten
from trivium_server.domain import syntax
from trivium_server.domain.rewriting import finding, layout

WORDS = st.sampled_from(
    ["word", "The", "file", "is", "read", "again", "here.", "`a b`", "foo_bar", "%s", "3", "naïve",
     "😀", "(see", "below)", "and", "so,", "on:", "[x](y)", "**bold**", "שלום", "-", "1.", "#"]
)  # fmt: skip
PLAIN_SENTENCE = st.lists(
    st.sampled_from(["the", "file", "is", "read", "again", "here.", "Naïve", "שלום"]), min_size=1
).map(" ".join)
SENTENCE = st.lists(WORDS, min_size=1, max_size=24).map(" ".join)
INDENT = st.sampled_from(["", "    ", "\t", "  "])
NEWLINE = st.sampled_from(["\n", "\r\n", "\r"])
COMMENTS = st.sampled_from(
    [("python", "# ", "", ""), ("javascript", " * ", "/**", " */"), ("rust", "/// ", "", ""),
     ("sql", "-- ", "", ""), ("c", "   ", "/*", "*/"), ("markdown", "", "", ""),
     ("markdown", "> ", "", ""), ("plaintext", "", "", ""), ("python", "", '"""', '"""')]
)  # fmt: skip
ANY_TEXT = st.text(alphabet="abc ABC.,:;-*#>`'\"/\\(){}[]<>|=_@%$0123é😀\t\n\r\x0c​ש", max_size=200)
LANGUAGES = st.sampled_from(
    ["python", "javascript", "rust", "markdown", "plaintext", "yaml", "sql"]
)


def blocks_of(text, language):
    it = document(text, language)
    found = finding.within(it, syntax.parse(text, language), 0, len(text))
    return [block for passage in found for block in layout.blocks(it, passage)]


@given(ANY_TEXT, LANGUAGES)
@settings(max_examples=300)
def test_blocks_put_back_unchanged_are_the_text(text, language):
    blocks = blocks_of(text, language)
    for block in blocks:
        assert text[block.start : block.end] == block.source == layout.fill(block, block.text)
        assert "\n" not in block.text and "\r" not in block.text
    starts = [(block.start, block.end) for block in blocks]
    assert starts == sorted(starts)
    assert all(a[1] <= b[0] for a, b in pairwise(starts))


@given(ANY_TEXT, LANGUAGES)
@settings(max_examples=200)
def test_every_character_of_a_block_has_its_place(text, language):
    for block in blocks_of(text, language):
        for index, char in enumerate(block.text):
            start, end = block.place(index, index + 1)
            assert end - start == 1
            assert text[start] == char or (char == " " and text[start].isspace())


@given(COMMENTS, INDENT, NEWLINE, st.lists(SENTENCE, min_size=1, max_size=4))
@settings(max_examples=200)
def test_a_model_that_changes_nothing_changes_nothing(comment, indent, newline, lines):
    language, marker, opener, closer = comment
    body = [f"{indent}{marker}{line}" for line in lines]
    text = newline.join(
        filter(None, [opener and indent + opener, *body, closer and indent + closer])
    )
    it = document(text + newline, language)
    subject_blocks = blocks_of(it.text, language)
    if subject_blocks:
        after, outcome = rewritten(it.text, language, model=identity, target="de")
        assert after == it.text
        assert outcome.edits == []


@given(
    COMMENTS,
    INDENT,
    st.sampled_from(["\n", "\r\n"]),
    st.lists(PLAIN_SENTENCE, min_size=2, max_size=4),
    SENTENCE,
)
@example(("python", "# ", "", ""), "", "\n", ["here.", "the the the"], "here. 3 1.")
@settings(max_examples=200)
def test_new_words_are_read_back_from_where_they_were_put(comment, indent, newline, lines, words):
    language, marker, opener, closer = comment
    if language == "markdown":
        indent = ""
    lines = ["the file is read again " + line for line in lines]
    body = [f"{indent}{marker}{line}" for line in lines]
    text = newline.join(
        filter(None, [opener and indent + opener, *body, closer and indent + closer])
    )
    text += newline
    for number, block in enumerate(blocks_of(text, language)):
        new = f"Anders {words} Ende"
        after = applied(text, [(block.start, block.end, layout.fill(block, new))])
        again = blocks_of(after, language)
        assert len(again) == len(blocks_of(text, language)), after
        assert " ".join(again[number].text.split()) == new, after
        assert after.count("\n") == after.count(newline)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        (
            "python",
            "    # The file is read\n    # again here.\n    x = 1\n",
            "    # und The und file\n    # und is und read\n    # und again und\n    # here.\n"
            "    x = 1\n",
        ),
        (
            "javascript",
            "/**\r\n * Reads the file.\r\n *\r\n * @param {string} name - The name of it\r\n"
            " *     all over.\r\n * @returns {number} The size.\r\n */\r\n",
            "/**\r\n * und Reads und the und file.\r\n *\r\n"
            " * @param {string} name - und The und\r\n"
            " *     name und of und it und all und\r\n *     over.\r\n"
            " * @returns {number} und The und size.\r\n */\r\n",
        ),
        (
            "markdown",
            "> A quoted text that\n> goes on here.\n\n- An item\n\n* Another that is\n  wrapped.\n",
            "> und A und quoted\n> und text und that\n> und goes und on\n> und here.\n\n"
            "- und An und item\n\n* und Another und\n  that und is und\n  wrapped.\n",
        ),
        ("python", "x = 1  # One two.\n", "x = 1  # und One und two.\n"),
        ("c", "/* One two. */\n", "/* und One und two. */\n"),
        ("markdown", "# Head line\n", "# und Head und line\n"),
        ("markdown", "First.  \nSecond line.\n", "und First.  \nund Second und line.\n"),
        (
            "python",
            'def f():\n    """Read it.\n\n    Args:\n        a: The one.\n    """\n',
            'def f():\n    """und Read und it.\n\n    Args:\n'
            '        a: und The und one.\n    """\n',
        ),
        (
            "python",
            'def f():\n    """Read it.\n\n    Args:\n        name: One two\n            three.\n'
            "        port (int): The number of the port that the server listens on.\n    "
            '"""\n',
            'def f():\n    """und Read und it.\n\n    Args:\n'
            "        name: und One und two und three.\n"
            "        port (int): und The und number und of und the und port und\n"
            "            that und the und server und listens und on.\n"
            '    """\n',
        ),
        (
            "python",
            'def f():\n\t"""Read it.\n\n\tArgs:\n'
            "\t\ta: The number of the port that the server listens on all of the day.\n\n"
            "\tReturns:\n\t\tdict[str, int]: The number of the port that the server has.\n"
            '\t"""\n',
            'def f():\n\t"""und Read und it.\n\n\tArgs:\n'
            "\t\ta: und The und number und of und the und port und that und the und\n"
            "\t\t\tserver und listens und on und all und of und the und day.\n\n"
            "\tReturns:\n"
            "\t\tdict[str, int]: und The und number und of und the und port und that und\n"
            "\t\t\tthe und server und has.\n"
            '\t"""\n',
        ),
        (
            "rust",
            "/// - one thing\n/// - two things\n",
            "/// - und one und thing\n/// - und two und things\n",
        ),
    ],
)
def test_the_layout_is_kept(language, before, after):
    assert rewritten(before, language, model=longer)[0] == after


def test_one_sentence_a_line_stays_so():
    before = "One sentence here.\nAnother one.\nAnd a third sentence.\n\nNext.\n"
    assert rewritten(before, "markdown")[0] == (
        "[de] One sentence here.\n[de] Another one.\n[de] And a third sentence.\n\n[de] Next.\n"
    )


def test_two_sentences_of_a_line_each_say_nothing_of_the_width():
    before = "-- Returns those who never logged in.\n-- The table is not locked.\n"
    assert rewritten(before, "sql")[0] == (
        "-- [de] Returns those who never logged in.\n-- [de] The table is not locked.\n"
    )


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("Remove it once the bug is fixed\n# We have a newer one, so it is not needed.", 2),
        ("Der Puffer ist voll\n# Wenn er leer ist, geht es weiter.", 2),
        ("Reads the file and\n# The Archive, too.", 1),
        ("Reads the file of\n# Python that is named.", 1),
        ("If it is open,\n# A new one is made.", 1),
    ],
)
def test_a_line_with_a_capital_begins_a_sentence_where_no_stop_ends_the_last(comment, expected):
    assert len(blocks_of(f"# {comment}\n", "python")) == expected


def test_no_line_begins_with_what_would_be_a_bullet_there():
    before = "The sum of all the\nnumbers is given.\n"
    after, _ = rewritten(
        before, "markdown", model=lambda batch: ["Die Summe der zwei - Zahlen sind gegeben."]
    )
    assert after == "Die Summe der zwei -\nZahlen sind\ngegeben.\n"
