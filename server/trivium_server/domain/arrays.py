"""The numpy arrays that the index deals in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
"""Chunk ids, or rows of another array."""
Floats = npt.NDArray[np.float32]
"""Embeddings as models give them: float32, [d] or [n, d]."""
Codes = npt.NDArray[np.int8]
"""Embeddings as they are kept: int8, [d] or [n, d]."""
Groups = npt.NDArray[np.int32]
"""The file of each chunk, as the store numbers files."""
