import pytest

from support.rewriting import document, placed
from trivium_server.domain import syntax
from trivium_server.domain.rewriting import finding, layout, passages
from trivium_server.domain.text import Document


def texts_of(text, language):
    """The text of every block in a document."""
    it = document(text, language)
    tree = syntax.parse(text, language)
    return [
        block.text
        for passage in finding.within(it, tree, 0, len(text))
        for block in layout.blocks(it, passage)
    ]


def text_at(text, language):
    it, start, _ = placed(text, language)
    passage = finding.at(it, syntax.parse(it.text, language), start)
    return passage and [block.text for block in layout.blocks(it, passage)]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "#!/usr/bin/env python\n# One\n# two.\n\n# Three.\n", ["One two.", "Three."]),
        ("python", "# -*- coding: utf-8 -*-\nx = '# no'  # Yes.\n", ["Yes."]),
        ("python", "# noqa: E501\n# type: ignore\n# A word.\n", ["A word."]),
        ("python", '"""Module\ntext."""\nx = """No docs."""\n', ["Module text."]),
        ("python", 'def f():\n    r"""Raw."""\n', ["Raw."]),
        ("python", "def f():\n    'Short.'\n", ["Short."]),
        ("javascript", "// One\n// two.\nlet s = '// no';\n", ["One two."]),
        (
            "javascript",
            "/**\n * Adds.\n * @param {number} a - The first.\n */",
            ["Adds.", "The first."],
        ),
        ("typescript", "/* Just\n   this. */\nlet a = 1; // Tail.\n", ["Just this.", "Tail."]),
        ("rust", "/// Doc one\n/// two.\nfn f() {}\n//! Inner.\n", ["Doc one two.", "Inner."]),
        ("go", "// Package p does\n// it.\npackage p\n\n//go:build x\n", ["Package p does it."]),
        (
            "java",
            "/**\n * Gets.\n *\n * @return the value\n */\nclass A {}",
            ["Gets.", "the value"],
        ),
        ("c", "/* One. */ int x; // Two.\n", ["One.", "Two."]),
        ("cpp", "/// \\brief Does it.\nint f();\n", ["Does it."]),
        (
            "csharp",
            "/// <summary>Does it.</summary>\nclass A {}\n",
            ["Does it.</summary>"],
        ),
        ("ruby", "# One.\n=begin\nTwo.\n=end\n", ["One.", "Two."]),
        ("php", "<?php\n# One.\n/* Two. */\n// Three.\n", ["One.", "Two.", "Three."]),
        ("shellscript", "#!/bin/sh\n# One.\necho '# no'\n", ["One."]),
        ("kotlin", "// One.\n/* Two. */\nfun f() {}\n", ["One.", "Two."]),
        ("scala", "// One.\nobject A\n", ["One."]),
        ("swift", "/// One.\nfunc f() {}\n", ["One."]),
        (
            "csharp",
            '/// <summary>\n/// Adds.\n/// </summary>\n/// <param name="a">One.</param>\n'
            '/// <param name="b">Two.</param>\n',
            ["Adds.", "One.</param>", "Two.</param>"],
        ),
        ("ruby", "# @return [Array<A>] the list\n# @param x [Integer] it\n", ["the list", "it"]),
        ("javascript", "// A note.\n//# sourceMappingURL=a.js.map\n", ["A note."]),
        ("cpp", "}  // namespace a\n", []),
        ("swift", "/// - Parameter x: The one.\n/// - Returns: It.\n", ["The one.", "It."]),
        ("html", "<p>Text</p>\n<!-- A note. -->\n", ["A note."]),
        ("css", "/* A note. */\na { color: red }\n", ["A note."]),
        ("yaml", "# One\n# two.\nkey: value # no\n", ["One two."]),
        ("lua", "-- One\n-- two.\nlocal x = 1\n", ["One two."]),
        ("lua", "--[[ One\ntwo. ]]\nlocal x = 1\n", ["One two."]),
        ("lua", "--[[\nOne two.\n--]]\n", ["One two."]),
        ("haskell", "-- | One.\nmain = x\n", ["One."]),
        ("cpp", "int x; ///< One two.\n", ["One two."]),
        ("cpp", "int x; //!< One two.\n", ["One two."]),
        ("haskell", "{- One\n   two. -}\nmain = x\n", ["One two."]),
        ("sql", "-- One.\nSELECT 1;\n/* Two. */\n", ["One.", "Two."]),
        ("toml", "# One.\na = 1\n", ["One."]),
        ("json", '{"a": 1}', []),
        ("plaintext", "One\ntwo.\n\nThree.\n", ["One two.", "Three."]),
        ("", "One\ntwo.", ["One two."]),
        ("python", "", []),
        ("markdown", "", []),
    ],
)
def test_comments_are_found_in_every_language(language, text, expected):
    assert texts_of(text, language) == expected


