"""The extension in VS Code's real workbench, driven through a browser.

Needs Chromium and npm. Where they cannot be had the test is skipped and says why; in CI it fails.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "workbench"
ROOT = HERE.parents[2]
CLIENT = ROOT / "client-vscode"
ARTEFACTS = ROOT / "build" / "e2e"
FLOWS = ["main", "trust", "broken", "language", "setup", "python", "models", "real"]


def missing() -> str:
    """Why the workbench cannot be had here; empty when it can."""
    if sys.platform != "linux":
        return "the recipe is for Linux"
    if shutil.which("npm") is None:
        return "npm is not installed"
    if shutil.which("chromium") is None and not (os.geteuid() == 0 and shutil.which("apt-get")):
        return "Chromium is not installed, and only root can install it"
    return ""


def run(*command: str, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=1500
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    return done.stdout


@pytest.fixture(scope="session")
def home() -> str:
    if why := missing():
        if os.environ.get("CI") and shutil.which("npm"):
            pytest.fail(why)
        pytest.skip(why)
    return run("bash", str(HERE / "install.sh"), cwd=HERE).strip().splitlines()[-1]


@pytest.fixture(scope="session")
def vsix(tmp_path_factory) -> Path:
    """The packaged extension, built from a copy so that the checkout stays as it is."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    copy = tmp_path_factory.mktemp("client") / "client-vscode"
    left_out = shutil.ignore_patterns("node_modules", "out", "*.vsix")
    shutil.copytree(CLIENT, copy, ignore=left_out)
    run("npm", "ci", "--silent", cwd=copy)
    run("npm", "run", "--silent", "check", cwd=copy)
    run("npm", "test", "--silent", cwd=copy)
    said = run("bash", "-c", "npm run --silent package 2>&1", cwd=copy)
    (copy / "package.log").write_text(said, "utf8")
    return copy / "trivium.vsix"


def test_the_extension_is_small_and_packs_without_warnings(vsix):
    bundles = [vsix.parent / "out" / name for name in ("extension.js", "connection.js")]
    assert sum(bundle.stat().st_size for bundle in bundles) < 1_000_000
    assert "warning" not in (vsix.parent / "package.log").read_text("utf8").lower()


@pytest.mark.parametrize("flow", FLOWS)
def test_in_the_workbench(home, vsix, flow, own_cache):
    if flow in ("models", "real") and not (own_cache / "models" / "all-MiniLM-L6-v2").exists():
        pytest.skip("all-MiniLM-L6-v2 is not here; `make weights` fetches it")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    run(
        "node",
        "--test",
        f"{flow}.test.mjs",
        cwd=HERE,
        E2E_HOME=home,
        TRIVIUM_VSIX=str(vsix),
        TRIVIUM_PYTHON=sys.executable,
        TRIVIUM_CACHE=str(own_cache),
        ARTEFACTS=str(ARTEFACTS),
    )
