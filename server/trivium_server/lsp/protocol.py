"""Trivium's own methods: their names, parameters and results on the wire.

Mirrored by client-vscode/src/protocol.ts (a test compares the two).
lsprotocol's converter turns every attrs class here into camelCase and back.
"""

from __future__ import annotations

from typing import Any

import attrs
from attrs import validators
from lsprotocol import types

SEARCH = "trivium/search"
SIMILAR = "trivium/similar"
REWRITE = "trivium/rewrite"
STATUS = "trivium/status"
STATUS_CHANGED = "trivium/statusChanged"
MAP = "trivium/map"
LABEL = "trivium/label"
SIMILARITY = "trivium/similarity"
PROMPT = "trivium/prompt"

PREFIX = "trivium/"


def _is(kind: type | tuple[type, ...], *, optional: bool = False) -> Any:  # noqa: ANN401  (attrs' own validator type)
    check: Any = validators.instance_of(kind)
    return validators.optional(check) if optional else check


_LIMIT = validators.optional(
    validators.and_(validators.instance_of(int), validators.ge(1), validators.le(1000))
)


def _token(_: object, field: attrs.Attribute[Any], value: int | str | None) -> None:
    """A progress token, if there is one."""
    if not isinstance(value, int | str | None) or isinstance(value, bool):
        raise TypeError(f"'{field.name}' must be an integer or a string")


@attrs.define
class SearchParams:
    """A question in plain words or code, with the filters that `domain.query` knows."""

    query: str = attrs.field(validator=_is(str))
    limit: int | None = attrs.field(default=None, validator=_LIMIT)
    path: str | None = attrs.field(default=None, validator=_is(str, optional=True))
    partial_result_token: int | str | None = attrs.field(default=None, validator=_token)
    work_done_token: int | str | None = attrs.field(default=None, validator=_token)


@attrs.define
class SimilarParams:
    """Code to which similar code is wanted."""

    text_document: types.TextDocumentIdentifier
    range: types.Range
    limit: int | None = attrs.field(default=None, validator=_LIMIT)
    partial_result_token: int | str | None = attrs.field(default=None, validator=_token)
    work_done_token: int | str | None = attrs.field(default=None, validator=_token)


@attrs.define
class SearchHit:
    """One place; the range covers whole lines."""

    uri: str
    range: types.Range
    score: float
    symbol: str
    kind: str
    reason: str
    snippet: str


@attrs.define
class SearchResult:
    """Hits, best first, and how much of the workspace they were chosen from."""

    hits: list[SearchHit]
    complete: bool
    indexed_files: int
    total_files: int
    unmet: list[str]
    """Where nothing was found: the filters that nothing in the workspace passes."""


@attrs.define
class MapPoint:
    """A file on the map; coordinates from 0 to 1, the cluster an index into the names."""

    uri: str
    path: str
    x: float
    y: float
    cluster: int


@attrs.define
class MapResult:
    """The files of the workspace in two dimensions, near where their meaning is near."""

    points: list[MapPoint]
    clusters: list[str]


@attrs.define
class Said:
    """What a text action does, in the parts of its English title; languages are codes."""

    verb: str
    subject: str
    result: str
    form: str = ""
    source: str = ""
    target: str = ""


@attrs.define
class RewriteParams:
    """A passage and what shall become of it."""

    text_document: types.VersionedTextDocumentIdentifier | types.TextDocumentIdentifier
    range: types.Range
    task: str = attrs.field(validator=_is(str))
    mode: str = attrs.field(default="show", validator=validators.in_(("show", "replace", "insert")))
    target: str | None = attrs.field(default=None, validator=_is(str, optional=True))
    partial_result_token: int | str | None = attrs.field(default=None, validator=_token)
    work_done_token: int | str | None = attrs.field(default=None, validator=_token)


@attrs.define
class Kept:
    """A part that stayed as it was, and why."""

    range: types.Range
    reason: str


@attrs.define
class RewriteResult:
    """The new text, the edit that brings it in, and what was left alone."""

    text: str
    kept: list[Kept]
    model: str
    edit: types.WorkspaceEdit | None = None


@attrs.define
class LabelExample:
    """A text of which the user says what it is."""

    label: str = attrs.field(validator=_is(str))
    text: str = attrs.field(validator=_is(str))


@attrs.define
class LabelParams:
    """A text, and examples of the labels that it may have."""

    text: str = attrs.field(validator=_is(str))
    examples: list[LabelExample]


@attrs.define
class FoundLabel:
    """A label, the cosine to its nearest example, and the number of that example."""

    label: str
    score: float
    example: int


@attrs.define
class LabelResult:
    """Every label, the nearest first."""

    labels: list[FoundLabel]
    model: str


@attrs.define
class SimilarityParams:
    """Two texts."""

    first: str = attrs.field(validator=_is(str))
    second: str = attrs.field(validator=_is(str))


@attrs.define
class SimilarityResult:
    """The cosine of their meanings, from -1 to 1."""

    similarity: float
    model: str


@attrs.define
class PromptParams:
    """A prompt of the user's for the text-to-text model, and the text that follows it."""

    prompt: str = attrs.field(validator=_is(str))
    text: str = attrs.field(validator=_is(str))
    max_tokens: int = attrs.field(
        default=256, validator=validators.and_(_is(int), validators.ge(1), validators.le(4096))
    )
    partial_result_token: int | str | None = attrs.field(default=None, validator=_token)
    work_done_token: int | str | None = attrs.field(default=None, validator=_token)


@attrs.define
class PromptResult:
    """The model's answer as it is, unguarded."""

    text: str
    model: str


@attrs.define
class ModelState:
    """One model of the engine: `off`, `loading`, `ready` or `error`."""

    id: str
    art: str
    state: str
    message: str = ""
    context: int = 0
    """The most tokens that it reads in one piece; 0 until it is loaded."""
    truncated: int = 0
    """How many texts were cut there since."""


@attrs.define
class EngineState:
    """The engine process: `off`, `starting`, `ready`, `busy` or `error`."""

    state: str
    models: list[ModelState]
    pid: int | None = None
    resident_bytes: int | None = None
    message: str = ""


@attrs.define
class IndexState:
    """The index of one folder: `starting`, `busy`, `ready`, `paused`, `off` or `error`."""

    folder: str
    state: str
    files: int
    total_files: int
    chunks: int
    bytes: int
    message: str = ""
    read_files: int = 0
    """Files that can be found by their words; `files` can be found by meaning as well."""
    looking: bool = False
    """Whether the folder is looked over: then `totalFiles` are those found so far."""
    left_out: dict[str, int] = attrs.field(factory=dict)
    """How many files and folders cannot be indexed, by reason."""


@attrs.define
class CompletionState:
    """Why the last request for a completion showed nothing; empty when it showed something."""

    last_reason: str = ""


@attrs.define
class Status:
    """Everything that a status bar or `trivium doctor` wants to know."""

    engine: EngineState
    index: list[IndexState]
    completion: CompletionState
    version: str
