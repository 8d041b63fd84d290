"""The precisions that products can be tested in on this machine."""

import pytest
import torch

_HAS_BFLOAT16 = (
    torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
)

FLOAT32 = pytest.param(torch.float32, id="float32")
BFLOAT16 = pytest.param(
    torch.bfloat16,
    id="bfloat16",
    marks=pytest.mark.skipif(
        not _HAS_BFLOAT16, reason="this processor multiplies no bfloat16 through oneDNN"
    ),
)
