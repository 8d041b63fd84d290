"""BM25 orders chunks: rare words and names count more, and every match has a score."""

from trivium_server.domain import chunking
from trivium_server.domain.files import Entry
from trivium_server.domain.store import Store

FILES = {
    "a.py": "def retry(request):\n    return request\n",
    "b.py": "def send(request):\n    return request  # never a retry\n",
    "c.py": "def receive(request):\n    return request\n",
}


def test_a_match_has_a_score_and_a_name_counts_more() -> None:
    store = Store(None)
    with store.batch():
        for path, text in FILES.items():
            store.put(Entry(path, len(text), 0), b"", "python", chunking.chunk(text, path, "python"))
    found = store.words.match(["retr"], 10)
    chunks = store.chunks([id_ for id_, _ in found])
    assert [chunks[id_].path for id_, _ in found] == ["a.py", "b.py"]
    assert found[0][1] > found[1][1] > 0
