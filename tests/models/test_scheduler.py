"""The scheduler: who goes next, and what is left of a job that nobody wants any more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivium_models.scheduler import Done, Failed, Partial, Scheduler
from trivium_models.types import Priority


def job(log, name, steps, result=None):
    """A job that writes its name at each step, and `name closed` when it is dropped."""
    try:
        for _ in range(steps):
            log.append(name)
            yield
    except GeneratorExit:
        log.append(f"{name} closed")
        raise
    return result


def drain(scheduler):
    """The outcomes of everything that there is to do."""
    outcomes = []
    while len(scheduler):
        if outcome := scheduler.step():
            outcomes.append(outcome)
    return outcomes


def test_a_job_yields_then_ends_with_its_result():
    scheduler, log = Scheduler(), []
    scheduler.submit("a", Priority.QUERY, job(log, "a", 2, result=42))
    assert [scheduler.step(), scheduler.step(), scheduler.step()] == [None, None, Done("a", 42)]
    assert len(scheduler) == 0 and scheduler.priority is None


def test_a_yielded_value_is_a_partial_result():
    scheduler = Scheduler()
    scheduler.submit("a", 0, (value for value in ("one", None, "two")))
    assert drain(scheduler) == [Partial("a", "one"), Partial("a", "two"), Done("a", None)]


def test_a_keystroke_stops_indexing_at_the_next_step_and_indexing_goes_on_where_it_was():
    scheduler, log = Scheduler(), []
    scheduler.submit("index", Priority.INDEXING, job(log, "index", 3))
    scheduler.step()
    scheduler.submit("type", Priority.TYPING, job(log, "type", 2))
    drain(scheduler)
    assert log == ["index", "type", "type", "index", "index"]


def test_equals_are_served_in_order_of_arrival():
    scheduler, log = Scheduler(), []
    for name in "abc":
        scheduler.submit(name, Priority.ACTION, job(log, name, 2))
    drain(scheduler)
    assert log == list("aabbcc")


def test_cancelling_closes_the_job_at_once():
    scheduler, log = Scheduler(), []
    scheduler.submit("a", 0, job(log, "a", 5))
    scheduler.submit("b", 1, job(log, "b", 1))
    scheduler.step()
    assert scheduler.cancel("a") and not scheduler.cancel("a")
    assert drain(scheduler) == [Done("b", None)]
    assert log == ["a", "a closed", "b"]


def test_a_job_that_fails_takes_nobody_with_it():
    def failing():
        yield
        raise ValueError("no")

    scheduler, log = Scheduler(), []
    scheduler.submit("bad", 0, failing())
    scheduler.submit("good", 0, job(log, "good", 1))
    failed, done = drain(scheduler)
    assert isinstance(failed, Failed) and str(failed.error) == "no"
    assert done == Done("good", None)


def test_a_key_is_used_once_at_a_time():
    scheduler = Scheduler()
    scheduler.submit("a", 0, iter(()))
    with pytest.raises(ValueError, match="'a'"):
        scheduler.submit("a", 0, iter(()))


def test_nothing_to_do_is_no_error():
    assert Scheduler().step() is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=12))
def test_every_job_ends_once_the_urgent_ones_first(jobs):
    scheduler = Scheduler()
    for key, (priority, steps) in enumerate(jobs):
        scheduler.submit(key, priority, job([], str(key), steps))
    ended = [outcome.key for outcome in drain(scheduler)]
    assert ended == sorted(range(len(jobs)), key=lambda key: (jobs[key][0], key))
