"""Continuations copied from similar places."""

import pytest

from trivium_server.domain.completion.candidates import Source, copies

ELSEWHERE = """
def read_rows(path):
    with open(path, encoding="utf-8") as stream:
        for row in csv.reader(stream):
            yield row
"""


def test_a_similar_place_continues_the_line_and_is_named() -> None:
    before = "def read_rows(path):\n    with open(path, enc"
    (copy, *_) = copies(before, "", [Source(ELSEWHERE, "utils/io.py", 40)])
    assert copy.text == 'oding="utf-8") as stream:'
    assert copy.source == "utils/io.py:43"
    assert copy.matched > 8


def test_a_new_line_is_continued_from_the_lines_above_it() -> None:
    before = "def other():\n    for row in csv.reader(stream):\n        "
    (copy, *_) = copies(before, "", [Source(ELSEWHERE, "utils/io.py")])
    assert copy.text == "yield row"


def test_the_file_itself_is_named_by_its_line() -> None:
    before = "b = 1\na = first(x)\nb = 1\na = fir"
    (copy, *_) = copies(before, "", [Source(before[:-1])])
    assert (copy.text, copy.source) == ("st(x)", "line 2")


def test_a_large_text_is_counted_through_once() -> None:
    class Counted(str):
        read = 0

        def count(self, part, first=0, last=None):
            last = len(self) if last is None else last
            Counted.read += last - first
            return super().count(part, first, last)

    line = "total = add(a, b)\n"
    text = Counted(line * 20_000 + "total = add(a, c)\n")
    found = copies(line + "total = add(a, ", "", [Source(text)])
    assert found
    for copy in found:
        number = int(copy.source.removeprefix("line "))
        assert text.splitlines()[number - 1] == f"total = add(a, {copy.text}"
    assert Counted.read <= len(text)


def test_the_longer_agreement_comes_first() -> None:
    text = "x = load(a)\ny = save(b)\nz = load(c)\nw = drop(d)\n"
    (copy, *_) = copies("q = load(c)\nw = ", "", [Source(text)])
    assert copy.text == "drop(d)"


def test_what_follows_below_counts_as_well() -> None:
    text = "open(a, b)\nread(a)\nstop()\nopen(a, c)\nread(d)\nstop()\n"
    (copy, *_) = copies("open(a, ", "\nread(a)\nstop()\n", [Source(text)])
    assert (copy.text, copy.followed) == ("b)", 9)


def test_places_that_disagree_share_the_votes() -> None:
    text = "f(a, 1)\nf(a, 2)\nf(a, 2)\nf(a, 2)\n"
    found = copies("f(a, ", "", [Source(text)])
    assert found[0].text == "2)"
    assert found[0].share == 0.75


def test_nothing_similar_gives_nothing() -> None:
    assert copies("x = ", "", [Source("completely other words")]) == []
    assert copies("", "", [Source(ELSEWHERE)]) == []
    assert copies("\n", "", [Source("")]) == []


def test_long_runs_of_white_space_cost_little() -> None:
    """A quadratic pattern would take minutes here."""
    for blank in (" " * 90_000, "\n" * 90_000, "\t \n" * 30_000):
        for before in ("y\nx = (", "x = (\n\n\n", "a b c\n", "\n\n\n\na b c"):
            assert copies(before, blank, [Source(blank), Source(before + blank)]) is not None


def test_blank_lines_in_between_do_not_count() -> None:
    (copy, *_) = copies("a = 1\n\n\nb = ", "", [Source("a = 1\nb = 2\n")])
    assert copy.text == "2"
    (copy, *_) = copies("a = 1\nb = 2\n", "", [Source("a = 1\n\nb = 2  \n\n\n    c = 3\n")])
    assert copy.text == "c = 3"


def test_words_agree_as_wholes() -> None:
    text = "x = 1\nimportlib.reload(x)\n"
    assert copies("x = 1\nimport ", "", [Source(text)]) == []


@pytest.mark.parametrize(
    ("typed", "rest"), [("f(a, b,", " c)"), ("f(a, b, ", "c)"), ("f(a, ", "b, c)")]
)
def test_the_space_at_the_cursor_is_neither_lost_nor_doubled(typed: str, rest: str) -> None:
    (copy, *_) = copies("x = 1\n" + typed, "", [Source("x = 1\nf(a, b, c)\n")])
    assert copy.text == rest


def test_lines_are_counted_from_the_start_of_a_long_text() -> None:
    text = "y = 0\n" * 30_000 + "a = open(name)\nb = read(a)\n"
    (copy, *_) = copies("a = open(name)\nb = ", "", [Source(text, "long.py")])
    assert copy.source == "long.py:30002"
