"""Denoising real photos with a dictionary learned on others: the check that it is real."""

import math

import pytest
import skimage.data
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import (
    DictionaryLearner,
    SparseConfig,
    denoise,
    local_contrast_normalize,
    local_mean,
    psnr,
    random_filters,
    read_photos,
)

SIGMA = 0.1


def photos_of(*names: str, size: int) -> Tensor:
    return read_photos([getattr(skimage.data, name)() for name in names], size)


@pytest.fixture(scope="module")
def dictionary() -> Tensor:
    """Learned on none of the photos that are denoised."""
    photos = photos_of("camera", "brick", "coins", size=80)
    config = SparseConfig(filters=16, size=7, iterations=12, code_steps=8, filter_steps=4)
    return DictionaryLearner(local_contrast_normalize(photos).values, config).run()


def noisy(photos: Tensor, seed: int = 0) -> Tensor:
    return photos + SIGMA * torch.randn(photos.shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "rocket"])
def test_a_photo_gains_three_decibels(dictionary: Tensor, name: str) -> None:
    photo = photos_of(name, size=128)
    for seed in (0, 1):
        before = noisy(photo, seed)
        for given in (before, before.clamp(0, 1)):
            gain = psnr(denoise(given, dictionary, sigma=SIGMA), photo, peak=1) - psnr(given, photo, peak=1)
            assert gain >= 3


def test_what_was_learned_is_what_denoises(dictionary: Tensor) -> None:
    """Random filters of the same number and size stay behind."""
    photos = photos_of("astronaut", "rocket", size=96)
    given = noisy(photos)
    random = random_filters(16, 1, 7, torch.Generator().manual_seed(0))
    learned = psnr(denoise(given, dictionary, sigma=SIGMA), photos, peak=1)
    assert learned > psnr(denoise(given, random, sigma=SIGMA), photos, peak=1) + 0.5


def test_pictures_keep_their_place_range_and_number(dictionary: Tensor) -> None:
    photos = photos_of("astronaut", "rocket", size=64)[..., :50]
    given = noisy(photos)
    result = denoise(given, dictionary, sigma=SIGMA)
    assert result.shape == (2, 1, 64, 50)
    assert result.min() >= 0
    assert result.max() <= 1
    torch.testing.assert_close(denoise(given[1:], dictionary, sigma=SIGMA), result[1:], rtol=0, atol=1e-5)
    # Faint noise is taken out faintly: nothing but the noise level decides how much is lost.
    assert psnr(denoise(photos, dictionary, sigma=0.005), photos, peak=1) > 35


def test_a_higher_threshold_removes_more(dictionary: Tensor) -> None:
    given = noisy(photos_of("astronaut", size=48))
    low = local_mean(given, size=17, sigma=2.5).clamp(0, 1)
    left = [
        (denoise(given, dictionary, sigma=SIGMA, threshold=threshold) - low).square().mean().item()
        for threshold in (0.8, 3.0, 1000.0)
    ]
    assert left[0] > 1.5 * left[1] > 0
    assert left[2] == 0


def test_filters_need_not_have_unit_norm(dictionary: Tensor) -> None:
    photos = noisy(photos_of("astronaut", size=48))
    scaled = torch.cat([0.1 * dictionary, torch.zeros_like(dictionary[:1])])
    torch.testing.assert_close(
        denoise(photos, scaled, sigma=SIGMA, steps=10), denoise(photos, dictionary, sigma=SIGMA, steps=10)
    )


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
def test_noise_levels_that_are_not_valid(sigma: float) -> None:
    with pytest.raises(ConfigError, match=r"sigma .* is not valid"):
        denoise(torch.zeros(1, 1, 9, 9), torch.ones(1, 1, 3, 3), sigma=sigma)


def test_settings_that_are_not_valid() -> None:
    filters = torch.ones(1, 1, 3, 3)
    with pytest.raises(ConfigError, match="threshold 0"):
        denoise(torch.zeros(1, 1, 9, 9), filters, sigma=0.1, threshold=0)
    with pytest.raises(ConfigError, match=r"shape \(1, 3, 9, 9\); give gray"):
        denoise(torch.zeros(1, 3, 9, 9), filters, sigma=0.1)
