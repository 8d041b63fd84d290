"""A cache of its own, and a model to put into it."""

import pytest
from models.checkpoints import (
    extend_catalog,
    wheel_card,
    wheel_files,
    write_checkpoint,
    write_wheel,
)

from trivium_models import catalog


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """An empty cache, an empty hub cache, and an index of packages that is one folder."""
    monkeypatch.setenv("TRIVIUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRIVIUM_OFFLINE", raising=False)


@pytest.fixture
def checkpoint(tmp_path):
    folder = write_checkpoint(tmp_path / "source")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text("{}")
    return folder


@pytest.fixture
def tiny(tmp_path, checkpoint, monkeypatch):
    """The model `tiny-bert`, in the catalog and in a wheel."""
    monkeypatch.setattr(catalog, "cards", catalog.cards)
    extend_catalog(wheel_card(checkpoint))
    write_wheel(tmp_path, wheel_files(checkpoint) | {"tiny_model/__init__.py": b"1 / 0"})
    yield "tiny-bert"
    catalog._by_name.cache_clear()
