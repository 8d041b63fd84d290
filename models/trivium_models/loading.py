"""From a model's spec to a model in memory, in steps that let urgent jobs through.

`Models` holds one model for each art, and a second encoder while that takes over from the first.
Whichever job needs a model first advances its loading; if that job is cancelled, the next one goes
on from there. Both lanes of the engine may ask. Runs in the engine only: the architecture files,
and torch with them, are imported here at the first real model.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from trivium_models import cache, fake, memory
from trivium_models.architectures import Model, Steps
from trivium_models.errors import ModelDamaged, ModelError, ModelUnfit
from trivium_models.types import Art, ModelStatus


class Models:
    """The models of the engine, loaded when they are first needed."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._threads = 0
        self._specs: dict[Art, str] = {}
        self._slots: dict[tuple[Art, str], _Slot] = {}

    def configure(self, specs: dict[Art, str], threads: int, successor: str = "") -> None:
        """Choose the models; those that are not wanted any more are dropped from memory.

        `successor` is a second embedding model, which is to take the place of the first.
        """
        self._threads = threads
        self._specs = specs
        wanted = [*specs.items(), *([(Art.ENCODER, successor)] if successor else [])]
        self._slots = {key: self._slots.get(key) or _Slot(*key) for key in wanted}
        self._on_change()

    def statuses(self) -> list[ModelStatus]:
        """Every art's model and how it is; a successor comes last."""
        return [slot.report() for slot in self._slots.values()]

    def name(self, art: Art) -> str:
        """The chosen model of an art, as the user wrote it."""
        return self._specs[art]

    def ready(self, art: Art, spec: str = "") -> bool:
        """Whether a model of an art is in memory."""
        slot = self._slots.get((art, spec or self._specs[art]))
        return slot is not None and slot.model is not None

    def loading(self) -> bool:
        """Whether a model is on its way into memory, which a slow disk may draw out. Any thread."""
        return any(slot.lock.locked() for slot in self._slots.values())

    def get(self, art: Art, spec: str = "") -> Steps[Any]:
        """The loaded model of an art, as steps; raises what loading raised.

        Whoever needs a certain model names it: another may have been chosen since he asked.
        """
        slot = self._slots.get((art, spec or self._specs[art]))
        if slot is None:
            raise ModelUnfit(f"{spec} is no longer the chosen {art}.")
        while slot.model is None:
            with slot.lock:
                self._advance(slot)
            yield
        return slot.model

    def _advance(self, slot: _Slot) -> None:
        """Take the next step of loading; another job may have taken the last one meanwhile."""
        if slot.model is not None:
            return
        if slot.loading is None:
            slot.loading = _load(slot.status.art, slot.status.id, self._threads)
        try:
            next(slot.loading)
        except StopIteration as end:
            slot.model, slot.loading = end.value, None
            self._tell(slot, "ready")
        except Exception as error:
            slot.loading = None
            self._tell(slot, "error", str(error))
            raise
        else:
            self._tell(slot, "loading")

    def _tell(self, slot: _Slot, state: str, message: str = "") -> None:
        if (state, message) != (slot.status.state, slot.status.message):
            slot.status = replace(slot.status, state=state, message=message)
            self._on_change()


class _Slot:
    """One art's model: not there, being loaded, or ready."""

    def __init__(self, art: Art, spec: str) -> None:
        self.status = ModelStatus(spec, art, "off")
        self.lock = threading.Lock()
        self.loading: Generator[None, None, Model] | None = None
        self.model: Model | None = None

    def report(self) -> ModelStatus:
        if self.model is None:
            return self.status
        model = self.model
        return replace(
            self.status,
            bytes=model.bytes,
            context=model.context,
            dtype=model.dtype,
            truncated=model.truncated,
        )


def _load(art: Art, spec: str, threads: int) -> Steps[Model]:
    """Find, import, load: a step each."""
    if fake.is_fake(spec):
        return fake.load(art, spec)
    from trivium_models import machine, weights

    path = weights.locate(spec, art)
    yield
    with memory.uncollected():
        architecture = _architecture(art)
    yield
    try:
        with memory.uncollected():
            model: Model = architecture.load(path, machine.detect(threads))
    except ModelError:
        raise
    except MemoryError as error:
        raise ModelUnfit(f"{spec} does not fit into this machine's memory.") from error
    except Exception as error:
        raise _unloadable(spec, path, error) from error
    memory.collect()
    return model


def _unloadable(spec: str, path: Path, error: Exception) -> ModelDamaged:
    """What a library's error means for whoever named the model."""
    if "ignore_mismatched_sizes" in str(error):  # the shapes themselves are in a log only
        return ModelDamaged(
            f"The weights of {spec} do not belong to its config.json: some have other shapes than "
            "it says; take both from one publication."
        )
    ours = path.parent == cache.models_root()
    remedy = f"run `trivium models pull {spec}`" if ours else "fetch or export it again"
    return ModelDamaged(f"{spec} could not be loaded ({type(error).__name__}: {error}): {remedy}.")


def _architecture(art: Art) -> Any:  # noqa: ANN401  (classes of modules that must not be imported before)
    if art is Art.ENCODER:
        from trivium_models.encoder import SentenceEncoder

        return SentenceEncoder
    if art is Art.DECODER:
        from trivium_models.decoder import CausalDecoder

        return CausalDecoder
    from trivium_models.seq2seq import Seq2SeqRewriter

    return Seq2SeqRewriter
