"""What people expect to stand first, told as candidates and questions."""

import math

import pytest

from trivium_server.domain import file_kinds, ranking
from trivium_server.domain.chunking import Chunk
from trivium_server.domain.ranking import Candidate, Found
from trivium_server.domain.ranking_rules import Meaning


def found(
    path: str,
    *names: str,
    text: str = "",
    words: float = 1.0,
    meaning: float = 0.3,
    cosines: tuple[float, ...] | None = None,
) -> Found:
    symbol = names[0] if names else ""
    chunk = Chunk(0, len(text), 0, 5, "function", symbol, (), names, text, path)
    held = (meaning,) if cosines is None else cosines
    of_file = Meaning(sum(held) / len(held), held) if held else Meaning()
    return Found((Candidate(chunk, words, meaning),), words, of_file, len(held) or 1)


def order(question: str, *files: Found, rarity: dict[str, float] | None = None) -> list[str]:
    ranked = ranking.rank(question, files, rarity or {})
    return [each.candidate.chunk.path for each in ranked]


def test_nothing_found_is_nothing_ranked() -> None:
    assert ranking.rank("anything", [], {}) == []


def test_words_and_meaning_both_count() -> None:
    strong, weak = found("a.py", words=3.0, meaning=0.6), found("b.py", words=1.0, meaning=0.2)
    assert order("send mail", weak, strong) == ["a.py", "b.py"]


def test_the_file_that_is_about_it_beats_the_one_that_mentions_it() -> None:
    about = found("about.py", meaning=0.5, cosines=(0.5, 0.5, 0.45, 0.4))
    mentions = found("mentions.py", meaning=0.52, cosines=(0.52, 0.1, 0.0, 0.0))
    assert order("keep sessions", mentions, about) == ["about.py", "mentions.py"]


def test_a_file_named_by_the_question_stands_higher() -> None:
    files = found("src/dispatch.py"), found("src/cookie_jar.py")
    assert order("where the cookie jar is kept", *files)[0] == "src/cookie_jar.py"


def test_the_projects_own_name_in_every_path_tells_nothing() -> None:
    files = found("flask/app.py", meaning=0.31), found("flask/flask.py", meaning=0.3)
    assert order("flask", *files, rarity={"flask": 0.0})[0] == "flask/flask.py"
    spoken = order("how flask starts", *files, rarity={"flask": 0.0, "start": 1.0})
    assert spoken[0] == "flask/app.py"


def test_a_part_of_a_files_name_tells_nothing() -> None:
    files = found("a/mail_handler.py", meaning=0.3), found("a/other.py", meaning=0.31)
    assert order("avoid the same mail twice", *files)[0] == "a/other.py"


def test_a_part_of_an_identifier_is_no_files_name() -> None:
    files = found("store.lua", meaning=0.31), found("loader.lua", meaning=0.3)
    assert order("load_into_table", *files)[0] == "store.lua"
    assert order("how load works", *files)[0] == "loader.lua"
    assert order("table_loader", *files, found("table_loader.lua"))[0] == "table_loader.lua"


@pytest.mark.parametrize("name", ["index.js", "mod.rs", "__init__.py", "src/lib.rs"])
def test_a_file_without_a_name_of_its_own_has_its_folders(name: str) -> None:
    assert file_kinds.name(f"src/validation/{name}") == "validation"


def test_a_definition_beats_its_uses() -> None:
    uses = found("uses.py", "run", text="def run():\n    RetryPolicy()\n", words=3.0)
    defines = found("defines.py", "RetryPolicy", text="class RetryPolicy:\n", words=1.0)
    assert order("RetryPolicy", uses, defines)[0] == "defines.py"
    assert order("what does net.RetryPolicy do", uses, defines)[0] == "defines.py"


def test_who_types_a_name_wants_where_it_is_defined() -> None:
    uses = found("fade.ts", text="return FADE_MS / 2", words=2.0, meaning=0.5)
    table = found("constants.ts", "FADE_MS", words=1.0, meaning=0.3, cosines=(0.4, 0.3, 0.3, 0.2))
    assert order("FADE_MS", uses, table)[0] == "constants.ts"
    assert order("how FADE_MS is divided", uses, table)[0] == "fade.ts"


