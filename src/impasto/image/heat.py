"""Numbers as colors: a heat map of perceptually even steps, alone or over a photo."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ConfigError
from impasto.image.color import luminance

_INFERNO = "000004 1b0c42 4b0c6b 781c6d a52c60 cf4446 ed6925 fb9a06 f7d03c fcffa4"
"""Ten even steps of the color map `inferno` of van der Walt, Smith & Firing, matplotlib 1.5, 2015 (CC0): from
black over red to pale yellow, the lightness rising evenly, so that it can be read without seeing red."""

_ANCHORS = np.array([list(bytes.fromhex(code)) for code in _INFERNO.split()], dtype=np.float32) / 255

_OPAQUE = 0.6
"""How much of an overlay is the heat map; the rest is the photo."""


def heat(values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Color numbers: 0 is black, 1 pale yellow, and what is larger is always lighter.

    Args:
        values: (H, W); values outside [0, 1] are clipped.

    Returns:
        (H, W, 3) sRGB in [0, 1].

    Raises:
        ConfigError: `values` has another number of dimensions, or holds what is not finite.
    """
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ConfigError(f"values of shape {values.shape} make no heat map; give finite ones, (H, W)")
    steps = np.linspace(0, 1, len(_ANCHORS))
    channels = [np.interp(values, steps, _ANCHORS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def overlay(photo: NDArray[np.float32], values: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Lay a heat map over a photo turned gray.

    Args:
        photo: (H, W, 3) sRGB in [0, 1].
        values: (H, W), as for `heat`.

    Returns:
        (H, W, 3) sRGB in [0, 1].

    Raises:
        ConfigError: As `heat`, or the two have different sizes.
    """
    if photo.shape[:2] != values.shape:
        raise ConfigError(f"a heat map of {values.shape} does not fit a photo of {photo.shape[:2]}")
    gray = luminance(photo)[..., np.newaxis]
    mixed: NDArray[np.float32] = (_OPAQUE * heat(values) + (1 - _OPAQUE) * gray).astype(np.float32)
    return mixed.clip(0, 1)
