"""Emacs against the real server with fake models, configured as docs/editors.md says."""

from pathlib import Path

from .conftest import blocks, require, run_editor

EDITORS = Path(__file__).parent / "editors"
FAKES = """
(setq-default eglot-workspace-configuration
  '(:trivium (:models (:encoder "fake" :decoder "fake" :rewriter "fake")
              :completion (:confidence 0))))
(with-eval-after-load 'lsp-mode
  (lsp-register-custom-settings
   '(("trivium.models.encoder" "fake")
     ("trivium.models.decoder" "fake")
     ("trivium.models.rewriter" "fake"))))
"""


def run_emacs(script, shop, tmp_path):
    config = tmp_path / "init.el"
    config.write_text("\n".join([*blocks("elisp"), FAKES]), "utf8")
    command = ["emacs", "--batch", "-l", str(config), "-l", str(EDITORS / script)]
    run_editor(command, shop, tmp_path / "home")
    assert (shop / "notes.txt").read_text("utf8").startswith("[de] ")


def test_eglot_searches_completes_and_carries_text_actions_out(shop, tmp_path):
    probe = ["emacs", "--batch", "--eval", "(require 'eglot)"]
    require(*probe, packages=["emacs-nox", "elpa-eglot"])
    run_emacs("eglot.el", shop, tmp_path)


def test_lsp_mode_searches_and_carries_text_actions_out_and_warns_of_nothing(shop, tmp_path):
    probe = ["emacs", "--batch", "-f", "package-initialize", "--eval", "(require 'lsp-mode)"]
    require(*probe, packages=["emacs-nox", "elpa-lsp-mode"])
    run_emacs("lsp-mode.el", shop, tmp_path)
