"""BM25 orders chunks: rare words and names count more, and every match has a score."""

from trivium_server.domain import borrowed, chunking, words
from trivium_server.domain.files import Entry
from trivium_server.domain.marks import Marks
from trivium_server.domain.store import Store

FILES = {
    "a.py": "def retry(request):\n    return request\n",
    "b.py": "def send(request):\n    return request  # never a retry\n",
    "c.py": "def receive(request):\n    return request\n",
}


def put(store: Store, path: str, text: str) -> None:
    store.put(Entry(path, len(text), 0), b"", "python", chunking.chunk(text, path, "python"))


def test_a_match_has_a_score_and_a_name_counts_more() -> None:
    store = Store(None)
    with store.batch():
        for path, text in FILES.items():
            put(store, path, text)
    found = store.words.match(["retr"], 10)
    chunks = store.chunks([id_ for id_, _ in found])
    assert [chunks[id_].path for id_, _ in found] == ["a.py", "b.py"]
    assert found[0][1] > found[1][1] > 0


def test_a_few_texts_are_scored_by_the_rarity_in_a_large_index() -> None:
    large, few = Store(None), Store(None)
    with large.batch():
        for number in range(50):
            put(large, f"f{number}.py", f"def common_{number}(request):\n    return request\n")
    put(few, "a.py", FILES["a.py"])
    put(few, "b.py", FILES["b.py"])
    assert few.words.match(["retr"], 10)[0][1] < 0.01, "half of two chunks is not rare"
    few.borrow_rarity(large)
    rare, common = (dict(few.words.match([term], 10)) for term in ("retr", "request"))
    assert min(rare.values()) > 3 > max(common.values())
    assert few.words.match(["retr"], 10, among=Marks([2]))[0][0] == 2
    assert few.file_words.match(["retr"], 10).keys() == {"a.py", "b.py"}
    assert few.file_words.match(words.terms("never"), 10)["b.py"] > 3


def test_a_row_written_between_two_counts_does_no_harm() -> None:
    assert 0 < borrowed.inverse_frequency(1, 3) < 0.01 < borrowed.inverse_frequency(9, 3)
