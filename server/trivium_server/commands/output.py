"""What every command prints in the same way."""

from __future__ import annotations

import json
import re
import sys

_STEERS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but the tab, and those that turn the direction of what follows."""


def print_json(value: object) -> None:
    """One JSON document on standard output; escaped where that is not UTF-8."""
    escaped = sys.stdout.encoding.lower() not in ("utf-8", "utf8")
    print(json.dumps(value, ensure_ascii=escaped, indent=1))


def printable(text: str) -> str:
    """A text of somebody else's for a terminal: what could steer it is shown as `\\x1b` is."""
    return _STEERS.sub(lambda match: match.group().encode("unicode_escape").decode(), text)
