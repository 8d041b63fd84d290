"""Claims of the README that code can check."""

import json
import re
from pathlib import Path

from trivium_server import cli, settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


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


def test_links_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