def test_only_the_text_of_markdown_is_found():
    text = """---
title: Front matter
---
# Title

A paragraph with `code`
over two lines.

> A quote
> goes on.

- An item
  goes on.
- [ ] A task.

1. Numbered.

| a table | in `cells` |
| --- | :-: |
| of text | |

```python
# Not this.
```

    Nor this.

<div>Nor that.</div>

[link]: https://example.org "Nor this"

Setext
======
"""
    assert texts_of(text, "markdown") == [
        "Title",
        "A paragraph with `code` over two lines.",
        "A quote goes on.",
        "An item goes on.",
        "A task.",
        "Numbered.",
        "a table",
        "in `cells`",
        "of text",
        "Setext",
    ]


def test_a_docstring_is_taken_apart_by_its_conventions():
    text = '''def f(a, b):
    """Do it at once.

    Longer words about it:

    - one thing that
      goes on
    - another thing

    >>> f(1, 2)
    Not a sentence.

    Args:
        a: The first of them, which
            goes on.
        b (int): The second.

    Returns:
        The sum of both.

    :param c: Another one.
    :type c: int

    Parameters
    ----------
    d : int
        The fourth.

    Example::

        a literal block

    ``code`` at the end.
    """
'''
    assert texts_of(text, "python") == [
        "Do it at once.",
        "Longer words about it:",
        "one thing that goes on",
        "another thing",
        "The first of them, which goes on.",
        "The second.",
        "The sum of both.",
        "Another one.",
        "The fourth.",
        "``code`` at the end.",
    ]


@pytest.mark.parametrize(
    "comment",
    [
        "# x = foo(1)",
        "# return self.value;",
        "# for (int i = 0; i < n; i++) {",
        "# import os",
        "# ---------------",
        "# pylint: disable=all",
        "# Copyright 2020 Somebody",
        "# SPDX-License-Identifier: MIT",
        "# vim: set ts=4:",
    ],
)
def test_what_is_not_for_people_is_left_alone(comment):
    assert texts_of(comment + "\n", "python") == []


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", "# One\n# t$0wo.\n\n# Three.\n", ["One two."]),
        ("python", "$0# One.\n", ["One."]),
        ("python", "# One.$0\n", ["One."]),
        ("python", "x = 1$0  # One.\n", None),
        ("python", "x = $01\n", None),
        ("python", "# One.\nx = 1  # T$0wo.\n# Three.\n", ["Two."]),
        ("python", 'def f():\n    """D$0oc."""\n    # One.\n', ["Doc."]),
        ("javascript", "// é 😀 one.\n/* T$0wo. */", ["Two."]),
        ("markdown", "# Ti$0tle\n\nText.\n", ["Title"]),
        ("markdown", "Text.\n\n- a\n- b$0 c\n", ["b c"]),
        ("markdown", "```\nx$0\n```\n", None),
        ("plaintext", "One\ntw$0o.\n\nThree.\n", ["One two."]),
        ("plaintext", "One.\n$0\nThree.\n", None),
        ("yaml", "# One\n# t$0wo.\nkey: 1\n", ["One two."]),
    ],
)
def test_what_is_at_the_cursor(language, text, expected):
    assert text_at(text, language) == expected


def test_a_selection_cuts_passages():
    it, start, end = placed("# One. $0Two.\n# Three.$0 Four.\n")
    (passage,) = finding.within(it, syntax.parse(it.text, "python"), start, end)
    assert [block.text for block in layout.blocks(it, passage)] == ["Two. Three."]


@pytest.mark.parametrize("text", ["\x00\x01", "a\x00b", "\ufffd\ufffd\ufffd", "\x01\x02\x03abc"])
def test_binary_text_is_recognised(text):
    assert passages.binary(text)


@pytest.mark.parametrize("text", ["", "plain", "tabs\tand\x0cfeeds", "é 😀 שלום", "\x1b[31mred"])
def test_text_is_not_binary(text):
    assert not passages.binary(text)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("notes", ["# One", "x = 1"]), ("/a/b.nim", ["One"]), ("/a/LICENSE", ["# One", "x = 1"])],
)
def test_a_document_of_an_unknown_language(path, expected):
    it = Document("", "# One\n\nx = 1\n", 1, "nim", path)
    found = finding.within(it, None, 0, len(it.text))
    assert [it.text[line.start : line.end] for each in found for line in each.lines] == expected
