import string

import pytest

from support.rewriting import (
    ABILITIES,
    first_sentence,
    rewritten,
)
from trivium_models.types import Answer
from trivium_server.domain.rewriting import jobs, tasks

LONG = "One thing is read here. Then another thing is written. At last all of it is closed."


@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [
        ("replace", f"# $0{LONG}\nx = 1\n", "# One thing is read here.\nx = 1\n"),
        ("insert", f"# $0{LONG}\n", f"# One thing is read here.\n#\n# {LONG}\n"),
        ("show", f"# $0{LONG}\n", f"# {LONG}\n"),
    ],
)
def test_a_summary_of_prose(mode, before, after):
    done, outcome = rewritten(before, task="summarize", mode=mode, model=first_sentence)
    assert done == after
    assert outcome.text == "One thing is read here."


def said(sentence):
    return lambda batch: [sentence] * len(batch.texts)


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        (
            "python",
            "@wraps\ndef add(a,\n        b):  # it\n    return $0a + b\n",
            '@wraps\ndef add(a,\n        b):  # it\n    """Add two numbers."""\n    return a + b\n',
        ),
        (
            "python",
            "class A:\r\n    def add(self):\r\n        p$0ass\r\n",
            'class A:\r\n    def add(self):\r\n        """Add two numbers."""\r\n        pass\r\n',
        ),
        (
            "javascript",
            "  export function add(a, b) { r$0eturn a + b; }\n",
            "  /** Add two numbers. */\n  export function add(a, b) { return a + b; }\n",
        ),
        ("rust", "pub fn add() { $0}\n", "/// Add two numbers.\npub fn add() { }\n"),
        (
            "rust",
            "    #[inline]\n    pub fn add() { $0}\n",
            "    /// Add two numbers.\n    #[inline]\n    pub fn add() { }\n",
        ),
        ("go", "func add() { $0}\n", "// Add two numbers.\nfunc add() { }\n"),
        (
            "csharp",
            "class A {\n    int Add() { $0return 1; }\n}\n",
            "class A {\n    /// <summary>Add two numbers.</summary>\n"
            "    int Add() { return 1; }\n}\n",
        ),
        ("ruby", "def add\n  $0x\nend\n", "# Add two numbers.\ndef add\n  x\nend\n"),
        ("shellscript", "add() {\n  $0ls\n}\n", "# Add two numbers.\nadd() {\n  ls\n}\n"),
    ],
)
def test_a_summary_becomes_documentation(language, before, after):
    done, outcome = rewritten(
        before, language, task="summarize", mode="insert", model=said("add two numbers")
    )
    assert done == after
    assert outcome.text == "Add two numbers."


def test_a_long_summary_is_wrapped():
    sentence = " ".join(["Adds one number and", *(string.ascii_uppercase * 2)])
    done, _ = rewritten(
        "function add() { $0}\n",
        "javascript",
        task="summarize",
        mode="insert",
        model=said(sentence),
    )
    assert done.startswith("/**\n * Adds one number and")
    assert all(len(line) <= 88 for line in done.splitlines())


def test_all_functions_of_a_file_are_documented_in_one_go():
    before = 'def f():\n    pass\n\n\ndef g():\n    """Has it."""\n    return 1\n'
    done, outcome = rewritten(before, task="summarize", mode="insert", model=said("Do it."))
    assert done == before.replace("f():\n", 'f():\n    """Do it."""\n')
    assert outcome.kept[0][2] == "g has documentation"
    assert outcome.text == "f: Do it.\ng: Do it."


def test_where_documentation_has_no_line_it_is_said():
    before = "def f(): return$0 1\n"
    done, outcome = rewritten(before, task="summarize", mode="insert", model=said("Do it."))
    assert done == before.replace("$0", "")
    assert outcome.kept[0][2] == "f has no line for documentation"


def test_a_model_reads_code_without_its_documentation():
    read = []

    def noting(batch):
        read.extend(batch.texts)
        return ["Do it."]

    code = (
        'class A:\n    def g(self):\n        """Old.\n\n        More.\n        """\n        $0x\n'
    )
    rewritten(code, task="summarize", mode="show", model=noting)
    assert read == ["def g(self):\n    x"]


def test_an_invented_name_in_a_summary_is_refused():
    before = "def f():\n    $0pass\n"
    done, outcome = rewritten(
        before, task="summarize", mode="insert", model=said("Calls read_file for it.")
    )
    assert done == "def f():\n    pass\n"
    assert "names read_file" in outcome.kept[0][2]


@pytest.mark.parametrize("answer", [Answer("Read a file.", logprob=-2.0), Answer("Read", 0, False)])
def test_a_summary_that_the_model_does_not_trust_is_not_used(answer):
    known = tasks.from_prefixes("any", ["summarize"], sentinels=True, least={"summarize: ": -0.5})
    draft = jobs.run(
        jobs.summarize(["Read a file now."], "summarize: ", known), lambda batch: [answer]
    )
    assert draft.texts == [None] and len(draft.refusals) == 1


def test_long_text_is_summarized_in_parts():
    text = " ".join(f"Sentence number {n} says something new." for n in range(100))
    abilities = tasks.from_prefixes("small", ["summarize"], sentinels=True)
    sizes = []

    def noting(batch):
        sizes.extend(len(each) for each in batch.texts)
        return first_sentence(batch)

    _, outcome = rewritten(text, "plaintext", task="summarize", model=noting, abilities=abilities)
    assert max(sizes) <= abilities.longest
    assert len(sizes) > 3
    assert outcome.text.startswith("Sentence number 0 says something new. Sentence number ")
    assert ABILITIES.longest == abilities.longest
