"""Every setting, its default and its sentence: the one list of options.

The README's table, the extension's package.json and `from_json` all follow these dataclasses
(tests hold them together). Wrong values never stop the server: they are reported and the default
stands. Knows nothing of LSP.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints


def option(default: Any, doc: str) -> Any:  # noqa: ANN401  (a dataclass field has its own type)
    """A field with a default and the sentence that documents it."""
    metadata = {"doc": doc}
    if isinstance(default, list | dict):
        return field(default_factory=lambda: default.copy(), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Models:
    """Which model serves each art."""

    encoder: str = option(
        "all-MiniLM-L6-v2", "Embedding model: a catalog name, a hub id or a folder."
    )
    decoder: str = option(
        "SmolLM2-135M-Instruct", "Completion model: a catalog name, a hub id, a folder or a GGUF."
    )
    rewriter: str = option(
        "trivium-t5", "Text-to-text model: a catalog name, a hub id or a folder."
    )


@dataclass(frozen=True)
class Engine:
    """The process that runs the models."""

    threads: int = option(0, "Threads for the models; 0 chooses for this machine.")
    idle_minutes: float = option(
        10.0, "Minutes without work after which the engine gives its memory back; 0 means never."
    )


@dataclass(frozen=True)
class Search:
    """The index and the search over it."""

    enabled: bool = option(True, "Index the workspace and answer searches.")
    include: list[str] = option([], "Glob patterns; when given, only these files are indexed.")
    exclude: list[str] = option([], "Glob patterns of files that are never indexed.")
    max_file_bytes: int = option(1_000_000, "Larger files are not indexed.")
    limit: int = option(20, "How many results a search returns when the client names no number.")
    duplicates: bool = option(
        False, "Tell in an information diagnostic when a function is nearly the same as another."
    )


@dataclass(frozen=True)
class Completion:
    """Autocomplete."""

    enabled: bool = option(True, "Suggest code while typing.")
    disabled_languages: list[str] = option([], "Language ids in which nothing is suggested.")
    max_tokens: int = option(48, "The most tokens of one suggestion.")
    confidence: float = option(
        0.5, "How sure the model must be, from 0 (show all) to 1 (show almost nothing)."
    )
    debounce_ms: int = option(
        75, "Milliseconds of rest before an automatic suggestion is computed."
    )


@dataclass(frozen=True)
class Rewrite:
    """Summaries and translations."""

    enabled: bool = option(True, "Offer the text actions.")
    language: str = option("en", "The language you read: foreign text is explained in it.")
    targets: list[str] = option(
        ["de", "fr", "es", "it"], "Language codes that a translation is offered to."
    )
    actions: list[dict[str, str]] = option(
        [], "Your own actions: objects with id, title, prefix and mode (replace, insert, show)."
    )
    hover: bool = option(
        False, "Show a one-line summary when hovering over an undocumented definition."
    )


@dataclass(frozen=True)
class Settings:
    """All settings, under the section `trivium`."""

    models: Models = field(default_factory=Models)
    engine: Engine = field(default_factory=Engine)
    search: Search = field(default_factory=Search)
    completion: Completion = field(default_factory=Completion)
    rewrite: Rewrite = field(default_factory=Rewrite)


def from_json(value: object) -> tuple[Settings, list[str]]:
    """Settings from a client's JSON (camelCase keys), and a sentence for each value refused."""
    problems: list[str] = []
    settings = _structure(Settings, value, "trivium", problems)
    assert isinstance(settings, Settings)
    return settings, problems


def table() -> list[tuple[str, str, object, str]]:
    """Each setting's dotted camelCase key, JSON type, default and sentence."""
    rows = []
    for section in fields(Settings):
        kind = get_type_hints(Settings)[section.name]
        for item in fields(kind):
            key = f"trivium.{section.name}.{camel(item.name)}"
            default = getattr(kind(), item.name)
            rows.append((key, _json_type(default), default, item.metadata["doc"]))
    return rows


def camel(name: str) -> str:
    """`idle_minutes` as `idleMinutes`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def _structure(kind: type, value: object, where: str, problems: list[str]) -> object:
    if value is None:
        return kind()
    if not isinstance(value, Mapping):
        problems.append(f"{where} should be an object; the defaults are used.")
        return kind()
    hints = get_type_hints(kind)
    known = {camel(item.name): item.name for item in fields(kind)}
    found = {}
    for key, given in value.items():
        name = known.get(key)
        if name is None:
            problems.append(f"{where}.{key} is not a setting of Trivium.")
        elif is_dataclass(hints[name]):
            found[name] = _structure(hints[name], given, f"{where}.{key}", problems)
        elif given is None:
            continue
        elif _fits(given, hints[name]):
            found[name] = given
        else:
            default = getattr(kind(), name)
            problems.append(
                f"{where}.{key} should be {_WANTED[type(default)]}; {default!r} is used."
            )
    return kind(**found)


def _fits(value: object, hint: Any) -> bool:  # noqa: ANN401  (a type hint is any object)
    origin = get_origin(hint)
    if origin is list:
        (item,) = get_args(hint)
        return isinstance(value, list) and all(_fits(each, item) for each in value)
    if origin is dict:
        return isinstance(value, dict)
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, hint)


def _json_type(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return names[type(value)]


_WANTED = {
    bool: "true or false",
    int: "an integer of 0 or more",
    float: "a number of 0 or more",
    str: "a string",
    list: "an array",
}
