"""Emacs with eglot against the real server with fake models, configured as docs/editors.md says."""

import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import blocks, run_editor

SCRIPT = Path(__file__).parent / "editors" / "emacs.el"
FAKES = """
(setq-default eglot-workspace-configuration
  '(:trivium (:models (:encoder "fake" :decoder "fake" :rewriter "fake")
              :completion (:confidence 0))))
"""


def missing() -> str:
    """Why eglot cannot be had here; empty when it can."""
    if shutil.which("emacs") is None:
        return "emacs is not installed"
    probe = ["emacs", "--batch", "--eval", "(require 'eglot)"]
    found = subprocess.run(probe, capture_output=True, check=False)
    return "eglot is not installed (Debian's elpa-eglot)" if found.returncode else ""


def test_search_completion_and_text_actions(shop, tmp_path):
    if why := missing():
        pytest.skip(why)
    config = tmp_path / "init.el"
    config.write_text("\n".join([*blocks("elisp"), FAKES]), "utf8")
    run_editor(["emacs", "--batch", "-l", str(config), "-l", str(SCRIPT)], shop, tmp_path / "home")
    assert (shop / "notes.txt").read_text("utf8").startswith("[de] ")
