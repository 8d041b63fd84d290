"""Where nothing is suggested at all, and why."""

from __future__ import annotations

from pathlib import PurePath

from trivium_server.domain.completion.boundaries import Spot
from trivium_server.domain.ignoring import SECRETS, Names
from trivium_server.settings import Completion

_LONGEST_LINE = 2000
"""Characters; longer lines are data or minified, and no model was trained on their like."""
_SECRETS = Names(SECRETS)


def refusal(spot: Spot, settings: Completion, *, invoked: bool) -> str:
    """The reason not to suggest anything at a cursor, empty when there is none."""
    document = spot.document
    if not settings.enabled:
        return "completion is switched off in the settings"
    if document.language in settings.disabled_languages:
        return f"completion is switched off for {document.language}"
    if is_secret(document.path or document.uri):
        return "this file may hold secrets and is never read"
    if len(spot.typed) + len(spot.rest) > _LONGEST_LINE:
        return "the line is too long"
    if not invoked and spot.word_behind:
        return "the cursor stands within a word"
    return ""


def is_secret(path: str) -> bool:
    """Whether a file's name, or that of a folder around it, is one that secrets are kept in."""
    *folders, name = PurePath(path).parts or ("",)
    names = [*(f"{folder}/" for folder in folders), name]
    return any(map(_SECRETS.match, names))
