"""Batches made smaller and larger: what the pictures of the gallery's floor would be."""

from typing import Any

import numpy as np
import pytest
import torch

from impasto.image import cubic_resize, degrade
from impasto.studio.train.superres.scale import larger, smaller

PHOTOS = torch.rand(2, 3, 24, 40, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("degradation", ["bicubic", "blur"])
@pytest.mark.parametrize("factor", [2, 8])
def test_smaller_is_degrade_in_8_bits(factor: int, degradation: Any) -> None:
    small = smaller(PHOTOS, factor, degradation)
    assert small.shape == (2, 3, 24 // factor, 40 // factor)
    for photo, made in zip(PHOTOS, small, strict=True):
        wanted = np.round(degrade(photo.permute(1, 2, 0).numpy(), factor, degradation) * 255)
        assert np.abs(made.permute(1, 2, 0).numpy() * 255 - wanted).max() <= 1
        assert np.mean(np.abs(made.permute(1, 2, 0).numpy() * 255 - wanted) > 0.5) < 0.01
    assert torch.equal((small * 255).round() / 255, small)


def test_autocast_changes_nothing() -> None:
    with torch.autocast("cpu", torch.bfloat16):
        small = smaller(PHOTOS, 2, "bicubic")
        large = larger(small, 2)
    assert torch.equal(small, smaller(PHOTOS, 2, "bicubic"))
    assert torch.equal(large, larger(small, 2))


def test_larger_is_bicubic() -> None:
    wanted = cubic_resize(PHOTOS[0].permute(1, 2, 0).numpy(), (96, 160)).clip(0, 1)
    assert larger(PHOTOS, 4)[0].permute(1, 2, 0).numpy() == pytest.approx(wanted, abs=1e-5)
