"""What has been read once is not read again, whoever dropped what on the way."""

from __future__ import annotations

import pytest

from support.jobs import finish

pytest.importorskip("torch")


class Reader:
    """A network that writes down what it reads; a pass of `n` tokens takes `n` steps."""

    piece = 8

    def __init__(self):
        self.passes = []
        self.held = []

    def append(self, ids, wanted):
        self.passes.append(list(ids))
        for _ in ids[1:]:
            yield
        self.held += ids
        return [f"after {id}" for id in ids[len(ids) - wanted :]]

    def truncate(self, length):
        del self.held[length:]
        return len(self.held)


@pytest.fixture
def cache():
    from trivium_models.decoding.cache import PrefixCache

    return PrefixCache(Reader())


def begin(steps, count):
    for _ in range(count):
        next(steps)
    steps.close()


def test_a_long_text_is_read_in_pieces_of_one_size(cache):
    assert finish(cache.read(range(20), 2)) == ["after 18", "after 19"]
    assert [len(ids) for ids in cache.network.passes] == [7, 7, 6]


def test_what_was_dropped_is_gone_on_with(cache):
    begin(cache.read(range(8), 1), 5)
    assert finish(cache.read(range(8), 1)) == ["after 7"]
    assert cache.network.passes == [list(range(8))]


def test_a_changed_end_costs_the_end_only(cache):
    begin(cache.read(range(8), 1), 5)
    assert finish(cache.read([0, 1, 2, 3, 4, 5, 60, 70], 1)) == ["after 70"]
    assert cache.network.passes == [list(range(8)), [60, 70]]
    assert cache.network.held == [0, 1, 2, 3, 4, 5, 60, 70]


def test_another_text_does_not_wait_for_what_was_dropped(cache):
    begin(cache.read(range(8), 1), 5)
    assert finish(cache.read([50, 51], 1)) == ["after 51"]
    assert cache.network.passes[1:] == [[50, 51]]
    assert cache.network.held == [50, 51]


def test_two_who_take_turns_both_get_their_own(cache):
    one, other = cache.read(range(12), 1), cache.read([0, 1, 2, 90, 91], 1)
    next(one)
    assert finish(other) == ["after 91"]
    assert finish(one) == ["after 11"]
    assert cache.network.held == list(range(12))


def test_a_failed_pass_leaves_nothing_behind(cache):
    def failing(ids, wanted):
        yield
        raise RuntimeError("no memory")

    finish(cache.read(range(4), 1))
    cache.network.append = failing
    with pytest.raises(RuntimeError):
        finish(cache.read(range(6), 1))
    del cache.network.append
    assert cache.network.held == []
    assert finish(cache.read(range(6), 1)) == ["after 5"]
    assert cache.network.held == list(range(6))
