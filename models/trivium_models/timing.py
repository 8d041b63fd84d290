"""What a call takes: how a model chooses between two ways of computing the same.

Which of them is faster depends on the processor and the library in ways that neither says of
itself, so both are tried for some hundredths of a second when a model is loaded. On one thread,
as a micro-batch, a slice of a prompt and a token mostly get. Imported only in the engine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import torch

from trivium_models.threads import one_thread


@torch.inference_mode()
def least_seconds(calls: Iterable[Callable[[], object]]) -> float:
    """Processor time of the quickest of some calls; what lies between them is not counted."""
    taken = []
    with one_thread():
        for call in calls:
            started = time.thread_time()
            call()
            taken.append(time.thread_time() - started)
    return min(taken)
