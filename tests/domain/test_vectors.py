"""Vectors: kept by content, shared, and the nearest is found."""

import contextlib

import numpy as np
import pytest

from support.damage import sound
from trivium_server.domain import vectors
from trivium_server.domain.marks import Marks
from trivium_server.domain.vector_set import VectorSet
from trivium_server.domain.vectors import VectorFile


def unit(count, width=384, seed=0):
    found = np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_codes_keep_the_direction():
    matrix = unit(50)
    codes = vectors.encode(matrix).astype(np.float32)
    codes /= np.linalg.norm(codes, axis=1, keepdims=True)
    assert (matrix * codes).sum(axis=1).min() > 0.9998


def test_two_connections_share_and_models_do_not(tmp_path):
    file = tmp_path / "vectors.sqlite"
    one, two = VectorFile(file, "MiniLM"), VectorFile(file, "MiniLM")
    other = VectorFile(file, "MPNet")
    codes = vectors.encode(unit(3))
    one.put([1, 2, 2**62], codes)
    two.put([2], codes[1:2])
    assert two.get([2**62, 1, 7]) == {1: codes[0].tobytes(), 2**62: codes[2].tobytes()}
    assert other.get([1]) == {}
    assert (vectors.decode(two.get([2]).values()) == codes[1:2]).all()


