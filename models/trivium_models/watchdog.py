"""Ends an engine in which nothing moves any more; its client starts another and asks that again.

A step takes milliseconds. One that lasts a minute has met a deadlock in a library or a processor's
driver, and whoever waits for it would wait for ever. Looks are counted instead of seconds, so a
laptop that slept for an hour wakes up with the engine it had. Knows nothing of models and jobs.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import time
from collections.abc import Callable
from typing import NoReturn

LOOKS = 12
"""So many looks at one and the same step in a row, and it is given up."""
SECONDS = 5.0
"""Between two looks."""
STATUS = 4
"""What the process ends with."""


def watch(step: Callable[[], int | None], excused: Callable[[], bool]) -> NoReturn:
    """Look for ever, in the calling thread.

    `step` names the step under way, None between two; `excused` says that it may take its time,
    as reading a model from a slow disk does. Every thread's stack goes to standard error first.
    """
    last, looks = None, 0
    while looks < LOOKS:
        time.sleep(SECONDS)
        now = step()
        looks = looks + 1 if now is not None and now == last and not excused() else 0
        last = now
    faulthandler.dump_traceback(sys.__stderr__ or 2)
    print(f"One step took more than {LOOKS * SECONDS:.0f} s.", file=sys.__stderr__, flush=True)
    os._exit(STATUS)
