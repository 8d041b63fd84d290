"""Search over a store without a model: what is shown, what is not, and what is said about it."""

import numpy as np
import pytest

from trivium_server.domain import query, search, symbols, vectors
from trivium_server.domain.chunking import Chunk, chunk
from trivium_server.domain.files import Entry
from trivium_server.domain.search import Source
from trivium_server.domain.showing import Shown
from trivium_server.domain.store import Store
from trivium_server.domain.symbol_table import Symbol
from trivium_server.domain.vector_set import VectorSet

FILES = {
    "net/retry.py": "def retry_request(url):\n    '''Wait after each failure.'''\n    pass\n",
    "config.py": "def parse_config(path):\n    return load(path)\n",
    "old/config.py": "def parse_config(path):\n    return load(path)\n",
    "long.py": "def long_one():\n" + "".join(f"    step_{n}(alpha)\n" for n in range(120)),
}
POOL = """\
// Pool keeps connections that nobody uses, for the next one who asks for one.
type Pool struct {
\tClosed bool
\tMaxIdle int
}
"""


def source(tmp_path, files=FILES, directions=None):
    """A store with these files; `directions` gives the chunks of a path a vector of that number."""
    store, held = Store(None), VectorSet()
    for path, text in files.items():
        change = store.put(Entry(path, 1, 1), b"", "python", chunk(text, path, "python"))
        if directions:
            rows = [basis(directions.get(path, 7)) for _ in change.new]
            held.add(list(change.new), vectors.encode(np.array(rows)), change.file)
    return Source(tmp_path, store, held)


def basis(number):
    return np.eye(8, dtype=np.float32)[number]


def found(tmp_path, text, vector=None, **options):
    places = search.search([source(tmp_path, **options)], query.parse(text), vector, 10)
    return [place.chunk.path for place in places], places


def test_words_find_and_nonsense_does_not(tmp_path):
    assert found(tmp_path, "retry a request")[0] == ["net/retry.py"]
    assert found(tmp_path, "pasta with tomatoes")[0] == []
    assert found(tmp_path, "")[0] == []


def test_meaning_finds_what_shares_no_word(tmp_path):
    directions = {"net/retry.py": 1}
    paths, places = found(tmp_path, "exponential backoff", basis(1), directions=directions)
    assert paths == ["net/retry.py"]
    assert "meaning 1.00" in places[0].reason
    assert found(tmp_path, "exponential backoff", basis(2), directions=directions)[0] == []


def test_the_same_text_is_shown_once_and_the_copy_is_named(tmp_path):
    paths, places = found(tmp_path, "parse config")
    assert len(paths) == 1
    assert {paths[0], *places[0].copies} == {"config.py", "old/config.py"}


def test_a_function_cut_into_parts_is_one_result(tmp_path):
    paths, _ = found(tmp_path, "step alpha")
    assert paths == ["long.py"]


def test_the_reason_names_definition_and_words(tmp_path):
    reason = found(tmp_path, "retry requests after failure")[1][0].reason
    assert "defines retry_request" in reason
    assert "failure" in reason


def test_scores_fall_from_one(tmp_path):
    files = {f"f{n}.py": f"def load_{n}(path):\n    return {'path ' * n}\n" for n in range(1, 6)}
    scores = [place.score for place in found(tmp_path, "load path", files=files)[1]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] <= 1
    assert min(scores) >= search.CUT_OFF * scores[0]


def test_hidden_paths_are_left_to_the_newer_source(tmp_path):
    made = source(tmp_path)
    hiding = Source(tmp_path, made.store, made.vectors, frozenset({"net/retry.py"}))
    assert search.search([hiding], query.parse("retry a request"), None, 5) == []


def snippet_of(text, question="", path="a.py"):
    return Shown(question).snippet(Chunk(0, len(text), 0, 0, "", "", (), (), text, path))


def test_snippets_are_short_dedented_and_show_why():
    lines = [f"        line_{n} = 0" for n in range(40)]
    lines[30] = "        backoff = retry(2)"
    shown = snippet_of("\n".join(lines), "how does retry work")
    assert "backoff = retry(2)" in shown.split("\n")
    assert len(shown.split("\n")) == 12
    assert not shown.startswith(" ")
    assert len(snippet_of("x" * 100_000)) == 200
    assert snippet_of("a\r\n  b\rc") == "a\n  b\nc"


