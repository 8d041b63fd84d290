"""What is known of the machine: plausible here, and the rule for threads everywhere."""

import os

import pytest

from trivium_models import machine
from trivium_models.types import Art


@pytest.mark.parametrize(
    ("cores", "threads"),
    [(1, 1), (2, 2), (4, 4), (6, 5), (8, 7), (9, 8), (64, 8)],
)
def test_threads_leave_a_large_machine_to_its_editor(cores, threads):
    assert machine.choose_threads(cores) == threads


def test_the_machine_is_described():
    found = machine.detect()
    assert found.processor and found.system
    assert 1 <= found.cores <= os.cpu_count()
    assert found.threads == machine.choose_threads(found.cores)
    assert found.memory > 1e9
    assert 0 < machine.available_memory() <= found.memory
    assert found.width(Art.ENCODER) == (2 if found.bf16 else 4)


def test_the_settings_choose_the_threads():
    assert machine.detect(threads=3).threads == 3


def test_a_benchmark_can_record_it():
    described = machine.describe()
    assert {"processor", "cores", "threads", "features", "memory", "python"} <= set(described)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="Linux only")
def test_cores_are_those_that_the_process_may_use():
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        assert machine.detect().cores == 1
    finally:
        os.sched_setaffinity(0, allowed)
