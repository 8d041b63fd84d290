"""What every command prints in the same way."""

from __future__ import annotations

import json
import sys


def print_json(value: object) -> None:
    """One JSON document on standard output; escaped where that is not UTF-8."""
    escaped = sys.stdout.encoding.lower() not in ("utf-8", "utf8")
    print(json.dumps(value, ensure_ascii=escaped, indent=1))
