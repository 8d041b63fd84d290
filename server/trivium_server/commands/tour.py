"""`trivium tour`: told line by line while it happens, or as one JSON document at the end."""

from __future__ import annotations

from dataclasses import asdict

from trivium_server.commands.output import print_json


async def run(*, as_json: bool) -> int:
    """Give the tour; the process's exit status."""
    from trivium_server.lsp import tour

    given = await tour.give(_silent if as_json else _say)
    if as_json:
        print_json(asdict(given))
    return 1 if given.failed else 0


def _say(text: str) -> None:
    print(text, flush=True)


def _silent(_: str) -> None:
    pass
