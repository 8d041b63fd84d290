"""What is left of a model's text at a cursor; `$0` is the cursor, `→` stands for what was made."""

import pytest

from trivium_server.domain.completion import filters
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.completion.joining import Dropped
from trivium_server.domain.text import Document


def spot(marked: str, language: str = "python") -> Spot:
    offset = marked.index("$0")
    return Spot(Document("file:///x", marked.replace("$0", ""), 1, language), offset)


def accepted(marked: str, text: str, language: str = "python", *, block: bool = False) -> str:
    """The cursor's line, and the lines of a block, after the fitted text is accepted."""
    place = spot(marked, language)
    fitted = filters.fit(text, place, block=block)
    return place.typed + fitted.text + place.rest[fitted.replaced :]


@pytest.mark.parametrize(
    ("marked", "text", "line"),
    [
        ("foo($0)", "a, b)", "foo(a, b)"),
        ("foo($0)", "a, b", "foo(a, b)"),
        ("foo($0)", "a, b):", "foo(a, b):"),
        ("foo(bar[$0])", "key])", "foo(bar[key])"),
        ('print("$0")', 'hello")', 'print("hello")'),
        ('print("$0")', "hello", 'print("hello")'),
        ("x = $0 + 1", "value + 1", "x = value + 1"),
        ("return $0;", "total;", "return total;"),
        ("if (a$0) {", " && b) {", "if (a && b) {"),
        ("foo($0).bar(", '"a",', 'foo("a").bar('),
    ],
)
def test_what_follows_the_cursor_is_not_said_again(marked: str, text: str, line: str) -> None:
    assert accepted(marked, text) == line


@pytest.mark.parametrize(
    ("marked", "text", "line"),
    [
        ("return t$0otal", "otal * discount", "return total * discount"),
        ("return t$0otal + 1", "otal * 2", "return total * 2 + 1"),
        ("if self.plai$0n:", "n_text:", "if self.plain_text:"),
        ("foo(wi$0dth)", "dth, height):", "foo(width, height):"),
        ("get_us$0er_name(user)", "er_name(user) or None", None),
        ("class _IsCalla$0bleValidator:", "ble(type):", None),
        ("def tota$0l_price(items):", "ar = 1000", None),
        ("x = foo$0_bar", " + 1", None),
        ("return t$0otal", "otal", None),
        ("foo(t$0otal)", "otal)", None),
        ("f$0oo(a)", "oo(b)", None),
    ],
)
def test_a_word_that_the_cursor_splits_is_never_doubled(marked, text, line) -> None:
    if line:
        assert accepted(marked, text) == line
    else:
        with pytest.raises(Dropped, match=r"goes on differently|there already"):
            accepted(marked, text)


@pytest.mark.parametrize(
    ("marked", "text", "line"),
    [
        ("def show$0(user):", "_users():", "def show_users(user):"),
        ("def show$0(user) -> str:", "_all(a, b) -> list:", "def show_all(user) -> str:"),
        ("x = row$0[0]", "s[1]", "x = rows[0]"),
        ("x = row$0[0]", "s.get(a)", "x = rows.get(a)[0]"),
        ("x = $0(a + b)", "len(c) *", "x = len(c) *(a + b)"),
        ("foo$0()", "(a)", "foo(a)"),
        ("foo$0(a)", "(b)", None),
    ],
)
def test_arguments_are_not_put_before_those_that_are_there(marked, text, line) -> None:
    if line:
        assert accepted(marked, text) == line
    else:
        with pytest.raises(Dropped, match="there already"):
            accepted(marked, text)


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("a = 1\n$0\nresult = compute(a)\n", "result = compute(a)"),
        ("a = 1\nres$0\n\n\nresult = compute(a)\n", "ult = compute(a)"),
        ("$0\nself.assertEqual(first_value, 1)", "self.assertEqual(first_value, 2)"[:-2] + "1)"),
    ],
)
def test_the_lines_that_follow_are_never_repeated(marked: str, text: str) -> None:
    with pytest.raises(Dropped, match="repeats the lines that follow"):
        accepted(marked, text)


