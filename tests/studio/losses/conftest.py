"""Photos that several losses are tried on."""

import pytest
import torch
from torch import Tensor


@pytest.fixture
def photos() -> Tensor:
    """Two of three unlike channels, smooth over the squares of tones and tints."""
    coarse = torch.rand(2, 3, 6, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return torch.nn.functional.interpolate(coarse, size=(160, 176), mode="bilinear")
