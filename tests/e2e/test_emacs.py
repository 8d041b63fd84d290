"""Emacs with eglot against the real server with fake models, configured as docs/editors.md says."""

from pathlib import Path

from .conftest import blocks, require, run_editor

SCRIPT = Path(__file__).parent / "editors" / "emacs.el"
FAKES = """
(setq-default eglot-workspace-configuration
  '(:trivium (:models (:encoder "fake" :decoder "fake" :rewriter "fake")
              :completion (:confidence 0))))
"""


def test_search_completion_and_text_actions(shop, tmp_path):
    probe = ["emacs", "--batch", "--eval", "(require 'eglot)"]
    require(*probe, packages=["emacs-nox", "elpa-eglot"])
    config = tmp_path / "init.el"
    config.write_text("\n".join([*blocks("elisp"), FAKES]), "utf8")
    run_editor(["emacs", "--batch", "-l", str(config), "-l", str(SCRIPT)], shop, tmp_path / "home")
    assert (shop / "notes.txt").read_text("utf8").startswith("[de] ")