def test_a_definition_that_a_macro_hides_from_the_grammar_is_seen() -> None:
    cast = found("cast.h", "format_args", text="operator format_args() const {\n")
    hidden = found("base.h", text="EXPORT template <typename C> class format_args {\n")
    assert order("format_args", cast, hidden)[0] == "base.h"


def test_a_body_beats_a_prototype_and_a_call() -> None:
    prototype = found("api.h", "run_loop", text="int run_loop(struct loop *loop);\n")
    call = found("main.c", "main", text="int main() {\n  if (run_loop(&l)) {\n")
    body = found("impl.c", "run_loop", text="int run_loop(struct loop *loop) {\n")
    assert order("run_loop", prototype, call, body)[0] == "impl.c"


def test_a_re_export_stands_for_what_is_defined_elsewhere() -> None:
    uses = found("uses.rs", "run", text="fn run(x: impl FromRequest) {}", words=2.0)
    passes_on = found("mod.rs", text="pub use core::{\n    Body, FromRequest,\n};", words=1.0)
    assert order("FromRequest", uses, passes_on)[0] == "mod.rs"
    defines = found("core.rs", "FromRequest", text="pub trait FromRequest {", words=1.0)
    assert order("FromRequest", uses, passes_on, defines)[0] == "core.rs"


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_parser.py",
        "pkg/parser_test.go",
        "src/parser.test.ts",
        "spec/parser_spec.rb",
        "src/test/java/ParserTest.java",
        "examples/parser.py",
        "README.md",
        "man/parser.asciidoc",
        "pkg/v1/parser.py",
        "pkg/_internal/parser.py",
        "compat/parser.py",
        "Tests/parser.swift",
        "integration_test/parser.exs",
        "types/parser.d.ts",
        "pkg/parser.pyi",
    ],
)
def test_tests_examples_prose_and_old_copies_stand_lower(path: str) -> None:
    files = found(path, meaning=0.35), found("pkg/parser.py", meaning=0.3)
    assert order("parser", *files)[0] == "pkg/parser.py"


@pytest.mark.parametrize(
    ("question", "path"),
    [("tests of the parser", "tests/parser.py"), ("parser examples", "examples/parser.py")],
)
def test_unless_the_question_asks_for_them(question: str, path: str) -> None:
    files = found("pkg/parser.py", meaning=0.3), found(path, meaning=0.35)
    assert order(question, *files)[0] == path


def test_a_file_whose_vectors_are_not_there_yet_is_not_last() -> None:
    unknown = found("new.py", words=1.5, meaning=math.nan, cosines=())
    files = unknown, found("far.py", words=1.0, meaning=0.1), found("near.py", meaning=0.5)
    assert order("send mail", *files) == ["near.py", "new.py", "far.py"]


def test_each_file_has_one_place_before_any_has_two() -> None:
    chunks = [Chunk(0, 1, line, line, "block", "", (), (), "", "a.py") for line in range(2)]
    both = tuple(Candidate(chunk, 3.0, 0.6) for chunk in chunks)
    many = Found(both, 3.0, Meaning(0.6, (0.6, 0.6)), 2)
    ranked = ranking.rank("send mail", [many, found("b.py", words=1.0, meaning=0.2)], {})
    assert [each.candidate.chunk.path for each in ranked] == ["a.py", "b.py", "a.py"]
    scores = [each.score for each in ranked]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1 and scores[-1] > 0


def test_what_only_closes_stands_for_no_file() -> None:
    end, body = found("a.cc", text="}  // namespace tree", meaning=0.9), found("a.cc", text="go()")
    both = Found((*end.candidates, *body.candidates), 1.0, Meaning(0.5, (0.9, 0.3)), 2)
    assert [each.candidate.chunk.text for each in ranking.rank("tree", [both], {})] == ["go()"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Router", {"Router"}),
        ("router", {"router"}),
        ("Rack::Response", {"Response"}),
        ("how does retry_with_backoff use HTTPServer.", {"retry_with_backoff", "HTTPServer"}),
        ("how do I send a mail. Then what?", set()),
        ("parse HTTP headers", set()),
    ],
)
def test_identifiers_are_told_from_words(question: str, expected: set[str]) -> None:
    assert ranking.identifiers(question) == expected