def test_a_closing_bracket_may_follow_another_one() -> None:
    assert accepted("if (a) {\n  if (b) {\n    c();\n  $0\n}\n", "}", "typescript") == "  }"


@pytest.mark.parametrize(
    ("marked", "text"),
    [
        ("x = foo$0", ")"),
        ("x = (a$0", "]"),
        ("foo($0)", "a))"),
        ("x = $0", '"never closed'),
        ("x = $0", "foo(a"),
        ("foo(a$0", ", b"),
        ("$0\nx = 1", "})"),
        ("return file.$0", "'''"),
        ("x = $0", "'''open"),
    ],
)
def test_what_would_unbalance_brackets_or_quotes_is_dropped(marked: str, text: str) -> None:
    with pytest.raises(Dropped, match="do not balance"):
        accepted(marked, text)


@pytest.mark.parametrize(
    ("marked", "text", "language"),
    [
        ("if err != nil$0", " {", "go"),
        ("foo(\n    a,\n    b$0", ")", "python"),
        ("describe('x', () => {\n$0", "})", "typescript"),
        ("fn parse$0", "<'a>(input: &'a str) -> Result<(), Error> {", "rust"),
        ("x = foo($0", "a,", "python"),
        ("# it isn$0", "'t so (really", "python"),
    ],
)
def test_balanced_code_passes(marked: str, text: str, language: str) -> None:
    assert accepted(marked, text, language).endswith(text)


@pytest.mark.parametrize(
    "leak",
    [
        *("<|endoftext|>", "<|im_end|>", "<file_sep>", "<fim_middle>", "<MID>", "</s>"),
        *("<|file_separator|>", "<repo_name>", "<jupyter_code>", "<filename>", "<｜end▁of▁text｜>"),
    ],
)
def test_control_tokens_never_reach_the_editor(leak: str) -> None:
    assert accepted("x = $0", f"value{leak}more") == "x = value"
    with pytest.raises(Dropped):
        accepted("x = $0", leak)


@pytest.mark.parametrize("text", ["a.b.a.b.a.b.a.b.a.b.a.b.", "foo, foo, foo, foo, foo, foo, "])
def test_a_text_that_goes_round_in_circles_is_dropped(text: str) -> None:
    with pytest.raises(Dropped, match="repeats itself"):
        accepted("x = $0", text)


@pytest.mark.parametrize(
    ("marked", "text", "language", "line"),
    [
        (
            '<input type="$0" name="a">',
            'number" name="a">',
            "html",
            '<input type="number" name="a">',
        ),
        ('<input type="$0" name="a">', 'text" id="b">', "html", '<input type="text" name="a">'),
        ('requires = "$0"\nname = "a"\n', '>=3.11"', "toml", 'requires = ">=3.11"'),
        (
            "fn new($0) -> Self {",
            "name: (u8, u8)) -> User {",
            "rust",
            "fn new(name: (u8, u8)) -> Self {",
        ),
        ('f("$0", args[0]);', '{}", "usage", FILE);', "rust", 'f("{}", args[0]);'),
        (
            "sum(each $0for each in all)",
            "* 2 for each in all)",
            "python",
            "sum(each * 2 for each in all)",
        ),
    ],
)
def test_a_string_or_argument_ends_where_it_is_closed_behind_the_cursor(
    marked, text, language, line
) -> None:
    assert accepted(marked, text, language) == line


