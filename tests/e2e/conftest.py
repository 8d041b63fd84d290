"""What the editors' tests share: a small shop, and the configurations of docs/editors.md."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "editors.md"
FILES = {
    "shop/mail.py": (
        "def send_receipt(address, order):\n"
        '    """Send an e-mail with the receipt of an order."""\n'
        '    smtp.send(address, render("receipt.txt", order))\n'
    ),
    "area.py": "async def area(width, height):\n    return width * height\n\n\n",
    "notes.txt": "The cart keeps what a customer wants. It is emptied when the order is paid.\n",
}


@pytest.fixture
def shop(tmp_path):
    root = tmp_path / "shop"
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf8")
    # eglot's idea of a project is a folder under version control.
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return root


def blocks(language: str) -> list[str]:
    """The configurations in one language that users are shown."""
    return re.findall(rf"```{language}\n(.*?)```", DOCS.read_text("utf8"), re.DOTALL)


def require(*probe: str, packages: list[str]) -> None:
    """Skip unless a command succeeds; in CI, install what it needs, and fail if that is in vain."""
    if _succeeds(*probe):
        return
    why = f"{probe[0]} cannot do what the test needs (Debian: {' '.join(packages)})"
    if not os.environ.get("CI"):
        pytest.skip(why)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        install = [
            "apt-get",
            "install",
            "-oDPkg::Lock::Timeout=600",
            "-y",
            "-qq",
            "--no-install-recommends",
        ]
        subprocess.run([*install, *packages], check=False)
    if not _succeeds(*probe):
        pytest.fail(why)


def _succeeds(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_editor(command: list[str], root: Path, home: Path) -> None:
    """Run an editor in a folder, with `trivium` on its PATH; its output explains a failure."""
    home.mkdir(exist_ok=True)
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
    }
    done = subprocess.run(
        command, cwd=root, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
