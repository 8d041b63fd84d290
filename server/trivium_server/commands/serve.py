"""`trivium serve`: the language server on the transport that was asked for."""

from __future__ import annotations

import argparse
import os
import sys

from trivium_server.commands import Explained


def run(arguments: argparse.Namespace) -> int:
    """Serve until the client ends the session; the process's exit status."""
    from trivium_models import offline
    from trivium_server.lsp import quick_start

    offline.install()
    with quick_start.uncollected():
        quick_start.import_asyncio()
        quick_start.import_protocol()
        import asyncio

        from trivium_server.lsp import build, transport

    try:
        if arguments.tcp:
            asyncio.run(transport.serve_tcp(build.server, *arguments.tcp))
        elif arguments.ws:
            asyncio.run(transport.serve_ws(build.server, *arguments.ws))
    except OSError as error:
        raise Explained(f"Cannot listen there: {error.strerror or error}.") from error
    status = asyncio.run(transport.serve_stdio(build.server))
    sys.stderr.flush()
    # A thread still waits for standard input; nothing is left to be done for it.
    os._exit(status)