@pytest.mark.parametrize(
    ("marked", "text", "language"),
    [
        ("a {\n  color: red;$0\n}\n", "}", "css"),
        ("f(() => {\n  g(1);\n  $0\n});\n", "});", "javascript"),
        ("foo(\n    a,\n    $0\n).bar()\n", "b)", "python"),
        ("x <- f(function() {\n  $0\n  })\n", "})", "r"),
        ("if a; then\n  b\n$0\nfi\n", "fi", "shellscript"),
        ('print("$0")\n', '""', "python"),
    ],
)
def test_what_is_closed_already_is_not_closed_again(marked, text, language) -> None:
    with pytest.raises(Dropped, match=r"make no sense|next line closes|there already"):
        accepted(marked, text, language)


def test_brackets_that_nothing_below_closes_are_closed() -> None:
    marked = "f(() => {\n  g(() => {\n    h();\n  $0\n});\n"
    assert accepted(marked, "});", "javascript") == "  });"


@pytest.mark.parametrize(
    ("language", "marked", "text", "line"),
    [
        ("json", '{\n  "a": $0\n}\n', '"b",', '  "a": "b"'),
        ("json", '{\n  "a": "$0"\n}\n', 'b",', '  "a": "b"'),
        ("json", '{\n  "a": $0\n  "c": 1\n}\n', '"b",', '  "a": "b",'),
        ("sql", "CREATE TABLE t (\n  a INT,\n  $0\n);\n", "b INT,", "  b INT"),
        ("python", "x = [\n    1,\n    $0\n]\n", "2,", "    2,"),
    ],
)
def test_no_comma_stands_behind_the_last_where_none_may(language, marked, text, line) -> None:
    assert accepted(marked, text, language) == line


@pytest.mark.parametrize("text", ["转换", "разбирает строку", "it 转\ufffdosal", "caf\ufffd"])
def test_scripts_that_the_file_does_not_use_and_pieces_of_characters_are_dropped(text) -> None:
    with pytest.raises(Dropped, match=r"script|within a character"):
        accepted("# $0\nx = 1\n", text)


@pytest.mark.parametrize(
    "marked", ["# $0\n# größer\n", "x = 'разбор'\n# $0\n", "# 解析\n# 语法 $0\n"]
)
def test_a_script_that_the_file_uses_is_suggested(marked: str) -> None:
    text = {"g": "schön", "р": "разбор", "解": "解析"}[next(c for c in marked if c in "gр解")]
    assert accepted(marked, text).endswith(text)


@pytest.mark.parametrize("text", ["/**", "/* Reads the file."])
def test_a_comment_that_would_swallow_the_code_below_is_dropped(text: str) -> None:
    with pytest.raises(Dropped, match="opens a comment"):
        accepted("int a;\n$0\nint b;", text, "java")
    assert accepted("int a;\n$0", "/* Reads it. */", "java").endswith("*/")


def test_the_line_above_is_not_repeated() -> None:
    with pytest.raises(Dropped, match="line above"):
        accepted("    total += item.price\n    $0", "total += item.price")


def test_white_space_before_the_cursor_is_not_doubled() -> None:
    assert accepted("def f():\n    $0", "    return 1") == "    return 1"
    assert accepted("x = $0", " 1") == "x = 1"
    assert accepted("x =$0", " 1") == "x = 1"


def test_a_block_ends_where_its_indentation_ends() -> None:
    marked = "def f(a):\n    $0\n"
    text = "b = a + 1\n    return b\n\ndef g():\n    pass"
    assert accepted(marked, text, block=True) == "    b = a + 1\n    return b"


def test_a_block_stops_before_lines_that_are_there_already() -> None:
    marked = "def f(a):\n    $0\n    return finish(a)\n"
    text = "a = start(a)\n    return finish(a)\n"
    assert accepted(marked, text, block=True) == "    a = start(a)"


def test_a_block_takes_the_white_space_and_line_ends_of_the_file() -> None:
    marked = "func f() {\r\n\tif a {\r\n\t\t$0\r\n\t}\r\n}\r\n"
    assert accepted(marked, "b()\n        c()", "go", block=True) == "\t\tb()\r\n\t\tc()"


