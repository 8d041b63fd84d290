"""Definitions of languages without a grammar are found by the lines that open them."""

import pytest

from trivium_server.domain import definitions

CASES = [
    ("elixir", "defmodule A.B do\n  def run(x) do\n    x\n  end\nend\n", ["A.B", "run"]),
    ("zig", "pub const List = struct {\n    pub fn len() u8 {}\n};\n", ["List", "len"]),
    (
        "lua",
        "local function go(a)\n  return a\nend\nlocal stop = function()\nend\n",
        ["go", "stop"],
    ),
    ("sql", "CREATE TABLE IF NOT EXISTS users (\n  id int\n);\n", ["users"]),
    ("perl", "package Foo;\nsub run {\n}\n", ["Foo", "run"]),
    ("r", "area <- function(x) {\n  x * x\n}\n", ["area"]),
    ("dart", "class A extends B {\n}\n", ["A"]),
    ("haskell", "data Tree a = Leaf\n", ["Tree"]),
    ("", "message Ping {\n  int64 id = 1;\n}\n", ["Ping"]),
    ("plaintext", "class of things\n", []),
    ("yaml", "type: service\n", []),
]


@pytest.mark.parametrize(("language", "text", "names"), CASES)
def test_names(language: str, text: str, names: list[str]) -> None:
    assert [each.name for each in definitions.of_text(text, language)] == names


def test_indentation_says_where_it_ends() -> None:
    text = "defmodule A do\n  def f do\n    1\n  end\n\n  # Adds.\n  def g, do: 2\nend\nrest\n"
    outer, first, second = definitions.of_text(text, "elixir")
    assert text[first.start : first.end] == "def f do\n    1\n  end"
    assert text[second.full_start : second.end] == "  # Adds.\n  def g, do: 2"
    assert text[outer.end :] == "\nrest\n"
    assert first.container == ("A",)
