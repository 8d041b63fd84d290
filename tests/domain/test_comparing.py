"""What two models are compared with, from code and its history, and how answers are scored."""

import math

import numpy as np
import pytest

from trivium_server.domain import comparing
from trivium_server.domain.text import Document

CODE = '''def read_lines(path):
    """Read the lines of a file. Nothing else."""
    with open(path) as file:
        return file.readlines()


def short():
    return 1
'''
PATCH = """
diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,0 +2,2 @@
+    with open(path) as file:
+        return file.readlines()
diff --git a/old.py b/old.py
--- a/old.py
+++ /dev/null
@@ -1 +0,0 @@
-gone = True
"""


def test_a_patch_tells_which_lines_it_added():
    lines = {"    with open(path) as file:", "        return file.readlines()"}
    assert comparing.added_lines(PATCH) == {"a.py": lines}
    assert comparing.added_lines("") == {}


def test_a_line_is_shown_up_to_its_second_word_and_the_rest_is_hidden():
    places = comparing.masked(CODE, {"        return file.readlines()", "    return 1"})
    assert [(p.prompt[-8:], p.expected) for p in places] == [(" return ", "file.readlines()")]
    assert places[0].suffix.startswith("\n\n\ndef short")
    assert places[0].prompt + places[0].expected + places[0].suffix == CODE


def test_without_a_history_every_line_that_tells_something_is_asked_for():
    expected = [place.expected for place in comparing.masked(CODE)]
    assert expected == ["read_lines(path):", "open(path) as file:", "file.readlines()"]
    assert comparing.masked("same_line = one\n" * 2) == []


def test_documentation_is_taken_off_its_code_and_gives_its_first_sentence():
    [found] = comparing.described(Document("a.py", CODE, None, "python"), "a.py")
    assert found.sentence == "Read the lines of a file."
    assert "Read the lines" not in found.code and "open(path)" in found.code


def test_comments_document_where_the_language_has_no_docstrings():
    text = "// Adds two numbers to one.\n// Not more.\nfunction add(a, b) {\n  return a + b;\n}\n"
    [found] = comparing.described(Document("a.js", text, None, "javascript"), "a.js")
    assert found.sentence == "Adds two numbers to one."


@pytest.mark.parametrize(
    ("count", "found"), [(2, [0, 5]), (10, list(range(10))), (99, [*range(10)])]
)
def test_a_few_are_taken_evenly_from_all(count, found):
    assert comparing.spread(range(10), count) == found


def test_the_rank_of_the_first_right_passage_counts():
    passages = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    question = np.array([1, 0], np.float32)
    assert comparing.reciprocal_rank(question, passages, [1, 2]) == 0.5
    assert comparing.reciprocal_rank(question, passages, [0]) == 1
    assert comparing.reciprocal_rank(question, np.repeat(passages[:1], 12, 0), [11]) == 0


def test_bits_are_for_each_character():
    assert comparing.bits([math.log(1 / 4), math.log(1 / 4)], "abcd") == pytest.approx(1)


def test_chrf_is_that_of_sacrebleu():
    import sacrebleu

    for answer, expected in [
        ("Read a file.", "Read the lines of a file."),
        ("Reads lines", "Read the lines of a file."),
        ("x", "Read the lines."),
    ]:
        reference = sacrebleu.sentence_chrf(answer, [expected]).score / 100
        assert comparing.chrf(answer, expected) == pytest.approx(reference, abs=0.01)
    assert comparing.chrf("", "Read.") == 0
