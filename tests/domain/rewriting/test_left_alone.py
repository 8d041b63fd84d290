"""What looks like text for people and is not stays what it was, in whatever language it stands.

`longer` puts a word before every word: what comes out as it went in was left alone.
"""

import pytest

from support.rewriting import document, longer, placed, rewritten
from trivium_server.domain import languages, syntax
from trivium_server.domain.rewriting import outcomes


def found(text, path):
    """What can be rewritten of a selection (of everything without a mark) in a file."""
    marked = text if "$0" in text else f"$0{text}$0"
    it, start, end = placed(marked, languages.of_path(path).id, path)
    subject = outcomes.subject_of(it, syntax.parse(it.text, it.language), start, end)
    return [block.text for blocks in subject.blocks(it) for block in blocks]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.bat", "@echo off\necho The file is gone\nREM It is gone.\n:: Bye.\nrem\n",
         ["It is gone.", "Bye."]),
        ("a.scss", "#side-bar-left { a: b }\n// A color.\n", ["A color."]),
        ("a.sass", "#side-bar-left\n  color: red\n", []),
        ("a.less", "#The color of it {\n  a: b;\n}\n", []),
        ("a.styl", "#side-bar-left\n  color: red\n", []),
        ("a.glsl", "#version 330 core\n#define USE_FOG\n// A light.\n", ["A light."]),
        ("a.f90", "! It says so.\n!$omp parallel do\nprint the value of it\n", ["It says so."]),
        ("a.vb", "' It says so.\nPrint the value\nEnd Sub\n", ["It says so."]),
        ("a.vim", "\" It says so.\nset number\nlet it be\n", ["It says so."]),
        ("a.feature", "Feature: It logs in\n  Given the user is there\n", []),
        ("a.hs", "main = print it\nother words of code\n", []),
        ("a.po", "#, c-format\n#: src/main.c:10\nmsgid \"It\"\n", []),
        ("a.xyz", "#define it as this\n--option it\n# It says so.\n#\n# Or not.\n",
         ["It says so.", "Or not."]),
        ("a.xyz", "open the file\nread all of it\n", []),
        ("a.xyz", "$0open the file$0\n", []),
        ("a.xyz", "say \"$0The file is open.$0\"\n", ["The file is open."]),
        ("a.xyz", "say \"The $0file is open.\"\nsay \"It$0 is read.\"\n", []),
        ("a.csv", "name,text\n1,$0The file is open$0\n", []),
        ("a.csv", "name,text\n1,The file is open\n# no comment\n", []),
        ("CMakeLists.txt", "# It is.\nadd the library\n", ["It is."]),
        ("Jenkinsfile", "// It is.\nsay it to the user\nand more\n", ["It is."]),
        ("requirements.txt", "# It is.\nrequests==2.0 # do not update\nflask\n", ["It is."]),
        ("a.org", "The code:\n#+BEGIN_SRC it\nopen the file\n#+END_SRC\n", []),
        ("a.adoc", "The code:\n----\nopen the file\n----\n", []),
        ("a.tex", "The text goes\non here.\n", ["The text goes on here."]),
    ],
)  # fmt: skip
def test_code_of_a_language_without_a_grammar_is_no_text(path, text, expected):
    assert found(text, path) == expected


TAGS = """\
/**
 * Opens it.
 * @param {{a: number, b?: string}} it - The one.
 * @param {Object<string, {x: number}>} map The map.
 * @param {function(string): {a: number}} [back] The other.
 * @returns {{a: number}} The result of it.
 * @other {{a: number}} The last.
 */
"""


def test_tags_are_items_of_their_own_whatever_braces_their_types_have():
    changed, _ = rewritten(TAGS, "javascript", model=longer)
    lines = [line.partition(" und ")[0] for line in changed.splitlines()]
    assert lines == [
        "/**",
        " *",
        " * @param {{a: number, b?: string}} it -",
        " * @param {Object<string, {x: number}>} map",
        " * @param {function(string): {a: number}} [back]",
        " * @returns {{a: number}}",
        " * @other {{a: number}}",
        " */",
    ]


def left(text, language):
    """The lines that stay what they were."""
    changed, _ = rewritten(text, language, model=longer)
    return [line for line in changed.splitlines() if line in text.splitlines() and line.strip()]


@pytest.mark.parametrize(
    ("language", "text", "same"),
    [
        ("c", "// Open the file \\\n   and close it.\nint x; // Here.\n",
         ["// Open the file \\", "   and close it."]),
        ("c", "int x; // in C:\\temp\\\nit;\n// It is.\n", ["int x; // in C:\\temp\\", "it;"]),
        ("c", "#define F(x) \\\n  /* It is \\\n   * read. \\\n   * @return A long line of it \\\n"
         "   * @param x This line is so long that it would have to be wrapped. */ \\\n  x\n",
         ["#define F(x) \\", "  /* It is \\", "   * read. \\",
          "   * @return A long line of it \\", "  x"]),
        ("python", 'def f():\n    """\\\n    Return it.\n\n    It goes \\\n    on.\n    """\n',
         ["def f():", '    """\\', "    It goes \\", "    on.", '    """']),
    ],
)  # fmt: skip
def test_a_backslash_at_the_end_of_a_line_stays_there(language, text, same):
    assert left(text, language) == same


