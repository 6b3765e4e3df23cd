"""How a picture gets small: the two ways that super-resolution is trained and measured with."""

from functools import lru_cache
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ConfigError
from impasto.image.cubic import Doubles, apply_matrices, cubic_matrix

Degradation: TypeAlias = Literal["bicubic", "blur"]

SIGMA = 1.0
"""Deviation, in pixels of the large picture, of the blur (Johnson et al. 2016, section 4.2)."""

_DEVIATIONS = 4
"""Where the Gaussian is cut off, in deviations."""


@lru_cache(maxsize=16)
def shrinking(side: int, factor: int, degradation: Degradation) -> Doubles:
    """Return what a row of pixels is multiplied by to become `factor` times as short.

    `bicubic` is MATLAB's antialiased `imresize`, with which the test sets are made. `blur` is a Gaussian of
    one pixel before it, as in the paper, which does not say whether its bicubic was antialiased; here it is.

    Args:
        side: Pixels of the row, a multiple of `factor`.
        factor: From 1 up.
        degradation: Which.

    Returns:
        (side / factor, side), rows that sum to 1; not to be written to.

    Raises:
        ConfigError: A degradation that there is not, or a side that is no multiple.
    """
    if degradation not in get_args(Degradation):
        raise ConfigError(f"degradation is {degradation!r}; choose {' or '.join(get_args(Degradation))}")
    if factor < 1 or side % factor:
        raise ConfigError(f"a side of {side} pixels is no multiple of the factor {factor}; crop it")
    matrix = cubic_matrix(side, side // factor)
    if degradation == "bicubic":
        return matrix
    made = matrix @ _blurring(side)
    made.flags.writeable = False
    return made


def degrade(pixels: NDArray[np.floating[Any]], factor: int, degradation: Degradation = "bicubic") -> Doubles:
    """Make a picture `factor` times as small on each side.

    Args:
        pixels: (H, W) or (H, W, C) in [0, 1], both sides multiples of the factor.
        factor: From 1 up.
        degradation: How; see `shrinking`.

    Returns:
        (H / factor, W / factor) or the same with C, float64, clipped to [0, 1].

    Raises:
        ConfigError: As of `shrinking`.
    """
    down, across = (shrinking(side, factor, degradation) for side in pixels.shape[:2])
    return apply_matrices(pixels, down, across).clip(0, 1)


def crop_to_multiple(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Take rows and columns off the end of a picture (H, W, C), as the field does, to fit a factor."""
    height, width = (side - side % factor for side in pixels.shape[:2])
    return pixels[:height, :width]


def _blurring(side: int) -> Doubles:
    """Return the matrix (side, side) of a Gaussian; beyond its ends a row is mirrored."""
    reach = int(np.ceil(_DEVIATIONS * SIGMA))
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-(offsets**2) / (2 * SIGMA**2))
    places = (np.arange(side)[:, np.newaxis] + offsets) % (2 * side)
    places = np.minimum(places, 2 * side - 1 - places)
    matrix = np.zeros((side, side))
    np.add.at(matrix, (np.arange(side)[:, np.newaxis], places), weights / weights.sum())
    return matrix
