"""PSNR, SSIM and luma against values worked out by hand, and against scikit-image."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.color import rgb2ycbcr
from skimage.data import chelsea, coffee
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from impasto.errors import ConfigError, ImageTooSmallError
from impasto.studio.metrics import luma, psnr, ssim


def photo(height: int, width: int, seed: int = 0) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = 90 * np.sin(x / 5 + seed) * np.cos(y / 7)
    made: NDArray[np.float64] = 127 + waves + random.normal(0, 8, (height, width))
    return made.clip(0, 255)


def theirs(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(
        structural_similarity(  # type: ignore[no-untyped-call]
            one, other, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
        )
    )


def test_psnr_by_hand() -> None:
    black, gray = np.zeros((4, 4)), np.full((4, 4), 25.5)
    assert psnr(black, gray) == pytest.approx(20)  # a tenth of the range
    assert psnr(black / 255, gray / 255, peak=1) == pytest.approx(20)
    assert psnr(gray, gray) == math.inf
    one, other = photo(20, 30), photo(20, 30, 1)
    assert psnr(one, other) == pytest.approx(peak_signal_noise_ratio(other, one, data_range=255))  # type: ignore[no-untyped-call]


def test_levels_do_not_wrap_round() -> None:
    assert psnr(np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)) == pytest.approx(0)


def test_luma_is_that_of_studio_range() -> None:
    colors = np.array([[[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]], np.float64)
    assert luma(colors)[0] == pytest.approx([16, 235, 81.481, 144.553, 40.966], abs=2e-3)
    assert luma(coffee() / 255) == pytest.approx(rgb2ycbcr(coffee())[..., 0], abs=1e-6)  # type: ignore[no-untyped-call]


@given(height=st.integers(11, 40), width=st.integers(11, 40), seed=st.integers(0, 9))
def test_ssim_is_scikit_images(height: int, width: int, seed: int) -> None:
    one, other = photo(height, width, seed), photo(height, width, seed + 1)
    assert ssim(one, other) == pytest.approx(theirs(one, other), abs=1e-4)
    assert ssim(one, other) == pytest.approx(ssim(other, one))


def test_ssim_of_a_photo_and_a_worse_copy() -> None:
    photo = luma(chelsea() / 255)  # type: ignore[no-untyped-call]
    for step in (4, 16, 64):
        worse = np.round(photo / step) * step
        assert ssim(worse, photo) == pytest.approx(theirs(worse, photo), abs=1e-4)
    assert ssim(photo, photo) == pytest.approx(1)


def test_ssim_of_flat_pictures_by_hand() -> None:
    """No variance: what is left is (2 a b + c) / (a a + b b + c), c = (0.01 * 255)^2."""
    one, other = np.full((11, 12), 100.0), np.full((11, 12), 50.0)
    assert ssim(one, other) == pytest.approx((2 * 5000 + 6.5025) / (10000 + 2500 + 6.5025))


def test_what_cannot_be_compared() -> None:
    with pytest.raises(ConfigError, match=r"the shapes \(20, 20\) and \(20, 21\)"):
        psnr(photo(20, 20), photo(20, 21))
    with pytest.raises(ConfigError, match="SSIM takes one channel"):
        ssim(np.zeros((20, 20, 3)), np.zeros((20, 20, 3)))
    with pytest.raises(ImageTooSmallError, match="30 x 10 pixels are too few for SSIM"):
        ssim(photo(10, 30), photo(10, 30))