def test_an_unfinished_bracket_ends_a_block_before_its_line() -> None:
    marked = "function f() {\n  $0\n}\n"
    text = "a();\n  if (b) {\n    c("
    assert accepted(marked, text, "typescript", block=True) == "  a();"


@pytest.mark.parametrize("text", ["", "   ", "\n", "\n\n  x"])
def test_nothing_is_not_shown(text: str) -> None:
    with pytest.raises(Dropped, match="nothing to add"):
        accepted("x = 1$0", text)


@pytest.mark.parametrize(
    ("marked", "text", "language"),
    [
        ("import io\nimport os\n\nimport re\n$0\n", "import os", "python"),
        ("def one():\n    pass\n\n\ndef tw$0\n\n\ndef two():\n    pass\n", "o():", "python"),
        (
            "class A {\n    public void b() {\n        c();\n    }\n\n    $0\n}\n",
            "public void b() {",
            "java",
        ),
        (
            "class A {\n    internal long B() =>\n        1;\n\n    $0\n}\n",
            "internal long B() =>",
            "csharp",
        ),
        ("class A {\n    override fun b() = 1\n\n    $0\n}\n", "override fun b() = 1", "kotlin"),
        ('@test "n lts" {\n  n lts\n}\n\n@test "$0\n', 'n lts" {', "shellscript"),
    ],
)
def test_nothing_is_defined_or_imported_twice_in_one_block(marked, text, language) -> None:
    with pytest.raises(Dropped, match=r"already|repeats"):
        accepted(marked, text, language)


def test_another_block_may_define_the_same() -> None:
    marked = "class A:\n    def b(self):\n        pass\n\n\nclass C:\n    $0\n"
    assert accepted(marked, "def b(self):") == "    def b(self):"


def test_the_first_line_of_a_file_is_not_indented() -> None:
    assert accepted("$0", "    import os") == "import os"


@pytest.mark.parametrize(
    ("language", "marked", "text"),
    [
        ("javascript", "var a = entry.settings$0.fontStyle.split(b);\n", ".fontStyle;"),
        ("css", "a {\n  margin-bottom:$0 1em;\n}\n", " 0.5em;"),
        ("python", "total$0 += item\n", " = compute(item)"),
        ("cpp", "void f() { out << a$0 << b << end; }\n", ' << "x";'),
        ("typescriptreact", 'x = <img class=$0"vite" alt="" />\n', '"framework" alt="Logo" />'),
        ("ruby", 'env.delete$0 "HTTP"\n', "(ENV['RACK'])"),
        ("php", '<?php\n$f = "  <$0/entry>";\n', '/point>";'),
    ],
)
def test_code_that_follows_on_the_line_can_still_be_read(language, marked, text) -> None:
    with pytest.raises(Dropped, match="make no sense"):
        accepted(marked, text, language)


@pytest.mark.parametrize(
    ("language", "marked", "text", "line"),
    [
        ("javascript", "if (a$0 && b) {\n}\n", " > 0", "if (a > 0 && b) {"),
        ("python", "total = price$0 + tax\n", " * count", "total = price * count + tax"),
        ("python", "x = (\ny = foo(a$0, b)\n", ", first", "y = foo(a, first, b)"),
        ("sql", "SELECT a$0 FROM b", ", c", "SELECT a, c FROM b"),
    ],
)
def test_what_belongs_before_the_code_that_follows_is_kept(language, marked, text, line) -> None:
    assert accepted(marked, text, language) == line


def test_no_comment_swallows_what_follows_on_the_line() -> None:
    with pytest.raises(Dropped, match="opens a comment"):
        accepted('x = {\n    "de": ","$0,\n}\n', ' # "de"')


def test_a_beginning_that_stands_behind_the_cursor_already_is_none() -> None:
    place = spot("COPY lib$0/python3.11/site", "dockerfile")
    assert not filters.is_partial("/python3.", place)
    assert filters.is_partial("/perl5/", place)
