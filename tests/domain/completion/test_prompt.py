"""The text that the model continues."""

import string

from hypothesis import given
from hypothesis import strategies as st

from trivium_server.domain.completion import prompt
from trivium_server.domain.text import Document

LINES = "".join(
    f"value_{number} = compute(value_{number - 1}, {number})\n" for number in range(900)
)


def python(text: str, path: str = "/w/app.py") -> Document:
    return Document("file://" + path, text, 1, "python", path)


def test_a_short_file_is_there_up_to_the_cursor_and_named() -> None:
    assert prompt.build(python("a = 1\nb = 2\n"), 8).text == "# app.py\na = 1\nb "


def test_the_name_is_a_comment_of_its_language() -> None:
    page = Document("file:///w/a.html", "<p>", 1, "html", "/w/a.html")
    assert prompt.build(page, 3).text == "<!-- a.html -->\n<p>"


def test_what_follows_is_for_models_that_fill_in() -> None:
    assert prompt.build(python("a = 1\nb = 2\n"), 8).suffix == "= 2\n"


def test_a_long_file_is_cut_at_a_line() -> None:
    found = prompt.build(python(LINES), len(LINES)).text
    assert prompt.estimate(found) <= prompt.Budget().before + 20
    assert found.split("\n")[1].startswith("value_")


def test_while_typing_each_prompt_begins_with_the_last_one() -> None:
    """Over 25 lines at most two prompts differ in their beginning: the cut moves in steps."""
    typed = "value = compute(other_value)\n" * 25
    before, breaks = "", 0
    for end in range(len(LINES), len(LINES) + len(typed)):
        found = prompt.build(python(LINES + typed), end).text
        breaks += not found.startswith(before)
        before = found
    assert breaks <= 2


def test_a_megabyte_on_one_line_costs_no_more_than_a_page() -> None:
    text = "x" * 1_000_000
    found = prompt.build(python(text), 500_000)
    assert len(found.text) < 4000 and len(found.suffix) < 4000


def test_lone_surrogates_become_something_that_tokenizers_take() -> None:
    found = prompt.build(python("x = '\ud83d"), 6).text
    assert found.endswith("x = '?")


@given(st.text(string.ascii_letters + "\n é😀\ud800", max_size=300), st.integers(0, 300))
def test_any_text_at_any_cursor_gives_a_prompt(text: str, offset: int) -> None:
    offset = min(offset, len(text))
    prompt.build(python(text), offset).text.encode("utf-8")


def test_a_language_that_nobody_knows_has_a_prompt_too() -> None:
    document = Document("untitled:1", "some text", 1, "klingon")
    assert prompt.build(document, 9).text == "some text"
