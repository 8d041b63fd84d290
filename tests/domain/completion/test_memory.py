"""When an answer is known without asking a model."""

import pytest

from trivium_server.domain.completion.memory import CompletionAnswer, Memory, Suggestion
from trivium_server.domain.text import Document

ABOVE = "import os\n\n"
BELOW = "\nprint(x)\n"


def remembered(text: str, typed: str = "x = ", rest: str = "", replaced: int = 0) -> Memory:
    memory = Memory()
    offset = len(ABOVE + typed)
    suggestion = Suggestion(text, offset, offset + replaced, "s1", "io.py:3")
    memory.remember(document(typed, rest), offset, CompletionAnswer((suggestion,)))
    return memory


def document(typed: str, rest: str = "", above: str = ABOVE) -> Document:
    return Document("file:///x.py", above + typed + rest + BELOW, 1, "python")


def recalled(memory: Memory, typed: str, rest: str = "") -> Suggestion | None:
    answer = memory.recall(document(typed, rest), len(ABOVE + typed))
    return answer.suggestions[0] if answer and answer.suggestions else None


def test_the_same_state_gives_the_same_answer() -> None:
    found = recalled(remembered("os.getcwd()"), "x = ")
    assert found and found.text == "os.getcwd()"


@pytest.mark.parametrize("count", [1, 3, 9])
def test_typing_along_shortens_the_suggestion(count: int) -> None:
    text = "os.getcwd()"
    found = recalled(remembered(text), "x = " + text[:count])
    assert found and found.text == text[count:]
    assert found.start == found.end == len(ABOVE) + 4 + count
    assert (found.id, found.source) == ("s1", "io.py:3")


def test_brackets_that_the_editor_closes_belong_to_the_suggestion() -> None:
    found = recalled(remembered("os.getenv('A')"), "x = os.getenv('", "')")
    assert found and found.text == "A"


@pytest.mark.parametrize(
    ("typed", "rest", "left", "replaced"),
    [("x = f('", "')", "A", 0), ("x = f(", ")", "'A');", 1), ("x = f('", "')", "A');", 2)],
)
def test_what_the_editor_closes_is_closed_once_at_the_end_of_a_file(
    typed: str, rest: str, left: str, replaced: int
) -> None:
    memory = Memory()
    new = Document("file:///x.py", "x = ", 1, "python")
    text = "f('A');" if replaced else "f('A')"
    memory.remember(new, 4, CompletionAnswer((Suggestion(text, 4, 4, "s1"),)))
    answer = memory.recall(Document(new.uri, typed + rest, 2, "python"), len(typed))
    assert answer and [(each.text, each.end - each.start) for each in answer.suggestions] == [
        (left, replaced)
    ]


def test_what_is_written_below_the_end_of_a_file_is_another_place() -> None:
    memory = Memory()
    new = Document("file:///x.py", "x = ", 1, "python")
    memory.remember(new, 4, CompletionAnswer((Suggestion("1", 4, 4, "s1"),)))
    assert memory.recall(Document(new.uri, "x = \ny = 1\n", 2, "python"), 4) is None


def test_brackets_closed_before_the_end_of_a_suggestion_are_replaced() -> None:
    found = recalled(remembered("os.getenv('A');"), "x = os.getenv('", "')")
    assert found and (found.text, found.end - found.start) == ("A');", 2)


def test_typing_something_else_asks_anew() -> None:
    assert recalled(remembered("os.getcwd()"), "x = sys") is None


def test_a_suggestion_typed_to_its_end_is_used_up() -> None:
    assert recalled(remembered("os"), "x = os") is None


def test_going_back_to_a_known_state() -> None:
    memory = remembered("os.getcwd()")
    assert recalled(memory, "x = os.get")
    found = recalled(memory, "x = os")
    assert found and found.text == ".getcwd()"


def test_going_back_beyond_what_is_known_asks_anew() -> None:
    assert recalled(remembered("os.getcwd()"), "x =") is None


def test_a_known_silence_is_remembered_with_its_reason() -> None:
    memory = Memory()
    offset = len(ABOVE + "x = ")
    memory.remember(document("x = "), offset, CompletionAnswer((), "not sure enough"))
    assert memory.recall(document("x = "), offset) == CompletionAnswer((), "not sure enough")
    assert memory.recall(document("x = o"), offset + 1) is None


def test_other_text_around_the_cursor_is_another_place() -> None:
    memory = remembered("os.getcwd()")
    offset = len(ABOVE + "x = ")
    assert memory.recall(document("x = ", above="import io\n\n"), offset) is None
    other = Document("file:///x.py", ABOVE + "x = \nprint(y)\n", 2, "python")
    assert memory.recall(other, offset) is None
    elsewhere = Document("file:///y.py", document("x = ").text, 1, "python")
    assert memory.recall(elsewhere, offset) is None


def test_a_replacement_keeps_its_length_while_typing_along() -> None:
    found = recalled(remembered("a, b):", "foo(", ")", replaced=1), "foo(a", ")")
    assert found and (found.text, found.end - found.start) == (", b):", 1)


def test_memory_is_bounded() -> None:
    memory = Memory()
    for number in range(500):
        memory.remember(document(f"x{number} = "), 11 + len(f"x{number} = "), CompletionAnswer(()))
    assert memory.recall(document("x0 = "), 16) is None
    assert memory.recall(document("x499 = "), 18) is not None
