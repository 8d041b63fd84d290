"""Frames between the client and the engine, over pipes.

A frame is eight magic bytes, the lengths of its two parts as big-endian unsigned 64-bit integers,
a JSON object in UTF-8 (the header) and raw bytes (the payload: vectors as float32). Nothing is
pickled. Headers from the client are `{"id", "method", "priority", "params"}` or `{"cancel": id}`;
headers from the engine are `{"id", "result" | "error" | "partial"}` or `{"event", …}`.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, BinaryIO

import numpy as np

from trivium_models import errors
from trivium_models.types import Answer, Art, Completion, ModelStatus

MAGIC = b"trivium\x01"
_LENGTHS = struct.Struct(">8sQQ")
_LARGEST = 1 << 32
"""A length beyond this is noise on the line, not a message."""

Header = dict[str, Any]


class BrokenFrame(Exception):
    """The bytes are not a frame; the stream is of no more use."""


def pack(header: Header, payload: bytes = b"") -> bytes:
    """A frame; characters that UTF-8 cannot carry (lone surrogates) become question marks."""
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return b"".join((_LENGTHS.pack(MAGIC, len(text), len(payload)), text, payload))


def read(stream: BinaryIO) -> tuple[Header, bytes] | None:
    """The next frame of a blocking stream; None at its end."""
    start = stream.read(_LENGTHS.size)
    if not start:
        return None
    head_size, payload_size = _lengths(start)
    head = stream.read(head_size)
    payload = stream.read(payload_size)
    if len(head) < head_size or len(payload) < payload_size:
        raise BrokenFrame("the stream ended within a frame")
    return _header(head), payload


async def receive(stream: asyncio.StreamReader) -> tuple[Header, bytes] | None:
    """The next frame of an asyncio stream; None at its end."""
    try:
        head_size, payload_size = _lengths(await stream.readexactly(_LENGTHS.size))
        head = await stream.readexactly(head_size)
        return _header(head), await stream.readexactly(payload_size)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise BrokenFrame("the stream ended within a frame") from error
        return None


def pack_vectors(vectors: np.ndarray) -> tuple[list[int], bytes]:
    """Shape and bytes of a float32 matrix."""
    return list(vectors.shape), np.ascontiguousarray(vectors, dtype="<f4").tobytes()


def unpack_vectors(shape: Sequence[int], payload: bytes) -> np.ndarray:
    """The matrix again, float32, writable."""
    return np.frombuffer(payload, dtype="<f4").reshape(shape).astype(np.float32)


def pack_error(error: Exception) -> Header:
    """An exception as its class's name and its sentence."""
    if isinstance(error, errors.ModelError):
        return {"kind": type(error).__name__, "message": str(error)}
    return {
        "kind": errors.EngineFailed.__name__,
        "message": f"The engine failed with {type(error).__name__}: {error}",
    }


def unpack_error(value: Header) -> errors.ModelError:
    """The exception again; one of an unknown class becomes `EngineFailed`."""
    kind = getattr(errors, value["kind"], errors.EngineFailed)
    known = isinstance(kind, type) and issubclass(kind, errors.ModelError)
    return (kind if known else errors.EngineFailed)(value["message"])


def pack_completions(completions: Sequence[Completion]) -> list[Header]:
    """Completions as JSON."""
    return [asdict(each) for each in completions]


def unpack_completions(value: Sequence[Header]) -> list[Completion]:
    """Completions again."""
    return [
        Completion(**each | {key: tuple(each[key]) for key in ("tokens", "logprobs")})
        for each in value
    ]


def pack_answers(answers: Sequence[Answer]) -> list[Header]:
    """Answers as JSON."""
    return [asdict(each) for each in answers]


def unpack_answers(value: Sequence[Header]) -> list[Answer]:
    """Answers again."""
    return [Answer(**each) for each in value]


def pack_model(status: ModelStatus) -> Header:
    """A model's status as JSON."""
    return asdict(status)


def unpack_model(value: Header) -> ModelStatus:
    """A model's status again."""
    return ModelStatus(**{**value, "art": Art(value["art"])})


def _lengths(start: bytes) -> tuple[int, int]:
    if len(start) < _LENGTHS.size:
        raise BrokenFrame("the stream ended within a frame")
    magic, head_size, payload_size = _LENGTHS.unpack(start)
    if magic != MAGIC or head_size > _LARGEST or payload_size > _LARGEST:
        raise BrokenFrame(f"this is not a frame: {start[:16]!r}")
    return head_size, payload_size


def _header(text: bytes) -> Header:
    try:
        header = json.loads(text)
    except ValueError as error:
        raise BrokenFrame(f"a header is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise BrokenFrame("a header is not an object")
    return header
