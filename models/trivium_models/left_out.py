"""Libraries that transformers and sentence-transformers import and the engine never calls.

scipy and scikit-learn serve their losses, evaluations and clustering. Importing them takes a
second and 80 MB of an engine's memory, so here an empty stand-in takes their place: names can be
imported from it, and whoever uses one is told why it is not there. For the engine's process only.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

NAMES = ("scipy", "sklearn")
"""Packages, with all that is below them."""


def install() -> None:
    """Have every later import of these packages find the stand-in."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        is_ours = fullname.partition(".")[0] in NAMES
        return ModuleSpec(fullname, self, is_package=True) if is_ours else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


class _StandIn(ModuleType):
    """A package of which any name can be imported."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_: Any, **__: Any) -> None:  # noqa: ANN401
            raise ImportError(f"{self.__name__}.{name} is left out of Trivium's model engine.")

        return type(name, (), {"__init__": refuse})