def symbol(name, path="a.py", lines=(0, 0), container="", kind="function"):
    return Symbol(path, name, kind, container, *lines)


def matching(known, wanted):
    return [each for _, each in symbols.matching(known, wanted, 5)]


@pytest.mark.parametrize(
    ("wanted", "names", "best"),
    [
        ("parseconfig", ["parse_config_file", "parse_config", "reparse_config"], "parse_config"),
        ("pc", ["parse_config", "epic", "specific"], "parse_config"),
        ("config", ["parse_config", "Config", "preconfigure"], "Config"),
        ("LineIdx", ["LineIndex", "outline_index"], "LineIndex"),
        ("gp_na", ["getPublicName", "gap"], "getPublicName"),
    ],
)
def test_symbols_are_ordered_as_people_type(wanted, names, best):
    assert matching([symbol(name) for name in names], wanted)[0].name == best


@pytest.mark.parametrize("wanted", ["Router.get", "router::get", "mux.Router#get", "outer.ge"])
def test_a_qualified_name_is_looked_for_in_what_it_names(wanted):
    known = [symbol("get", container="Client"), symbol("get", container="mux.Router")]
    assert matching([*known, symbol("get")], wanted) == known[1:]


def test_a_module_with_dots_in_its_name_is_found_by_all_of_it():
    assert (
        matching([symbol("Plug.Conn"), symbol("Plug.Router")], "plug.conn")[0].name == "Plug.Conn"
    )


def test_a_field_stands_behind_functions_of_its_name():
    known = [
        symbol("timeout", container="Settings", kind="field"),
        symbol("timeout"),
        symbol("timeout_after"),
        symbol("reset_timeout"),
    ]
    names = [(each.kind, each.name) for each in matching(known, "timeout")]
    assert names == [
        ("function", "timeout"),
        ("function", "timeout_after"),
        ("field", "timeout"),
        ("function", "reset_timeout"),
    ]


def test_a_field_asked_for_by_its_name_is_found_where_it_is_declared(tmp_path):
    store = Store(None)
    uses = "package p\n\nfunc use(p Pool) int {\n\treturn p.MaxIdle + p.MaxIdle + p.MaxIdle\n}\n"
    for path, text in {"use.go": uses, "pool.go": "package p\n\n" + POOL}.items():
        fields = [Symbol(path, "MaxIdle", "field", "Pool", 5, 5)] if path == "pool.go" else []
        store.put(Entry(path, 1, 1), b"", "go", chunk(text, path, "go"), fields)
    places = search.search([Source(tmp_path, store, VectorSet())], query.Query("MaxIdle"), None, 5)
    assert [place.chunk.path for place in places] == ["pool.go", "use.go"]
    assert places[0].reason.startswith("defines MaxIdle")


def test_symbols_need_every_letter_in_order():
    known = [symbol("parse_config")]
    assert matching(known, "gfn") == []
    assert matching(known, "") == known


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("undo", "push_render_hook"), ("hide", "children"), ("colour", "ipy_excepthook_closure")],
)
def test_letters_that_are_there_by_chance_are_no_match(wanted, name):
    assert matching([symbol(name)], wanted) == []


def test_of_overloads_the_implementation_is_shown_and_a_stub_stands_below_it():
    known = [
        *(symbol("ask", "prompt.py", lines) for lines in ((1, 2), (4, 5), (7, 30))),
        symbol("ask", "prompt.pyi", (1, 40)),
        symbol("ask", "prompt.py", (50, 52), "Other"),
    ]
    found = [(each.path, each.start_line) for each in matching(known, "ask")]
    assert found == [("prompt.py", 7), ("prompt.py", 50), ("prompt.pyi", 1)]


@pytest.mark.parametrize("wanted", ["text.split", "domain.split", "domain.text.split"])
def test_a_file_qualifies_what_it_defines(wanted):
    known = [symbol("split", "app/other.py"), symbol("split", "app/domain/text.py")]
    assert matching(known, wanted) == known[1:]


