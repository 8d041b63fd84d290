"""The map of a workspace: near things near, clusters with telling names, the same every time."""

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
