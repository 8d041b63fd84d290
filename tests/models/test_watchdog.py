"""The watchdog: what counts as standing still, and what does not."""

from __future__ import annotations

import os
import time

import pytest

from trivium_models import watchdog

LONG = watchdog.LOOKS + 1
"""The first look at a step cannot know whether it stands."""


class _Ended(Exception):
    pass


@pytest.fixture
def looks(monkeypatch):
    """Runs `watch` over what it sees look by look; true if it ended the process."""

    def run(steps, excused=lambda: False):
        def end(status):
            assert status == watchdog.STATUS
            raise _Ended

        seen = iter(steps)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        monkeypatch.setattr(os, "_exit", end)
        try:
            watchdog.watch(lambda: next(seen), excused)
        except _Ended:
            return True
        except StopIteration:
            return False

    return run


@pytest.mark.parametrize(
    ("steps", "ends"),
    [
        ([7] * LONG, True),
        ([7] * (LONG - 1), False),
        (range(10 * LONG), False),
        ([None] * 10 * LONG, False),
        ([*[7] * (LONG - 1), None] * 3, False),
        ([*[7] * (LONG - 1), 8, *[9] * LONG], True),
    ],
    ids=["one step", "nearly", "ever new steps", "no work", "rests between", "a later step"],
)
def test_only_one_step_without_an_end_ends_the_process(looks, steps, ends, capfd):
    assert looks(steps) is ends
    assert ("One step took more than 60 s." in capfd.readouterr().err) is ends


def test_reading_a_model_may_take_its_time(looks):
    assert not looks([7] * 10 * LONG, excused=lambda: True)
