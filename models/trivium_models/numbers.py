"""Whether what a model computed are numbers at all.

One NaN among the weights loads without a word, and then every vector is nothing and every
continuation is the vocabulary's first token. Knows no framework and no architecture.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from trivium_models.errors import ModelDamaged


def are_numbers(computed: np.ndarray) -> bool:
    """Whether none of them is NaN."""
    return not np.isnan(computed).any()


def refuse_nan(computed: np.ndarray | Iterable[float], name: str) -> None:
    """Raise ModelDamaged when a vector or a log-probability is not a number."""
    values = computed if isinstance(computed, np.ndarray) else np.fromiter(computed, float)
    if not are_numbers(values):
        raise ModelDamaged(
            f"{name} computes what is not a number: its weights are damaged or overflow; fetch or "
            "export it again, or choose another model."
        )