def test_of_equal_names_what_is_meant_more_often_stands_first():
    known = [
        symbol("Story", "zz/migrate.rb", (1, 2), "Migration"),
        symbol("Story", "test/story.rb", (1, 90)),
        symbol("Story", "app/story.rb", (1, 40)),
        symbol("story", "app/zeta.rb", (1, 50)),
    ]
    found = [each.path for each in matching(known, "Story")]
    assert found == ["app/story.rb", "zz/migrate.rb", "app/zeta.rb", "test/story.rb"]


def test_a_qualifier_is_a_whole_name_before_it_is_a_part_of_one():
    known = [
        symbol("Get", "db/zoo.cc", (1, 9), "Zoo"),
        symbol("get", container="leveldb.Zoo"),
        symbol("Get", "include/db.h", (1, 2), "leveldb.DB"),
    ]
    assert matching(known, "DB::Get") == [known[2], known[0], known[1]]


def test_filters_that_nothing_passes_are_told(tmp_path):
    sources = [source(tmp_path)]
    asked = query.parse("retry lang:klingon kind:foo kind:function path:net -lang:x")
    assert search.unmet(sources, asked) == ["lang:klingon", "kind:foo"]


SMALL = """\
#!/bin/sh

# Create a directory and enter it.
mkd() {
  mkdir -p "$@" && cd "$@"
}

# Enter the directory of the window in front, asked of the window manager.
cdf() {
  cd "$(front)"
  pwd
}
"""


@pytest.mark.parametrize(
    ("asked", "name", "lines"),
    [
        ("create a directory", "mkd", (2, 5)),
        ("window manager", "cdf", (7, 11)),
        ("enter the directory", "mkd", (0, 11)),  # Both do.
        ("create a window", "mkd", (0, 11)),  # Neither does.
    ],
)
def test_of_small_functions_in_one_chunk_the_one_that_is_meant_is_shown(
    tmp_path, asked, name, lines
):
    store = Store(None)
    known = [symbol("mkd", "f.sh", (3, 5)), symbol("cdf", "f.sh", (8, 11))]
    store.put(Entry("f.sh", 1, 1), b"", "shellscript", chunk(SMALL, "f.sh", "shellscript"), known)
    (place,) = search.search([Source(tmp_path, store, VectorSet())], query.parse(asked), None, 5)
    shown = place.chunk
    assert (shown.symbol, (shown.start_line, shown.end_line)) == (name, lines)
    assert SMALL[shown.start : shown.end] == shown.text


def test_a_definition_begins_behind_what_opens_its_surroundings(tmp_path):
    text = "int one() { return 1; }\npublic:\n  // Two.\n  int two() { return 2; }\n"
    (whole,) = chunk(text, "a.h", "cpp")
    known = [symbol("one", "a.h"), symbol("two", "a.h", (3, 3))]
    assert Shown("public two").part(whole, known) == whole
    shown = Shown("two").part(whole, known)
    assert shown.text == "  // Two.\n  int two() { return 2; }"


def test_what_a_class_says_of_itself_is_not_said_of_its_first_method(tmp_path):
    text = (
        "// Looks keys up.\nclass Key {\n  Key() {\n  }\n  void go() {\n  }\n"
        + "  void more() {\n    int one, two, three, four, five, six;\n  }\n" * 20
        + "}\n"
    )
    chunks = chunk(text, "k.java", "java")
    known = [
        symbol("Key", "k.java", (1, text.count("\n") - 1), kind="class"),
        symbol("Key", "k.java", (2, 3), "Key", "constructor"),
        symbol("go", "k.java", (4, 5), "Key", "method"),
    ]
    head = Shown("looks up keys").part(chunks[0], known)
    assert (head.kind, head.start_line) == ("class", 0)


def test_one_rare_word_does_not_empty_the_answer(tmp_path):
    table = (
        "EMOJI = {\n" + "".join(f"    'sign_{n}': {n},\n" for n in range(40)) + "    'money': 1}\n"
    )
    files = {"table.py": table, "net/retry.py": "def retry_request(url):\n    return url\n"}
    paths, _ = found(tmp_path, "money", basis(1), files=files, directions={"net/retry.py": 1})
    assert set(paths) == {"table.py", "net/retry.py"}


def test_words_to_leave_out_are_a_question_by_themselves(tmp_path):
    paths, _ = found(tmp_path, "-retry")
    assert paths
    assert "net/retry.py" not in paths
