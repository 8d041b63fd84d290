"""A server as a user's editor starts it, and what it has used (Linux). Knows no benchmark."""

from __future__ import annotations

import os
from pathlib import Path


def environment(**more: str) -> dict[str, str]:
    """Ours, except that Python keeps its byte code, as it does for users."""
    own = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**own, **more}


def processor_seconds(pid: int) -> float:
    """What a process has used so far: on a busy machine a better figure than the clock."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
