"""A checkpoint's tensors as a tree of attributes: `model.layers[3].mlp.up_proj.weight`.

Reads a folder only if its tensors are exactly those expected. Imported in the engine only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from safetensors import safe_open
from torch import Tensor

from trivium_models.errors import ModelError
from trivium_models.headers import read_json, read_tensors

_FLOATS = {"F32", "F16", "BF16"}

Shapes = dict[str, tuple[int, ...]]
"""The tensors of a model by name."""


class Facts(SimpleNamespace):
    """A configuration file; what is not in it is None."""

    def __getattr__(self, name: str) -> None:
        return None

    def has(self, *names: str) -> bool:
        """Whether the file says all of this."""
        return all(getattr(self, name) is not None for name in names)


class Branch(SimpleNamespace):
    """A module: its tensors, and further branches or lists of them."""

    bias: Tensor | None = None
    """What a product has where its file holds none."""

    def parameters(self) -> Iterator[Tensor]:
        """All tensors in it."""
        for each in vars(self).values():
            if isinstance(each, Tensor):
                yield each
            else:
                for branch in each if isinstance(each, list) else [each]:
                    if isinstance(branch, Branch):
                        yield from branch.parameters()


def facts(file: Path) -> Facts:
    """A JSON file; empty if there is none."""
    content = read_json(file)
    return Facts(**content) if isinstance(content, dict) else Facts()


def read(folder: Path, expected: Mapping[str, tuple[int, ...]], more: set[str]) -> Branch | None:
    """The tree of a folder's tensors if they are those expected, all of one floating type.

    `more` may be there too and is left out.
    """
    try:
        held = [each for each in read_tensors(folder, folder.name) if each.name not in more]
    except (ModelError, OSError):
        return None  # Whoever reads it otherwise says what is wrong.
    right = {each.name: each.shape for each in held} == dict(expected)
    if not right or len({each.dtype for each in held} & _FLOATS) != 1:
        return None
    tensors: dict[str, Tensor] = {}
    for file in _files(folder):
        with safe_open(file, framework="pt") as opened:
            names = [name for name in opened.keys() if name in expected]  # noqa: SIM118  (no mapping)
            tensors |= {name: opened.get_tensor(name) for name in names}
    return grown(tensors)


def grown(tensors: Mapping[str, Tensor]) -> Branch:
    """The tree of tensors named with dots; numbers are places in lists."""
    nested: dict[str, Any] = {}
    for name, tensor in tensors.items():
        *path, leaf = name.split(".")
        place = nested
        for part in path:
            place = place.setdefault(part, {})
        place[leaf] = tensor
    made = _branch(nested)
    assert isinstance(made, Branch)
    return made


def _branch(nested: Any) -> Any:  # noqa: ANN401  (a tensor, or what is made of a mapping)
    if not isinstance(nested, dict):
        return nested
    if all(name.isdecimal() for name in nested):
        return [_branch(nested[name]) for name in sorted(nested, key=int)]
    return Branch(**{name: _branch(each) for name, each in nested.items()})


def _files(folder: Path) -> list[Path]:
    index = facts(folder / "model.safetensors.index.json").weight_map
    names = sorted(set(index.values())) if index else ["model.safetensors"]
    return [folder / name for name in names]
