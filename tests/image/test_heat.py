"""Heat maps: their ends, their order in lightness, and the photo beneath."""

import numpy as np
import pytest

from impasto.errors import ConfigError
from impasto.image import heat, luminance, overlay

RAMP = np.linspace(0, 1, 256, dtype=np.float32)[np.newaxis]


def lightness(pixels: np.ndarray) -> np.ndarray:
    """CIE L* of sRGB."""
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    y = linear @ np.array([0.2126, 0.7152, 0.0722])
    shown: np.ndarray = np.where(y > 216 / 24389, 116 * np.cbrt(y) - 16, y * 24389 / 27)
    return shown


def test_ends_and_shape() -> None:
    shown = heat(RAMP)
    assert shown.shape == (1, 256, 3)
    assert shown.dtype == np.float32
    np.testing.assert_allclose(shown[0, 0] * 255, [0, 0, 4], atol=1e-3)
    np.testing.assert_allclose(shown[0, -1] * 255, [252, 255, 164], atol=1e-3)


def test_more_is_lighter_in_even_steps() -> None:
    steps = np.diff(lightness(heat(RAMP))[0])
    assert steps.min() > 0
    assert steps.max() < 2.5 * steps.mean()


def test_beyond_the_ends_is_clipped() -> None:
    np.testing.assert_array_equal(heat(np.array([[-1.0, 2.0]])), heat(np.array([[0.0, 1.0]])))


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros((2, 2, 3)), np.array([[np.nan]])])
def test_refuses(values: np.ndarray) -> None:
    with pytest.raises(ConfigError, match=r"give finite ones, \(H, W\)"):
        heat(values)


def test_the_photo_is_gray_beneath() -> None:
    photo = np.random.default_rng(0).random((4, 5, 3), dtype=np.float32)
    dark = overlay(photo, np.zeros((4, 5)))
    beneath = dark - overlay(np.zeros_like(photo), np.zeros((4, 5)))
    np.testing.assert_allclose(beneath, 0.4 * luminance(photo)[..., np.newaxis].repeat(3, 2), atol=1e-6)
    assert (luminance(overlay(photo, np.ones((4, 5)))) > luminance(dark)).all()


def test_sizes_must_agree() -> None:
    with pytest.raises(ConfigError, match="does not fit a photo"):
        overlay(np.zeros((4, 5, 3), np.float32), np.zeros((5, 4)))
