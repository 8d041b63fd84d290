"""No connection unless the user asked for one: the promise, kept and counted.

`forbidden` reads the two environment variables that forbid downloads. `install` is for processes
that must never connect (the server, the engine): from then on an attempt to reach another machine
is refused, counted and written into the cache, whichever library makes it through Python's sockets
(native code that opens its own is not seen; none here does, and `sealed` keeps the engine's from
it); `recorded` is what `trivium doctor` prints.
"""

from __future__ import annotations

import ipaddress
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

VARIABLES = ("TRIVIUM_OFFLINE", "HF_HUB_OFFLINE")

_attempts: list[str] = []
_installed = False


def forbidden() -> str | None:
    """The name of the environment variable that forbids connections, or None."""
    for name in VARIABLES:
        if os.environ.get(name, "").strip().upper() in ("1", "ON", "YES", "TRUE"):
            return name
    return None


def install() -> None:
    """Refuse and count connections to other machines, for the rest of this process's life."""
    global _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_audit)


def attempts() -> tuple[str, ...]:
    """The addresses that something in this process tried to reach since `install`."""
    return tuple(_attempts)


def recorded() -> list[str]:
    """When and where to any such process has tried to connect; empty is as it should be."""
    try:
        return _record().read_text("utf-8").splitlines()
    except OSError:
        return []


def is_local(host: object) -> bool:
    """Whether a host is this machine: a loopback address, `localhost`, or none at all."""
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if not isinstance(address, tuple):  # a path: a Unix socket on this machine
            return
        host = address[0]
    else:
        return
    if not is_local(host):
        text = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
        _attempts.append(text)
        _write(text)
        raise ConnectionRefusedError(f"Trivium works offline: a connection to {text} was refused.")


def _write(host: str) -> None:
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    # A cache that cannot be written must not hide the refusal itself.
    with suppress(OSError), _record().open("a", encoding="utf-8") as file:
        file.write(f"{now} {Path(sys.argv[0]).name} {host}\n")


def _record() -> Path:
    # Imported late: the server installs the hook before it answers its first request.
    from trivium_models.cache import cache_root

    return cache_root() / "connections.log"
