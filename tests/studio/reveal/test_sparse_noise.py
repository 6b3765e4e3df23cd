"""Noise added and removed, and how much of it."""

import pytest
import torch

from impasto.studio.reveal.sparse import check_noise, denoise, psnr, random_filters

PHOTO = torch.linspace(0, 1, 24).expand(1, 1, 24, 24)
FILTERS = random_filters(6, 1, 5, torch.Generator().manual_seed(0))


def test_what_is_told_is_what_was_done() -> None:
    found = check_noise(PHOTO, FILTERS, 0.1)
    assert float((found.noisy - PHOTO).std()) == pytest.approx(0.1, rel=0.1)
    torch.testing.assert_close(found.clean, denoise(found.noisy, FILTERS, sigma=0.1))
    assert found.before == psnr(found.noisy, PHOTO, peak=1.0) == pytest.approx(20, abs=1)
    assert found.after == psnr(found.clean, PHOTO, peak=1.0)
    assert found.after > found.before + 2


def test_the_seed_decides_the_noise() -> None:
    first, again, other = (check_noise(PHOTO, FILTERS, 0.1, seed=seed).noisy for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
