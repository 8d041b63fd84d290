"""Neovim against the real server with fake models, configured as docs/editors.md says."""

from pathlib import Path

from .conftest import blocks, require, run_editor

SCRIPT = Path(__file__).parent / "editors" / "neovim.lua"
FAKES = """
vim.g.trivium = {
  models = { encoder = 'fake', decoder = 'fake', rewriter = 'fake' },
  completion = { confidence = 0 },
}
"""


def test_search_completion_and_text_actions(shop, tmp_path):
    require("nvim", "--version", packages=["neovim"])
    (shown,) = [block for block in blocks("lua") if "0.7 to 0.10" in block]
    config = tmp_path / "init.lua"
    config.write_text(FAKES + shown, "utf8")
    command = ["nvim", "--headless", "--clean", "-n", "-i", "NONE", "-u", str(config)]
    run_editor([*command, "-S", str(SCRIPT)], shop, tmp_path / "home")
    assert (shop / "notes.txt").read_text("utf8").startswith("[de] ")
