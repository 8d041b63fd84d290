"""Claims of the README that code can check."""

import json
import re
import tomllib
from pathlib import Path

import pytest

from trivium_server import cli, settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def settings_table() -> str:
    """The table as it should stand in the README; print it when the test below fails."""
    rows = ["| setting | type | default | meaning |", "| --- | --- | --- | --- |"]
    rows += [
        f"| `{key}` | {kind} | `{json.dumps(default)}` | {doc} |"
        for key, kind, default, doc in settings.table()
    ]
    return "\n".join(rows)


def test_the_settings_table_is_the_code_s():
    assert settings_table() in README, f"put this into README.md:\n\n{settings_table()}"


def test_every_command_is_in_the_table():
    choices = next(
        action.choices for action in cli.parser()._subparsers._group_actions if action.choices
    )
    assert [name for name in choices if f"`trivium {name}" not in README] == []


PARSERS = {"toml": tomllib.loads, "json": json.loads}


@pytest.mark.parametrize("page", ["README.md", "docs/editors.md"])
def test_the_configurations_shown_can_be_read(page):
    blocks = re.findall(r"```(toml|json)\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)
    assert blocks
    for kind, text in blocks:
        assert "trivium" in json.dumps(PARSERS[kind](text))


def test_every_benchmark_is_one_that_make_knows():
    known = re.search(r"^BENCHES := ((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    row = next(line for line in CONTRIBUTING.splitlines() if "`make bench-search`" in line)
    shown = set(re.findall(r"`(?:make bench)?-([a-z-]+)`", row)) | {"publish"}
    assert shown == set(known[1].replace("\\", "").split())


def test_links_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "client-vscode/README.md"]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
