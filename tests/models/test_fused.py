"""Fused products are the plain ones, faster."""

from __future__ import annotations

import pytest
import torch

from trivium_models.fused import FusedLinear, PlainLinear, faster

from .precisions import BFLOAT16, FLOAT32


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 7, 300])
@pytest.mark.parametrize("dtype", [FLOAT32, BFLOAT16])
def test_the_same_figures(rows, bias, dtype):
    tolerance = 1e-5 if dtype == torch.float32 else 2e-2
    torch.manual_seed(0)
    weight, offset = torch.randn(24, 48) / 7, torch.randn(24) if bias else None
    x, other = torch.randn(rows, 48).to(dtype), torch.randn(rows, 24).to(dtype)
    with torch.inference_mode():
        plain, fused = (kind(weight, offset, dtype) for kind in (PlainLinear, FusedLinear))
        for expected, found in (
            (plain(x), fused(x)),
            (plain.gelu(x), fused.gelu(x)),
            (plain.plus(x, other), fused.plus(x, other)),
        ):
            assert torch.allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
def test_bfloat16_is_never_left_to_the_library_that_makes_a_kernel_for_each_height():
    assert faster(torch.bfloat16) is FusedLinear
