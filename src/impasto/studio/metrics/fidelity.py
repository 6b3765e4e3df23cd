"""Fidelity of a picture to another, as super-resolution reports it: PSNR and SSIM on luma.

Wang, Bovik, Sheikh & Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity",
2004, for SSIM. NumPy, float64.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ConfigError, ImageTooSmallError

Doubles = NDArray[np.float64]

PEAK = 255.0
"""Difference between black and white, in levels."""

_WINDOW, _SIGMA = 11, 1.5
_K1, _K2 = 0.01, 0.03
_LUMA = (65.481, 128.553, 24.966)
_BLACK = 16.0


def luma(pixels: NDArray[np.floating[Any]]) -> Doubles:
    """Return Y of Y'CbCr in studio range, as MATLAB's `rgb2ycbcr` has it (BT.601), not rounded.

    Args:
        pixels: (H, W, 3) sRGB in [0, 1].

    Returns:
        (H, W) from 16 (black) to 235 (white).
    """
    weighted: Doubles = pixels.astype(np.float64) @ np.array(_LUMA)
    return weighted + _BLACK


def psnr(made: NDArray[Any], wanted: NDArray[Any], *, peak: float = PEAK) -> float:
    """Return the peak signal-to-noise ratio, 10 log10(peak**2 / mean square error), in dB.

    Args:
        made: Any shape.
        wanted: The same.
        peak: Difference between black and white.

    Returns:
        dB, infinite where the two are the same.

    Raises:
        ConfigError: The shapes differ.
    """
    _check_shapes(made, wanted)
    error = float(np.mean((made.astype(np.float64) - wanted.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(peak**2 / error)


def ssim(made: NDArray[Any], wanted: NDArray[Any], *, peak: float = PEAK) -> float:
    """Return the mean structural similarity (equation 13), with the paper's Gaussian of 11 pixels.

    Only where the whole window is inside of the picture, as the authors' program has it.

    Args:
        made: (H, W), both at least 11.
        wanted: The same.
        peak: Difference between black and white.

    Returns:
        At most 1, for the same picture.

    Raises:
        ConfigError: The shapes differ, or are not (H, W).
        ImageTooSmallError: A side has less than 11 pixels.
    """
    _check_shapes(made, wanted)
    if made.ndim != 2:
        raise ConfigError(f"a picture has the shape {made.shape}; SSIM takes one channel, (H, W)")
    if min(made.shape) < _WINDOW:
        raise ImageTooSmallError(
            f"{made.shape[1]} x {made.shape[0]} pixels are too few for SSIM; both sides must be at least "
            f"{_WINDOW}"
        )
    one, other = made.astype(np.float64), wanted.astype(np.float64)
    mean, other_mean = _smoothed(one), _smoothed(other)
    variance = _smoothed(one * one) - mean**2
    other_variance = _smoothed(other * other) - other_mean**2
    covariance = _smoothed(one * other) - mean * other_mean
    c1, c2 = (_K1 * peak) ** 2, (_K2 * peak) ** 2
    means = (2 * mean * other_mean + c1) / (mean**2 + other_mean**2 + c1)
    return float((means * (2 * covariance + c2) / (variance + other_variance + c2)).mean())


def _smoothed(values: Doubles) -> Doubles:
    """Weigh windows of 11 x 11 by a Gaussian: (H, W) to (H - 10, W - 10)."""
    offsets = np.arange(_WINDOW) - _WINDOW // 2
    weights = np.exp(-(offsets**2) / (2 * _SIGMA**2))
    weights /= weights.sum()
    for axis in (0, 1):
        values = np.lib.stride_tricks.sliding_window_view(values, _WINDOW, axis) @ weights
    return values


def _check_shapes(made: NDArray[Any], wanted: NDArray[Any]) -> None:
    if made.shape != wanted.shape:
        raise ConfigError(f"pictures have the shapes {made.shape} and {wanted.shape}; they must be the same")
