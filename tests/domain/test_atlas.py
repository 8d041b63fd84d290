"""The map of a workspace: near things near, clusters with telling names, the same every time."""

from collections import Counter

import numpy as np
import pytest

from trivium_server.domain import atlas

TOPICS = {"billing": 0, "rendering": 1, "network": 2}


def files(each=6, seed=1):
    """Files of three topics whose vectors scatter a little around the topic's own."""
    noise = np.random.default_rng(seed)
    return {
        f"src/{topic}/part_{n}.py": np.eye(16)[axis] + noise.normal(0, 0.1, 16)
        for topic, axis in TOPICS.items()
        for n in range(each)
    }


def topic_of(point):
    return point.path.split("/")[1]


def test_a_cluster_is_a_topic_and_is_named_after_it():
    found = atlas.draw(files())
    for number, name in enumerate(found.clusters):
        topics = {topic_of(point) for point in found.points if point.cluster == number}
        assert len(topics) == 1
        assert topics.pop() in name.split()


def test_what_all_files_share_and_a_few_odd_ones_do_not_make_one_large_cluster():
    shared = 4 * np.eye(16)[9]
    found = {path: vector + shared for path, vector in files(each=12).items()}
    found |= {f"odd_{axis}.txt": np.eye(16)[axis] for axis in (12, 13, 14)}
    points = atlas.draw(found).points
    sizes = Counter(point.cluster for point in points)
    assert max(sizes.values()) <= len(points) / 2


def test_a_word_of_every_file_names_no_cluster_that_has_others():
    paths = [f"src/{topic}/part.py" for topic in TOPICS for _ in range(3)]
    labels = [number for number in range(len(TOPICS)) for _ in range(3)]
    assert [name.split()[0] for name in atlas.names(paths, labels)] == list(TOPICS)


def test_files_of_a_topic_are_nearer_to_each_other_than_to_others():
    points = atlas.draw(files()).points
    inside, across = [], []
    for a in points:
        for b in points:
            if a.path < b.path:
                (inside if topic_of(a) == topic_of(b) else across).append(
                    np.hypot(a.x - b.x, a.y - b.y)
                )
    assert np.mean(inside) < np.mean(across) / 2


def test_the_same_workspace_looks_the_same():
    assert atlas.draw(files()) == atlas.draw(dict(reversed(files().items())))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_files_make_a_small_map(count):
    few = dict(list(files().items())[:count])
    found = atlas.draw(few)
    assert len(found.points) == count
    assert all(
        0 <= p.x <= 1 and 0 <= p.y <= 1 and p.cluster < len(found.clusters) for p in found.points
    )


def test_files_that_are_all_alike_stay_in_the_middle():
    found = atlas.draw({f"{n}.py": np.ones(8) for n in range(5)})
    assert {(point.x, point.y) for point in found.points} == {(0.5, 0.5)}
