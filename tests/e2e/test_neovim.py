"""Neovim against the real server with fake models, configured as docs/editors.md says."""

import shutil
from pathlib import Path

import pytest

from .conftest import blocks, run_editor

SCRIPT = Path(__file__).parent / "editors" / "neovim.lua"
FAKES = """
vim.g.trivium = {
  models = { encoder = 'fake', decoder = 'fake', rewriter = 'fake' },
  completion = { confidence = 0 },
}
"""


@pytest.mark.skipif(shutil.which("nvim") is None, reason="nvim is not installed")
def test_search_completion_and_text_actions(shop, tmp_path):
    (shown,) = [block for block in blocks("lua") if "0.7 to 0.10" in block]
    config = tmp_path / "init.lua"
    config.write_text(FAKES + shown, "utf8")
    command = ["nvim", "--headless", "--clean", "-n", "-i", "NONE", "-u", str(config)]
    run_editor([*command, "-S", str(SCRIPT)], shop, tmp_path / "home")
    assert (shop / "notes.txt").read_text("utf8").startswith("[de] ")
