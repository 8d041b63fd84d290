"""No socket to anywhere but this machine, for the rest of a process's life: the kernel sees to it.

The engine computes and talks over pipes, so on Linux it gives up sockets of every other family
than Unix ones (and netlink, which asks the kernel), whichever code asks, native too. What to
refuse is a small program for seccomp (`man 2 seccomp`); where the kernel takes none, or on another
processor, nothing happens and `offline` stands alone. Knows neither models nor addresses.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct
import sys

_SYSTEM_CALLS = {"x86_64": (0xC000003E, 41, 317), "aarch64": (0xC00000B7, 198, 277)}
"""By processor: its AUDIT_ARCH, and the numbers of `socket` and `seccomp`."""
_IO_URING_SETUP = 425
"""Opens sockets without `socket` being called; the same number everywhere."""
_X32 = 0x40000000
"""From this number on x86_64 has every call a second time."""

_NO_NEW_PRIVILEGES, _SET_FILTER = 38, 1
_ALL_THREADS, _FULL_SPEED = 1, 4
"""Without the second, older kernels have the processor speculate less: models would be slower."""
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ARCHITECTURE, _NUMBER, _FAMILY = 4, 0, 16
"""Where `struct seccomp_data` holds them; of the first argument, the lower half."""
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def install() -> None:
    """Refuse sockets of other families with EACCES from now on, in all threads, for good."""
    calls = _SYSTEM_CALLS.get(platform.machine())
    if sys.platform != "linux" or calls is None or sys.maxsize < 2**32:
        return
    architecture, socket_call, seccomp_call = calls
    steps = _steps(architecture, socket_call)
    program = _Program(len(steps) // 8, steps)
    system = ctypes.CDLL(None)
    # Without this, or privileges, the kernel takes no program.
    system.prctl(_NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0)))
    flags = ctypes.c_ulong(_ALL_THREADS | _FULL_SPEED)
    system.syscall(ctypes.c_long(seccomp_call), _SET_FILTER, flags, ctypes.byref(program))


def _steps(architecture: int, socket_call: int) -> bytes:
    """The program: each step with how many to skip if it holds and if not."""
    return b"".join(
        struct.pack("=HBBI", *step)
        for step in (
            (_LOAD, 0, 0, _ARCHITECTURE),
            (_IF_EQUAL, 0, 7, architecture),
            (_LOAD, 0, 0, _NUMBER),
            (_IF_EQUAL, 5, 0, _IO_URING_SETUP),
            (_IF_AT_LEAST, 4, 0, _X32),
            (_IF_EQUAL, 0, 4, socket_call),
            (_LOAD, 0, 0, _FAMILY),
            (_IF_EQUAL, 2, 0, socket.AF_UNIX),
            (_IF_EQUAL, 1, 0, socket.AF_NETLINK),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
