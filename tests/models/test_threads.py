"""How many threads a pass gets, by how long passes took before."""

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from trivium_models import threads  # noqa: E402


class Machine:
    """A clock, and what a pass takes with so many threads."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        self.takes = {}
        clock = SimpleNamespace(perf_counter=lambda: self.now)
        monkeypatch.setattr(threads, "time", clock)

    def passes(self, chosen, rows, count):
        """The threads of so many passes."""
        used = []
        for _ in range(count):
            with chosen.for_rows(rows):
                used.append(torch.get_num_threads())
                self.now += self.takes[used[-1]] * rows
        return used


@pytest.fixture
def machine(monkeypatch):
    before = torch.get_num_threads()
    yield Machine(monkeypatch)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize(
    ("takes", "best"),
    [
        ({1: 1.0, 2: 0.6, 4: 0.4}, 4),
        ({1: 1.0, 2: 0.6, 4: 0.9}, 2),
        ({1: 1.0, 2: 1.1, 4: 3.0}, 1),
    ],
)
@pytest.mark.parametrize("rows", [1, 500])
def test_the_number_that_was_fastest_is_taken(machine, takes, best, rows):
    machine.takes = {count: seconds / 1000 for count, seconds in takes.items()}
    chosen = threads.Threads(4)
    assert sorted(machine.passes(chosen, rows, 3)) == [1, 2, 4], "each is tried once"
    assert machine.passes(chosen, rows, 5) == [best] * 5


def test_when_others_begin_to_compute_one_thread_takes_over_and_gives_back_later(machine):
    machine.takes = {1: 0.05, 2: 0.03}
    chosen = threads.Threads(2)
    machine.passes(chosen, 1, 2)
    assert machine.passes(chosen, 1, 3) == [2, 2, 2]
    machine.takes = {1: 0.08, 2: 0.5}
    assert machine.passes(chosen, 1, 5)[-3:] == [1, 1, 1]
    machine.takes = {1: 0.05, 2: 0.03}
    machine.now += 100
    assert machine.passes(chosen, 1, 6)[-3:] == [2, 2, 2]


def test_a_single_slow_pass_is_no_reason_to_change_for_good(machine):
    machine.takes = {1: 0.05, 2: 0.03}
    chosen = threads.Threads(2)
    machine.passes(chosen, 1, 4)
    machine.takes[2] = 0.06
    machine.passes(chosen, 1, 1)
    machine.takes[2] = 0.03
    assert machine.passes(chosen, 1, 4) == [2] * 4


def test_a_pass_that_fails_leaves_the_threads_as_they_were(machine):
    chosen = threads.Threads(2)
    before = torch.get_num_threads()
    with pytest.raises(ValueError, match="no"), chosen.for_rows(1):
        raise ValueError("no")
    assert torch.get_num_threads() == before