COLUMNS = {
    "names": "name:      the name of it\npassword:  the word of it\n",
    "options": "  -a, --all    show all of the files\n  -q           be quiet\n"
    "               all of the time\n  --speed=<kn>  say how fast it is\n  -v verbose output\n",
    "a usage": "Usage:\n    prog open <name> [--all]\n    prog close <name>\n",
    "a simple table": "====  =====\nName  The meaning\n====  =====\nfoo   The first value\n"
    "bar\n====  =====\n",
    "words below each other": "name  the name of the user\nmail  the mail of the user\n",
    "a table with pipes": "a | b | c\nThe name  |  The value  |  The size\n",
    "a table of two with pipes": "Name | Meaning\nfoo | the first of it\n",
    "a block of lines": "| The first line of it\n| The second line\n  goes on\n",
}


@pytest.mark.parametrize("around", ["{}\nThe end.\n", '"""It is.\n\n{}\nThe end.\n"""\n'])
@pytest.mark.parametrize("what", COLUMNS)
def test_what_stands_in_columns_stays_there(what, around):
    text = around.format(COLUMNS[what])
    language = "python" if text.startswith('"') else "plaintext"
    assert [line for line in left(text, language) if line != '"""'] == COLUMNS[what].splitlines()


@pytest.mark.parametrize(
    "text",
    [
        "It is here.  It is there.\nAnd it:  is gone.\n",
        "Note:  it is here.\n",
        "It is here, says the\n-a option of it.\n",
        "It  is here.\nAnd gone  again.\n",
        "-   It is here.\n-   It is gone.\n",
        "#. It is here.\n#. It is gone.\n",
        "The options:\n\n1. It is here.\n   It is gone.\n",
        "Returns (int | str | None): it or `a | b | c` is.\n",
    ],
)
def test_wide_spaces_in_sentences_are_no_columns(text):
    assert left(text, "plaintext") == []


def test_tags_of_epydoc_keep_their_names():
    text = '"""It.\n\n@param a: the first\n@type a: int\n@return: the result of it\n"""\n'
    changed, _ = rewritten(text, model=longer)
    assert changed.splitlines()[2:5] == [
        "@param a: und the und first",
        "@type a: int",
        "@return: und the und result und of und it",
    ]


