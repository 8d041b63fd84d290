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
    ("elixir", "@type t :: atom\n@callback init(t) :: t\n@spec f(t) :: t\n", ["t", "init"]),
    ("elixir", '@doc """\n    defmodule Example do\n"""\ndef f, do: 1\n', ["f"]),
    ("zig", 'const std = @import("std");\npub const max: u8 = 1;\n', ["max"]),
    ("lua", "function M.go()\nend\nfunction M:stop()\nend\n", ["go", "stop"]),
    ("lua", "local V = 1\nlocal m = require('m')\n--[[\nfunction no()\n]]\n", ["V"]),
    (
        "sql",
        "create unique index concurrently i on t (a);\nCREATE TABLE [dbo].[T] (a int);",
        ["i", "T"],
    ),
    ("sql", "INSERT INTO t VALUES ('\nCREATE TABLE no (a int)');\n/*\ncreate view no\n*/\n", []),
    ("perl", "use constant MAX => 1;\nour $V = 1;\n=pod\n\nsub no\n\n=cut\n", ["MAX", "V"]),
    ("r", "print.it <- function(x) x\nMAX <- 3\nsetClass('P')\n", ["print.it", "MAX", "P"]),
    (
        "dart",
        "class A {\n  final String name;\n  A(this.name);\n  Future<void> load(int a) async {\n"
        "    if (a > 1) {\n    }\n  }\n  String get title => name;\n}\n",
        ["A", "name", "load", "title"],
    ),
    (
        "haskell",
        "insert :: a -> a\ninsert x = x\ntype family F a\ndata R = R\n  { f :: Int }\n",
        ["insert", "F", "R", "f"],
    ),
    ("makefile", "CC := gcc\nall: build\n\tcc\n%.o: %.c\n", ["CC", "all"]),
    ("cmake", "function(my_f a)\nendfunction()\nadd_library(lib x.c)\n", ["my_f", "lib"]),
    ("vim", "function! s:Go(x)\nendfunction\ncommand! -nargs=1 Hi echo\n", ["Go", "Hi"]),
    ("", "@implementation A\n- (void)go:(int)x {\n}\n@end\n", ["A", "go"]),
    (
        "sql",
        'create table if not exists {{ index .Options "Namespace" }}.users (id int);\n'
        "create table {{ source }}.t (id int);\n",
        ["users", "t"],
    ),
    (
        "erlang",
        "-module(m).\n-record(state, {a}).\n-define(MAX, 3).\n-type t() :: atom().\n"
        "go(X) ->\n\tlists:map(fun F(Y) -> Y end, X).\n'odd name'(_) -> ok.\n",
        ["m", "state", "MAX", "t", "go", "odd name"],
    ),
    (
        "graphql",
        "extend type User implements Node {\n  name(first: Int): String!\n}\n"
        "enum Role {\n  ADMIN\n}\n"
        "scalar Date\ndirective @auth on OBJECT\nfragment F on User {\n  name\n}\n"
        "query Me {\n  me\n}\n",
        ["User", "name", "Role", "ADMIN", "Date", "@auth", "F", "Me"],
    ),
    (
        "proto",
        "message Ping {\n  repeated int64 ids = 1;\n  Kind kind = 2; // message no\n}\n"
        "enum Kind {\n  NONE = 0;\n}\nservice S {\n  rpc Go(Ping) returns (Ping);\n}\n",
        ["Ping", "ids", "kind", "Kind", "NONE", "S", "Go"],
    ),
    (
        "terraform",
        'resource "aws_vpc" "this" {\n  tags = var.tags\n}\ndata "aws_ami" "a" {\n}\n'
        'variable "tags" {\n  type = map(string)\n}\noutput "id" {\n}\nmodule "m" {\n}\n',
        ["aws_vpc.this", "aws_ami.a", "tags", "id", "m"],
    ),
    ("hcl", 'data "aws_ami" "a" {\n}\n', ["aws_ami.a"]),  # As other editors call it.
    (
        "scss",
        "$wide: 9px;\n/* .no {\n*/\n@mixin box($a) {\n}\n.a,\n#b > .c:hover {\n  --gap: 1px;\n"
        "  color: red;\n}\n@media (a) {\n  .d { x: y }\n}\n",
        ["$wide", "box", "#b > .c:hover", "--gap", ".d"],
    ),
    ("", "let rec fact n = 1\n", ["fact"]),
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


@pytest.mark.parametrize(
    ("language", "text", "whole"),
    [
        (
            "erlang",
            "-spec f(a) -> b;\n\t(b) -> c.\nf(a) ->\n\tb;\n%% Else.\nf(b) ->\n\tc.\n",
            "-spec f(a) -> b;\n\t(b) -> c.\nf(a) ->\n\tb;\n%% Else.\nf(b) ->\n\tc.",
        ),
        ("erlang", "f(a) -> b.\n\n%% Two.\nf(a, b) -> c.\n", "f(a) -> b."),
        (
            "elixir",
            '@doc """\nAdds.\n\n  iex> f\n"""\n@spec f :: a\ndef f, do: 1\n',
            '@doc """\nAdds.\n\n  iex> f\n"""\n@spec f :: a\ndef f, do: 1',
        ),
        ("graphql", '"""\nA.\n"""\ntype f {\n  a: B\n}\n', '"""\nA.\n"""\ntype f {\n  a: B\n}'),
        ("graphql", 'a\n"""A."""\nscalar f\n', '"""A."""\nscalar f'),
        ("dart", "/**\n * A.\n */\nvoid f() {\n}\n", "/**\n * A.\n */\nvoid f() {\n}"),
        ("css", "#a { x: y } /* z */\n.f {\n}\n", ".f {\n}"),
        ("css", "#a { x: y }\n.f {\n}\n", ".f {\n}"),
    ],
)
def test_what_documents_a_definition_belongs_to_it(language: str, text: str, whole: str) -> None:
    found = [each for each in definitions.of_text(text, language) if each.name in ("f", ".f")]
    assert text[found[0].full_start : found[0].end] == whole
