"""What documents of other projects hold besides text stays what it was, whatever is said around it.

`longer` puts a word before every word: a line that comes out as it went in was left alone.
"""

import pytest

from support.rewriting import longer, rewritten

MARKDOWN = {
    "an admonition": "Before it.\n\n!!! note \"Keep in mind\"\n    The server is slow.\n",
    "a block of three slashes": "/// danger | Attention\n\nThe server is slow.\n\n////\n",
    "an inserted object": "::: to_wstring(const T&)\n::: print(FILE*, Args&&...)\n",
    "a tab": "=== \"Python\"\n\n    Text\n",
    "a template": "{% include \"head.html\" %}\nThe server is slow.\n{{< youtube it >}}\n",
    "a formula": "The sum is\n$$\nthe sum of all\n$$\n",
    "badges": "[![CI](https://a.b/c.svg)](https://a.b)\n[![Docs](https://a.b/d.svg)][docs]\n",
}  # fmt: skip
KEPT = {
    "an admonition": ['!!! note "Keep in mind"'],
    "a block of three slashes": ["/// danger | Attention", "////"],
    "an inserted object": ["::: to_wstring(const T&)", "::: print(FILE*, Args&&...)"],
    "a tab": ['=== "Python"'],
    "a template": ['{% include "head.html" %}', "{{< youtube it >}}"],
    "a formula": ["$$", "the sum of all", "$$"],
    "badges": [
        "[![CI](https://a.b/c.svg)](https://a.b)",
        "[![Docs](https://a.b/d.svg)][docs]",
    ],
}


@pytest.mark.parametrize("what", MARKDOWN)
def test_marks_of_markdowns_dialects_stay_on_lines_of_their_own(what):
    text, _ = rewritten(MARKDOWN[what] + "\nThe end.\n", "markdown", model=longer)
    assert "und The und end." in text
    kept = [line for line in text.splitlines() if line in KEPT[what]]
    assert kept == KEPT[what]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("> **Oh**\n> Never share it.\n", "> und **Oh**\n> und Never und share und it.\n"),
        ("Server\n: It serves.\n", "und Server\n: und It und serves.\n"),
        ("!!! tip\n    It serves.\n", "!!! tip\n    und It und serves.\n"),
    ],
)  # fmt: skip
def test_what_stands_below_a_line_of_its_own_stays_below_it(text, expected):
    assert rewritten(text, "markdown", model=longer)[0] == expected


@pytest.mark.parametrize(
    ("text", "language", "kept"),
    [
        ("See [the guide] or [this guide].\n\n[The  guide]: https://a.b\n", "markdown",
         "[the guide]"),
        ("See [the guide][] now.\n\n[the guide]: https://a.b\n", "markdown", "[the guide][]"),
        ("/// See [the guide]: it\n/// helps.\n///\n/// [the guide]: https://a.b\nfn f() {}\n",
         "rust", "[the guide]:"),
        ("/**\n * Renders the [template] and\n * a [model].\n */\nfun f() {}\n", "kotlin",
         "[template]"),
    ],
)  # fmt: skip
def test_what_a_link_by_reference_is_found_by_stays(text, language, kept):
    changed, _ = rewritten(text, language, model=longer)
    assert kept in changed
    assert changed != text
    assert changed.endswith(text[text.rfind("[") :])


COMMENTS = [
    ("ruby", "# Runs it:\n#\n#   use Rack::Lint\n#   run App # the app\n#\n# Or not.\n",
     ["#   use Rack::Lint", "#   run App # the app"]),
    ("ruby", "# Example:\n#\n#   app = build do\n#     run lambda here\n#   end\n#\n# Good.\n",
     ["#   app = build do", "#     run lambda here", "#   end"]),
    ("cpp", "/**\n * **Example**:\n *\n *     // Converts it fast and\n *     // well.\n */\n",
     [" *     // Converts it fast and", " *     // well."]),
    ("python", "# See all of these:\n# Ref: https://a.b/c\n# Ref: https://a.b/d\n",
     ["# Ref: https://a.b/c", "# Ref: https://a.b/d"]),
    ("python", "# info = cast(Param, field_info)\n", ["# info = cast(Param, field_info)"]),
    ("python", "x = f()  # ty: ignore[some-rule]\n", ["x = f()  # ty: ignore[some-rule]"]),
    ("cpp", "}  // namespace\n}  // namespace it\n", ["}  // namespace", "}  // namespace it"]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "kept"), COMMENTS)
def test_samples_references_and_directives_in_comments_stay(language, text, kept):
    if all(line in kept for line in text.splitlines()):
        text += "\n" + {"python": "# A sentence.\n"}.get(language, "// A sentence.\n")
    changed, _ = rewritten(text, language, model=longer)
    assert [line for line in changed.splitlines() if line in kept] == kept
    assert "und" in changed


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", '"""It.\n\nArgs:\n    path: Where it is.\n\n        It must be there.\n"""\n'),
        ("python", '"""Reads it.\n\nNote:\n\n    The file is closed.\n"""\n'),
        ("python", "# The list:\n#\n#   - one item\n#   - another\n"),
        ("python", "# What it does.\n#\n#   It reads the file.\n"),
    ],
)  # fmt: skip
def test_an_indented_paragraph_of_text_is_no_sample(language, text):
    changed, _ = rewritten(text, language, model=longer)
    words = [line for line in text.splitlines() if line.strip(' #"') and not line.endswith(":")]
    assert not set(words) & set(changed.splitlines())


ELIXIR = '''\
defmodule Plug.Static do
  @moduledoc """
  Serves static assets.

  ## Options

    * `:at` - the path that is served

  ## Examples

      plug Plug.Static, at: "/" # the root
      plug :not_found

  It is a plug.
  """

  # Reads it.
  @doc ~S"""
  Starts it.
  """
  def start(it), do: it
end
'''


def test_the_documentation_of_elixir_is_text_with_its_samples_left_alone():
    changed, outcome = rewritten(ELIXIR, "elixir", model=longer)
    assert not outcome.kept
    same = [line for line in changed.splitlines() if line in ELIXIR.splitlines() and line.strip()]
    assert same == [
        "defmodule Plug.Static do",
        '  @moduledoc """',
        '      plug Plug.Static, at: "/" # the root',
        "      plug :not_found",
        '  """',
        '  @doc ~S"""',
        '  """',
        "  def start(it), do: it",
        "end",
    ]
    assert "    * und `:at` und - und the und path und that und is und served" in changed
    assert "  # und Reads und it." in changed


def test_a_text_of_several_line_ends_keeps_each():
    long = "Reads the file again when it has changed since the last time that somebody looked here"
    changed, _ = rewritten(f"# {long}\nx = 1\r\n# {long}\r\ny = 2\r\n", model=longer)
    first, second = changed.split("x = 1\r\n")
    assert "\r" not in first
    assert first.count("\n") > 1
    assert second.count("\n") == second.count("\r\n") > 2