STRINGS = [
    ("a.yaml", "on: push\njobs:\n  run: |  # now\n    # Install it.\n    echo # it\n\n"
     "    # Or not.\n  # Now the text.\n  text: >-\n    # No comment.\n- - |\n    # No comment.\n"
     "- name: |\n   # No.\n  # The key.\n  key: a\n", ["Now the text.", "The key."]),
    ("a.toml", "# It's \"\"\" here.\na = \"# it\\\"\"\nb = \"\"\"\n# No comment.\n\"\"\"\n"
     "# The end.\n",
     ["It's \"\"\" here.", "The end."]),
    ("a.pl", "my $it = <<EOF;\n# No comment.\nEOF\n# It is.\n", ["It is."]),
    ("Dockerfile", "RUN <<'end'\n# No comment.\nend\n# It is.\n", ["It is."]),
    ("a.lua", "local s = [==[\n-- No comment.\n]]\n]==]\n-- It is [[ here.\nx = 1\n-- Or not.\n",
     ["It is [[ here.", "Or not."]),
    ("a.sql", "/* It isn't a string. */\nINSERT INTO t VALUES ('it''s\n-- No comment.\n', 'a');\n"
     "-- It's here.\nSELECT 'a';\n-- Or not.\n",
     ["It isn't a string.", "It's here.", "Or not."]),
    ("Makefile", "define HELP\n# No comment.\nendef\n# It is.\n", ["It is."]),
    ("a.ex", "x = \"\"\"\n# No comment.\n\"\"\"\n# It is.\n", ["It is."]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected"), STRINGS)
def test_what_looks_like_a_comment_in_a_string_is_none(path, text, expected):
    assert found(text, path) == expected


MESSAGE = """\
Read the file
# A comment.

It was empty.
Fixes #12
Co-authored-by: Jane Roe <jane@roe.org>
# Please enter the message.
# ------------------------ >8 ------------------------
# Do not change it.
diff --git a/it b/it

+and words of it
"""


def test_what_git_writes_into_a_message_stays():
    assert found(MESSAGE, "COMMIT_EDITMSG") == ["Read the file", "It was empty."]
    assert left(MESSAGE, "gitcommit") == [
        line for line in MESSAGE.splitlines() if line not in ("", "Read the file", "It was empty.")
    ]
    for word in ("Please", "words"):
        at = MESSAGE.index(word)
        assert not outcomes.subject_of(document(MESSAGE, "git-commit"), None, at, at)


FOR_TOOLS = [
    ("go", "// It.\n//\n// Deprecated: Use it.\nfunc F() {}\n", "// Deprecated: und Use und it."),
    ("go", "// It is.\n// Output:\n// the file\n//\n// and more\n",
     "// the file\n//\n// and more\n"),
    ("go", "// Unordered output: it\n// the file\n", "// Unordered output: it\n// the file\n"),
    ("go", "/*\nIt is.\n\n\tPut(\"a\", 1) // it is code\n\nIt is.\n*/\nfunc F() {}\n",
     "\n\n\tPut(\"a\", 1) // it is code\n\n"),
    ("rust", "/// # Panics\n///\n/// Panics now.\n", "/// # Panics\n///\n/// und Panics"),
    ("rust", "/// # Errors\n/// # Other words\n", "/// # Errors\n/// # und Other"),
    ("swift", "/// - Parameters:\n///   - a: The one.\n/// - Returns: It.\n/// - Throws: It.\n",
     "/// - Parameters:\n///   - a: und The und one.\n/// - Returns: und It.\n/// - Throws: und"),
    ("javascript", "/* global foo, bar: true */\n// It.\n", "/* global foo, bar: true */"),
    ("javascript", "/* exported foo */\n// It.\n", "/* exported foo */"),
    ("javascript", "/* #__PURE__ it is */\n// It.\n", "/* #__PURE__ it is */"),
    ("javascript", "// global foo is gone.\n", "// und global und foo"),
    ("python", "# %% A cell\n# !pip install it\n# In[3]:\nx = 1  # It.\n",
     "# %% A cell\n# !pip install it\n# In[3]:\n"),
    ("python", "# It is.\n# if not os.path.exists(path): return\n",
     "# if not os.path.exists(path): return\n"),
    ("python", "# for each in them.all():\n#     each.go_on = there\n# It is.\n",
     "# for each in them.all():\n"),
    ("python", "# for each of them it holds:\n", "# und for und each und of"),
    ("java", "/**\n * It.\n * @throws IOException if it is\n * @throws a.b.Gone when it is\n"
     " * @throws If it is\n */\nclass A {}\n",
     " * @throws IOException und if und it und is\n * @throws a.b.Gone und when und it und is\n"
     " * @throws und If und it und is\n"),
    ("python", '"""It.\n\nOptions:\n-a\n"""\n', "\nOptions:\n"),
    ("python", "# It.\n\n#!/usr/bin/env python\n", "#!/usr/bin/env python\n"),
    ("cpp", "/// \\throws std::runtime_error if it\n",
     "/// \\throws std::runtime_error und if und it"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), FOR_TOOLS)
def test_words_that_tools_look_for_stay(language, text, expected):
    if expected == text:
        text = "// It.\n\n" + text
    assert expected in rewritten(text, language, model=longer)[0]


def test_what_is_deprecated_does_not_hang():
    """An indented line is code in a comment of Go."""
    text = f"// Deprecated: {'Use the other one. ' * 4}\n"
    lines = rewritten(text, "go", model=longer)[0].splitlines()
    assert lines[1:]
    assert all(line[:3] == "// " and line[3] != " " for line in lines)


def test_a_line_of_nothing_but_bullets_is_read():
    assert left("- " * 3000 + "\nIt is.\n", "plaintext") == [("- " * 3000)]


@pytest.mark.parametrize("opener", [".. code-block:: python\n   :linenos:", "It is so::"])
def test_code_in_restructured_text_is_no_text(opener):
    text = (
        f"{opener}\n\n   # This is code\n   it.says(so)\n\n   if it:\n"
        "       # And this is, too\n\n.. note::\n\n   This is text.\n"
    )
    assert [each for each in found(text, "a.rst") if each != "It is so::"] == ["This is text."]


@pytest.mark.parametrize(
    ("comment", "code", "said"),
    [
        ("Get returns the value. Getting it with Get is fast.", "func (c *Cache) Get(k int) int {",
         ["Get", "Get"]),
        ("A Reader reads it.", "type Reader struct {", ["Reader"]),
        ("Package cache stores it.", "package cache", ["cache"]),
        ("Get returns the value.", "func Put(k int) {", []),
    ],
)  # fmt: skip
def test_the_name_that_a_comment_of_go_begins_with_stays(comment, code, said):
    asked = []

    def model(batch):
        asked.extend(batch.masked)
        return batch.texts

    rewritten(f"// {comment}\n{code}\n", "go", model=model)
    assert [piece for masked in asked for piece in masked.pieces] == said
