"""The store: what is put in is found, what is removed is gone, damage is survived."""

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trivium_server.domain import database, words
from trivium_server.domain.chunking import chunk
from trivium_server.domain.files import Entry
from trivium_server.domain.store import Store, content_hash
from trivium_server.domain.symbol_table import Symbol


def put(store, path, text):
    chunks = chunk(text, path, "python")
    entry = Entry(path, len(text), 1)
    return store.put(entry, content_hash(text), "python", chunks)


def found(store, question):
    ids = [id_ for id_, _ in store.words.match(words.question_terms(question), 10)]
    chunks = store.chunks(ids)
    return [chunks[id_].path for id_ in ids]


PARSE = "def parse_config(path):\n    return load(path)\n"
RETRY = "def retryRequest(url):\n    return backoff(url)\n"


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "a" / "index.sqlite")
    put(opened, "config.py", PARSE)
    put(opened, "net/http.py", RETRY)
    yield opened
    opened.close()


def test_words_of_identifiers_paths_and_names_are_found(store):
    assert found(store, "where is the configuration parsed") == ["config.py"]
    assert found(store, "retry request") == ["net/http.py"]
    assert found(store, "http") == ["net/http.py"]
    assert found(store, "nothing of this kind") == []
    assert store.words.match([], 10) == []


def test_putting_again_replaces(store):
    put(store, "config.py", RETRY)
    assert found(store, "parse") == []
    assert sorted(found(store, "backoff")) == ["config.py", "net/http.py"]
    assert store.counts() == (2, 2)


def test_chunks_that_are_as_they_were_keep_their_ids(store):
    long = "    value = compute(value, 1, 2, 3)\n" * 20
    text = f"def one():\n{long}\ndef two():\n{long}"
    first = list(put(store, "a.py", text).new)
    change = put(store, "a.py", f"# A new first line.\n\n{text}")
    assert (len(change.new), change.gone) == (1, [])
    found = store.chunks_of("a.py")
    assert list(found) == [*change.new, *first]
    assert [each.start_line for each in found.values()] == [0, 2, 19, 24, 41]
    assert put(store, "a.py", text).gone == list(change.new)


def test_removing_leaves_nothing(store):
    store.remove("config.py")
    store.remove("net/http.py")
    store.remove("never.py")
    assert found(store, "parse retry config http") == []
    assert store.counts() == (0, 0)


def test_a_failed_batch_leaves_everything_as_it_was(store):
    with pytest.raises(RuntimeError), store.batch():
        store.remove("config.py")
        put(store, "new.py", "x = 1\n")
        raise RuntimeError
    assert found(store, "parse") == ["config.py"]
    assert store.files().keys() == {"config.py", "net/http.py"}


def test_chunks_come_back_as_they_were(store):
    text = "class A:\n" + "".join(f"    def m{n}(self):\n        return {n}\n" for n in range(60))
    made = chunk(text, "a.py", "python")
    put(store, "a.py", text)
    assert list(store.chunks_of("a.py").values()) == made


def test_names_made_of_all_the_words(store):
    (id_,) = store.words.named(words.terms("parse_config"), 5)
    assert store.chunks([id_])[id_].symbol == "parse_config"
    assert store.words.named(words.terms("parse_retry"), 5) == []
    assert store.words.named([], 5) == []


def test_the_chunks_in_which_a_definition_of_just_this_name_begins(store):
    symbols = [Symbol("config.py", "parse_config", "function", "", 0, 1)]
    chunks = chunk(PARSE, "config.py", "python")
    store.put(Entry("config.py", 1, 2), content_hash(PARSE), "python", chunks, symbols)
    (id_,) = store.symbols.chunks_of("parse_config", 9)
    assert store.chunks([id_])[id_].text.startswith("def parse_config")
    assert store.symbols.chunks_of("parse", 9) == []


def test_another_reader_sees_what_was_committed(store):
    reader = Store(store.file)
    before = reader.changes()
    put(store, "new.py", "def fresh(): pass\n")
    assert found(reader, "fresh") == ["new.py"]
    assert reader.changes() != before
    reader.close()


@pytest.mark.parametrize("damage", [b"not a database at all" * 100, b"", b"SQLite format 3\0" * 64])
def test_a_damaged_file_is_set_aside_and_made_anew(tmp_path, damage):
    file = tmp_path / "index.sqlite"
    file.write_bytes(damage)
    store = Store(file)
    put(store, "config.py", PARSE)
    assert found(store, "parse") == ["config.py"]
    assert file.with_name("index.sqlite.damaged").exists() == bool(damage)
    store.close()


def test_a_full_disk_loses_only_the_batch(store):
    store._db.execute(
        f"PRAGMA max_page_count = {store._db.execute('PRAGMA page_count').fetchone()[0]}"
    )
    big = "".join(f"def function_{n}():\n    return value_{n}\n\n" for n in range(5000))
    with pytest.raises(sqlite3.OperationalError, match="full"), store.batch():
        put(store, "big.py", big)
    assert found(store, "parse") == ["config.py"]
    assert store.files().keys() == {"config.py", "net/http.py"}


def test_a_folder_that_may_not_be_written_is_an_operational_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        Store(tmp_path / "file" / "index.sqlite")


def test_delete_removes_the_log_too(store):
    store.close()
    database.delete(store.file)
    assert list(store.file.parent.iterdir()) == []


TEXTS = st.sampled_from(["", PARSE, RETRY, "é = 𝒳\n", "x = '\ufffd'\n", PARSE + RETRY, "\x00\n"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | TEXTS), max_size=12))
def test_any_history_ends_in_the_last_state(history):
    store = Store(None)
    last = {}
    for path, text in history:
        if text is None:
            store.remove(path)
            last.pop(path, None)
        else:
            put(store, path, text)
            last[path] = text
    assert store.files().keys() == last.keys()
    for question, source in (("parse", PARSE), ("backoff", RETRY)):
        assert sorted(found(store, question)) == sorted(p for p in last if source in last[p])
    store._db.execute("INSERT INTO words(words) VALUES('integrity-check')")
    store.close()
