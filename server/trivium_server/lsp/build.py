"""Builds a complete server: the one list of its features."""

from __future__ import annotations

from trivium_server.lsp.features import (
    actions,
    commands,
    completion,
    duplicates,
    hover,
    lifecycle,
    map,
    search,
    status,
    synchronisation,
    texts,
)
from trivium_server.lsp.server import Server
from trivium_server.lsp.session import Session


def server() -> Server:
    """A server for one connection, with every feature registered."""
    built = Server()
    session = Session(built)
    for feature in (
        lifecycle,
        synchronisation,
        status,
        commands,
        search,
        map,
        completion,
        actions,
        hover,
        texts,
        duplicates,
    ):
        feature.register(built, session)
    return built
