"""One line or a block; comments and strings; the indentation that comes next."""

import pytest

from trivium_server.domain.completion import boundaries
from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.text import Document


def spot(marked: str, language: str = "python") -> Spot:
    offset = marked.index("$0")
    return Spot(Document("file:///x", marked.replace("$0", ""), 1, language), offset)


@pytest.mark.parametrize(
    ("marked", "language"),
    [
        ("def f(a):\n    $0", "python"),
        ("def f(a):\n    $0\n\n\ndef g(): pass\n", "python"),
        ("function f() {\n  $0\n}\n", "typescript"),
        ("if err != nil {\n\t$0\n}\n", "go"),
        ("for x in y do\n  $0\nend\n", "nobody-knows"),
    ],
)
def test_an_empty_block_is_filled(marked: str, language: str) -> None:
    assert boundaries.wants_block(spot(marked, language))


@pytest.mark.parametrize(
    ("marked", "language"),
    [
        ("def f(a):\n    x = $0", "python"),
        ("def f(a):\n    $0\n    return x\n", "python"),
        ("def f(a):\n    b = 1\n    $0", "python"),
        ("function f() {\n  $0\n  return 1;\n}\n", "typescript"),
        ("def f(a):$0", "python"),
        ("x = {\n    'a': 1,\n    $0\n}\n", "python"),
        ("/* like this {\n   $0\n*/\n", "typescript"),
        ("$0", "python"),
        ("label:\n    $0\n", "c"),
        ("def f(\n    $0\n)", "python"),
    ],
)
def test_elsewhere_a_line_is_enough(marked: str, language: str) -> None:
    assert not boundaries.wants_block(spot(marked, language))


@pytest.mark.parametrize(
    ("marked", "language", "prose"),
    [
        ("# a comment $0", "python", True),
        ('x = "some $0thing"', "python", True),
        ('"""Doc $0\n"""\n', "python", True),
        ("x = f($0)", "python", False),
        ('x = "done"$0', "python", False),
        ("// note $0\n", "go", True),
        ("/* note $0 */\n", "java", True),
        ("anything $0", "nobody-knows", False),
        ("x = 'é😀 $0'", "python", True),
    ],
)
def test_comments_and_strings_are_prose(marked: str, language: str, prose: bool) -> None:
    assert spot(marked, language).in_prose is prose


@pytest.mark.parametrize(
    ("marked", "indent"),
    [
        ("def f():$0", "    "),
        ("class A:\n  def f(self):$0", "    "),
        ("    x = 1$0", "    "),
        ("\tif a {$0", "\t\t"),
        ("x = 1$0", ""),
        ("f($0", "    "),
    ],
)
def test_the_next_line_is_indented_as_editors_do(marked: str, indent: str) -> None:
    assert boundaries.next_indent(spot(marked)) == indent


def test_a_cursor_in_a_huge_file_is_looked_at_locally() -> None:
    place = spot("x = 1\n" * 200_000 + "def f():\n    $0")
    assert boundaries.wants_block(place)
    assert len(place.near_above) < 10_000
