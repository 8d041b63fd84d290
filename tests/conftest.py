"""What every test may rely on: a cache of its own, the fetched weights, no network."""

import os

import pytest

from trivium_models import cache

# Waiting threads of torch sleep here too, as in the engine: spinning ones starve a busy machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")

REAL_MODELS = cache.models_root()


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Indexes and histories live and die with the test; the fetched weights are shared."""
    own = tmp_path_factory.mktemp("cache")
    REAL_MODELS.mkdir(parents=True, exist_ok=True)
    (own / "models").symlink_to(REAL_MODELS)
    monkeypatch.setenv("TRIVIUM_CACHE", str(own))
    return own