def test_what_was_unused_for_longest_goes_first(tmp_path, monkeypatch):
    now = [1_000_000_000.0]
    monkeypatch.setattr(vectors.time, "time", lambda: now[0])
    file = VectorFile(tmp_path / "vectors.sqlite", "m")
    file.put(range(2000), vectors.encode(unit(2000)))
    full = file.bytes()
    now[0] += 2 * 86400
    file.use(range(500))
    assert file.evict(full) == 0
    assert file.evict(full // 2) == 1500
    assert file.get([499, 500]).keys() == {499}
    assert file.evict(0) == 0, "what is in use today stays"


def test_vectors_of_a_model_unused_for_long_go_before_those_of_the_current_one(
    tmp_path, monkeypatch
):
    now = [1_000_000_000.0]
    monkeypatch.setattr(vectors.time, "time", lambda: now[0])
    former, current = (VectorFile(tmp_path / "vectors.sqlite", name) for name in ("old", "new"))
    former.put(range(2000), vectors.encode(unit(2000)))
    now[0] += 86400
    current.put(range(2000), vectors.encode(unit(2000)))
    now[0] += 86400
    former.put([9000], vectors.encode(unit(1)))
    assert current.evict(current.bytes() * 3 // 4) == 2000
    assert former.get([7, 9000]).keys() == {9000}
    assert len(current.get(range(2000))) == 2000
    assert current.evict(0) == 2000
    assert former.get([9000]).keys() == {9000}, "what is in use today stays, whoever uses it"


@pytest.mark.parametrize("part", [0.1, 0.4, 0.6, 0.98])
def test_a_bad_page_costs_the_vectors_on_it(tmp_path, part):
    file = tmp_path / "vectors.sqlite"
    codes = {name: vectors.encode(unit(5000, 64, seed)) for seed, name in enumerate(("one", "two"))}
    for name, rows in codes.items():
        with contextlib.closing(VectorFile(file, name)) as held:
            held.put(range(5000), rows)
    content = bytearray(file.read_bytes())
    page = int(part * len(content)) // 4096 * 4096
    content[page : page + 4096] = b"\xde\xad\xbe\xef" * 1024
    file.write_bytes(content)
    vectors.salvage(file)
    assert sound(file)
    kept = 0
    for name, rows in codes.items():
        with contextlib.closing(VectorFile(file, name)) as held:
            found = held.get(range(5000))
            assert all(code == rows[key].tobytes() for key, code in found.items())
            kept += len(found)
    assert 9900 < kept < 10_000


@pytest.mark.parametrize("content", [b"", b"nonsense" * 1000, None])
def test_where_nothing_can_be_read_it_begins_anew(tmp_path, content):
    file = tmp_path / "vectors.sqlite"
    if content is not None:
        file.write_bytes(content)
    vectors.salvage(file)
    with contextlib.closing(VectorFile(file, "one")) as held:
        assert held.get([1]) == {}


@pytest.fixture
def filled():
    matrix = unit(3000)
    held = VectorSet()
    held.add(range(1000), vectors.encode(matrix[:1000]))
    held.add(range(1000, 3000), vectors.encode(matrix[1000:]))
    return held, matrix


def test_the_scan_finds_what_float32_would(filled):
    held, matrix = filled
    hits = 0
    for query in unit(20, seed=1):
        exact = set(np.argsort(-(matrix @ query))[:10].tolist())
        found = held.nearest(query, 10)
        assert [cosine for _, cosine in found] == sorted((c for _, c in found), reverse=True)
        assert all(abs(cosine - float(matrix[id_] @ query)) < 0.01 for id_, cosine in found)
        hits += len(exact & {id_ for id_, _ in found})
    assert hits >= 0.98 * 200


def test_removing_and_narrowing(filled):
    held, matrix = filled
    assert held.nearest(matrix[7], 1)[0][0] == 7
    held.remove([7, 8, 99999])
    assert len(held) == 2998
    assert held.nearest(matrix[7], 1)[0][0] != 7
    assert {id_ for id_, _ in held.nearest(matrix[7], 10, Marks([5, 7, 9]))} == {5, 9}
    assert held.cosines(matrix[5], [5, 7]).keys() == {5}
    held.add([7], vectors.encode(matrix[7:8]))
    assert held.nearest(matrix[7], 1)[0][0] == 7


def test_mean_cosines_of_groups(filled):
    held, matrix = filled
    more = unit(4, seed=9)
    held.add(range(5000, 5004), vectors.encode(more), [1, 2, 2, 3])
    found = held.means(more[1], [0, 2, 3, 77])
    assert found.keys() == {0, 2, 3}
    assert [count for _, count in found.values()] == [3000, 2, 1]
    assert found[2][0] == pytest.approx(float((more[1:3] @ more[1]).mean()), abs=0.002)
    assert found[0][0] == pytest.approx(float((matrix @ more[1]).mean()), abs=0.002)
    held.remove([5001])
    mean, count = held.means(more[1], [2])[2]
    assert count == 1 and mean == pytest.approx(float(more[1] @ more[2]), abs=0.01)
    held.add([5004], vectors.encode(more[1:2]), [2])
    assert held.means(more[1], [2])[2][1] == 2, "what was remembered is not told any more"
    assert held.means(unit(1, 256)[0], [2]) == held.means(more[1], [77]) == {}


def test_what_is_compared_with_a_query(filled):
    held, matrix = filled
    held.add([5000], vectors.encode(-matrix[7:8]), [4])
    found = held.compare(matrix[7], 50, [5000, 7, 99999])
    assert found.ids[0] == 7 and found.ids[-1] == 5000 and len(found.ids) == 51
    assert found.groups[-1] == 4
    assert found.cosines.tolist() == sorted(found.cosines.tolist(), reverse=True)
    assert found.reach == found.cosines[-2]
    others = held.cosines(matrix[7], set(range(3000)) - set(found.ids.tolist()))
    assert max(others.values()) <= found.reach + 0.01


def test_an_empty_set_and_a_query_of_another_model(filled):
    assert VectorSet().nearest(unit(1)[0], 5) == []
    assert VectorSet().cosines(unit(1)[0], [1]) == {}
    held, _ = filled
    assert held.nearest(unit(1, 256)[0], 5) == []
    held.add([1], vectors.encode(unit(1, 256)))
    assert len(held) == 1, "vectors of another model replace the old ones"


@pytest.fixture
def early_graph(monkeypatch):
    monkeypatch.setattr(VectorSet, "graph_from", 1000)


def grown(held):
    while held.grow_graph():
        pass
    return held


def test_the_graph_finds_what_the_scan_finds(early_graph, filled):
    held, matrix = filled
    queries = matrix[:30] + 0.05 * unit(30, seed=2)
    before = [{id_ for id_, _ in held.nearest(query, 10)} for query in queries]
    assert grown(held).graph is not None
    after = [{id_ for id_, _ in held.nearest(query, 10)} for query in queries]
    same = sum(len(one & two) for one, two in zip(before, after, strict=True))
    assert same >= 0.98 * 300


@pytest.mark.parametrize("step", [1, 2, 3, 10], ids="a filter leaves 1/{}".format)
def test_the_graph_and_the_scan_find_the_same_behind_a_filter(early_graph, filled, step):
    held, matrix = filled
    inside = Marks(range(0, 3000, step))
    queries = matrix[:30] + 0.05 * unit(30, seed=2)
    before = [{id_ for id_, _ in held.nearest(query, 10, inside)} for query in queries]
    grown(held)
    after = [{id_ for id_, _ in held.nearest(query, 10, inside)} for query in queries]
    assert all(id_ % step == 0 for found in after for id_ in found)
    same = sum(len(one & two) for one, two in zip(before, after, strict=True))
    assert same >= 0.98 * 300


def test_a_filter_that_leaves_only_what_is_far_still_finds_it(early_graph, filled):
    held, matrix = filled
    grown(held)
    far = np.argsort(matrix @ matrix[7])[:1500]
    found = [id_ for id_, _ in held.nearest(matrix[7], 10, Marks(far))]
    assert set(found) <= set(far.tolist()) and len(found) == 10


def test_the_graph_follows_what_comes_and_goes(early_graph, filled):
    held, matrix = filled
    grown(held)
    held.remove([7])
    held.add([9000], vectors.encode(matrix[7:8]))
    assert held.nearest(matrix[7], 1)[0][0] == 9000
    assert not held.grow_graph(), "a few more are compared one by one"
    more = unit(2000, seed=5)
    held.add(range(10_000, 12_000), vectors.encode(more))
    assert held.grow_graph()
    assert held.nearest(more[3], 1)[0][0] == 10_003
    grown(held)
    assert len(held.graph) >= 5000
    held.remove(range(3000))
    assert held.nearest(more[3], 1)[0][0] == 10_003
    assert min(id_ for id_, _ in held.nearest(matrix[7], 20)) >= 9000


def test_a_saved_graph_is_taken_up_and_a_broken_one_is_not(early_graph, filled, tmp_path):
    held, matrix = filled
    grown(held).graph.save(tmp_path / "g")
    again = VectorSet()
    again.add(range(1, 3001), vectors.encode(np.roll(matrix, -1, axis=0)))
    again.restore_graph(tmp_path / "g")
    assert len(again.graph) == 3000
    assert again.nearest(matrix[7], 1)[0][0] == 7
    assert 0 not in {id_ for id_, _ in again.nearest(matrix[0], 5)}
    (tmp_path / "g").write_bytes(b"nonsense")
    other = VectorSet()
    other.add(range(3000), vectors.encode(matrix))
    other.restore_graph(tmp_path / "g")
    other.restore_graph(tmp_path / "missing")
    assert other.graph is None
