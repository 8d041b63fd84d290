"""The engine can open no socket to elsewhere: the kernel refuses, whichever code asks for one."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

SOCKETS = """
import ctypes, json, socket, threading
from trivium_models import sealed

def opened(family, kind=socket.SOCK_STREAM):
    try:
        socket.socket(family, kind).close()
    except PermissionError:
        return False
    return True

def other_thread():
    installed.wait()
    found["thread"] = opened(socket.AF_INET)

found, installed = {"before": opened(socket.AF_INET)}, threading.Event()
other = threading.Thread(target=other_thread)
other.start()
sealed.install()
installed.set()
other.join()
found["inet"] = opened(socket.AF_INET)
found["inet6"] = opened(socket.AF_INET6, socket.SOCK_DGRAM)
found["native"] = ctypes.CDLL(None).socket(int(socket.AF_INET), int(socket.SOCK_DGRAM), 0) >= 0
found["unix"] = opened(socket.AF_UNIX)
print(json.dumps(found))
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in ("x86_64", "aarch64"),
    reason="only there the kernel is told",
)


@pytest.fixture(scope="module", autouse=True)
def able():
    """Some containers and emulators have no seccomp."""
    if not Path("/proc/sys/kernel/seccomp").exists():
        pytest.skip("this kernel takes no program")


def test_no_thread_and_no_native_code_opens_a_socket_to_elsewhere():
    done = subprocess.run([sys.executable, "-c", SOCKETS], capture_output=True, check=True)
    assert json.loads(done.stdout) == {
        "before": True,
        "thread": False,
        "inet": False,
        "inet6": False,
        "native": False,
        "unix": True,
    }
