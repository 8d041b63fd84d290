"""What is known of the engine, and who is told when that changes.

Knows what was reported, not how: neither the process nor its frames.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from trivium_models.types import Art, EngineStatus, ModelStatus

_log = logging.getLogger("trivium.engine")


class Reported:
    """An engine's status; `listener` gets each one that differs from the one before."""

    def __init__(
        self, status: EngineStatus, listener: Callable[[EngineStatus], None] | None
    ) -> None:
        self.status = status
        self._listener = listener
        self._cutting: set[str] = set()
        """Models of which the log says that they cut long texts."""

    def note(self, **changes: Any) -> None:  # noqa: ANN401  (fields of EngineStatus)
        """Some fields are as given now; a listener that fails costs nobody anything."""
        status = replace(self.status, **changes)
        if status == self.status:
            return
        self.status = status
        self._tell_of_cuts()
        if self._listener:
            try:
                self._listener(status)
            except Exception:
                _log.exception("A listener to the engine's status failed.")

    def has_ready(self, art: Art, model: str) -> bool:
        """Whether a model of an art is loaded; any if the name is empty."""
        return any(
            each.art is art and each.state == "ready" and model in ("", each.id)
            for each in self.status.models
        )

    def _tell_of_cuts(self) -> None:
        """Once for each model: an index has many long texts, and the status counts them."""
        for each in self.status.models:
            if each.truncated and each.id not in self._cutting:
                self._cutting.add(each.id)
                _log.info(
                    "%s reads %d tokens at once; longer texts are cut.", each.id, each.context
                )


def switched_off(specs: dict[Art, str]) -> tuple[ModelStatus, ...]:
    """The status of models that are chosen and not in memory."""
    return tuple(ModelStatus(spec, art, "off") for art, spec in specs.items())


def resident_bytes(pid: int | None) -> int | None:
    """Resident memory of a process, where /proc tells it."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return None
    return int(fields[1]) * os.sysconf("SC_PAGESIZE")
