"""The search box's little language: nothing is wrong, what is meant is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain import query
from trivium_server.domain.chunking import Chunk


def chunk_at(path, text="", kind="function"):
    return Chunk(0, 0, 0, 0, kind, "", (), (), text, path)


@pytest.mark.parametrize(
    ("text", "plain", "filters"),
    [
        ("how are routes matched", "how are routes matched", []),
        ("path:src/ lang:py how", "how", [("path", "src/", True), ("lang", "py", True)]),
        ("-path:tests -kind:class x", "x", [("path", "tests", False), ("kind", "class", False)]),
        ('"open file" read', "open file read", [("phrase", "open file", True)]),
        ('-"open file" read', "read", [("phrase", "open file", False)]),
        ('path:"my folder/" x', "x", [("path", "my folder/", True)]),
        ("retry -mock", "retry", [("word", "mock", False)]),
        ("http://host:80/x a-b -1 - foo:bar", "http://host:80/x a-b -1 - foo:bar", []),
        ('unclosed "quote', 'unclosed "quote', []),
        ("", "", []),
    ],
)
def test_parsing(text, plain, filters):
    parsed = query.parse(text)
    assert (parsed.text, list(parsed.filters)) == (plain, filters)


@pytest.mark.parametrize(
    ("text", "path", "accepted"),
    [
        ("path:src", "src/a.py", True),
        ("path:SRC/", "lib/src/a.py", True),
        ("path:/src/", "lib/src/a.py", False),
        ("path:*.py", "lib/a.py", True),
        ("path:lib/*.js", "lib/a.py", False),
        ("-path:test", "tests/a.py", False),
        ("path:a path:b", "b.py", True),
        ("lang:python", "a.pyi", True),
        ("lang:py", "a.py", True),
        ("lang:ts", "a.tsx", False),
        ("lang:bash", "a.sh", True),
        ("lang:nix", "a.nix", True),
        ("-lang:go", "a.go", False),
    ],
)
def test_places(text, path, accepted):
    assert query.parse(text).accepts(chunk_at(path)) is accepted


@pytest.mark.parametrize(
    ("text", "code", "accepted"),
    [
        ('"return x"', "if y:\n    return  x", True),
        ('"Return x"', "return x", False),
        ("-mock", "a mock b", False),
        ("-mock", "mocked", True),
        ("-mock", "use_mock(1)", False),
        ("kind:fn", "", True),
        ("kind:class", "", False),
        ("-kind:function", "", False),
    ],
)
def test_contents(text, code, accepted):
    assert query.parse(text).accepts(chunk_at("a.py", code)) is accepted


def test_a_query_of_100_000_characters_is_cut():
    assert len(query.parse("word " * 20_000).text) <= 2000


@given(st.text(max_size=200))
def test_no_query_is_wrong(text):
    query.parse(text).accepts(chunk_at("a.py", text))
