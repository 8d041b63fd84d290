"""The machine, as far as choosing threads, precision and model size needs it.

Reads the processor's flags and the memory that this process may use; a container's limits count.
Must not import torch: the server and `trivium doctor` ask too. Whether a GPU serves is decided in
the engine, where torch is. psutil is imported where it is asked: Linux tells the cores without it,
and that is all that a server's start waits for.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from trivium_models.types import Art

_FLAGS = {
    "avx2": "avx2",
    "avx512f": "avx512",
    "avx512_vnni": "avx512-vnni",
    "avx_vnni": "avx-vnni",
    "avx512_bf16": "avx512-bf16",
    "amx_bf16": "amx-bf16",
    "amx_int8": "amx-int8",
    "asimd": "neon",
    "bf16": "neon-bf16",
    "i8mm": "neon-i8mm",
    "sve": "sve",
}
"""What Linux calls the instruction sets that matter here, and what Trivium calls them."""

_SYSCTL = {
    "hw.optional.avx2_0": "avx2",
    "hw.optional.avx512f": "avx512",
    "hw.optional.arm64": "neon",
    "hw.optional.arm.FEAT_BF16": "neon-bf16",
    "hw.optional.arm.FEAT_I8MM": "neon-i8mm",
}
"""The same on macOS."""

_MOST_THREADS = 8


@dataclass(frozen=True, slots=True)
class Machine:
    """What the models may use."""

    processor: str
    system: str
    cores: int
    """Physical cores that this process may run on."""
    threads: int
    """Threads to run the models with."""
    features: tuple[str, ...]
    """Instruction sets, such as `avx2`, `avx512-bf16`, `amx-bf16`, `neon`; sorted."""
    memory: int
    """Bytes of main memory that this process may use at most."""

    @property
    def bf16(self) -> bool:
        """Whether matrix products in bfloat16 run in hardware; elsewhere they are slower."""
        return bool({"avx512-bf16", "amx-bf16", "neon-bf16"} & set(self.features))

    def width(self, art: Art) -> int:
        """Bytes of a weight as a model of an art is loaded (measured).

        An encoder-decoder reads its vocabulary in float32 and has its matrices twice, for few rows
        and for many.
        """
        single = 2 if self.bf16 else 4
        return 2 * single if art is Art.REWRITER else single


def detect(threads: int = 0) -> Machine:
    """The machine; `threads` overrides the choice when it is not 0."""
    import psutil

    cores = _cores()
    return Machine(
        processor=_processor(),
        system=f"{platform.system()} {platform.machine()}",
        cores=cores,
        threads=threads or choose_threads(cores),
        features=_features(),
        memory=min(psutil.virtual_memory().total, _cgroup_memory() or sys.maxsize),
    )


def describe() -> dict[str, object]:
    """The machine for a benchmark's record: what `detect` finds, Python's version and the load."""
    import psutil

    return {
        **asdict(detect()),
        "python": platform.python_version(),
        "load": round(psutil.getloadavg()[0], 2),
    }


def available_memory() -> int:
    """Bytes that could be taken now without swapping."""
    import psutil

    return min(int(psutil.virtual_memory().available), _cgroup_memory() or sys.maxsize)


def threads() -> int:
    """Threads to run the models with on this machine."""
    return choose_threads(_cores())


def choose_threads(cores: int) -> int:
    """Threads for small models on so many cores.

    All of a small machine's; of a larger one all but one, which the editor keeps. Beyond eight,
    models of this size wait for memory and for each other.
    """
    return max(1, min(cores if cores <= 4 else cores - 1, _MOST_THREADS))


def _cores() -> int:
    if sys.platform == "linux":
        allowed = os.sched_getaffinity(0)
        # Two hardware threads of a core share the units that matrix products need.
        siblings = {_read(_cpu_file(cpu, "thread_siblings_list")) or str(cpu) for cpu in allowed}
        return min(len(siblings), _cgroup_cores() or len(siblings))
    import psutil

    return int(psutil.cpu_count(logical=False) or os.cpu_count() or 1)


def _cpu_file(cpu: int, name: str) -> Path:
    return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/{name}")


def _cgroup_cores() -> int | None:
    """The whole cores of a container's processor quota (cgroup v2 or v1), if there is one."""
    quota, _, period = _read(Path("/sys/fs/cgroup/cpu.max")).partition(" ")
    if not quota:
        folder = Path("/sys/fs/cgroup/cpu")
        quota, period = _read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us")
    if quota.isdigit() and period.isdigit() and int(period):
        return max(1, round(int(quota) / int(period)))
    return None


def _cgroup_memory() -> int | None:
    """A container's memory limit in bytes, if there is one."""
    for name in ("memory.max", "memory/memory.limit_in_bytes"):
        text = _read(Path("/sys/fs/cgroup") / name)
        if text.isdigit():
            return int(text)
    return None


@cache
def _features() -> tuple[str, ...]:
    if sys.platform == "darwin":
        return tuple(sorted({name for key, name in _SYSCTL.items() if _sysctl(key) == "1"}))
    flags = _cpuinfo("flags", "Features").split()
    return tuple(sorted({_FLAGS[flag] for flag in flags if flag in _FLAGS}))


@cache
def _processor() -> str:
    if sys.platform == "darwin":
        name = _sysctl("machdep.cpu.brand_string")
    else:
        name = _cpuinfo("model name", "Model")
    return name or platform.processor() or platform.machine()


def _cpuinfo(*keys: str) -> str:
    """The value of the first line of /proc/cpuinfo with one of these keys; empty elsewhere."""
    for line in _read(Path("/proc/cpuinfo")).splitlines():
        key, _, value = line.partition(":")
        if key.strip() in keys:
            return value.strip()
    return ""


def _sysctl(key: str) -> str:
    done = subprocess.run(["sysctl", "-n", key], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
