"""Bicubic resizing as MATLAB's `imresize` does it, which the field's test sets are made smaller with.

Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, with a = -0.5; where a picture
gets smaller the kernel is as much wider, so that it is antialiased.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from impasto.errors import ConfigError

Doubles = NDArray[np.float64]

_REACH = 2
"""Pixels that the kernel reaches to either side."""


def keys(distance: Doubles) -> Doubles:
    """Return Keys's cubic kernel (equation 15) at distances in pixels; 0 beyond 2."""
    far = np.abs(distance)
    near = (1.5 * far - 2.5) * far**2 + 1
    outer = ((-0.5 * far + 2.5) * far - 4) * far + 2
    return np.where(far <= 1, near, np.where(far <= _REACH, outer, 0.0))


@lru_cache(maxsize=16)
def cubic_matrix(before: int, after: int) -> Doubles:
    """Return what a row of pixels is multiplied by to be resized: dense, so for sides of some thousands.

    Beyond its ends a row is mirrored, its last pixel repeated, as `imresize` has it.

    Args:
        before: Pixels of the row.
        after: Pixels wanted.

    Returns:
        (after, before), rows that sum to 1; not to be written to.

    Raises:
        ConfigError: One of them is below 1.
    """
    if min(before, after) < 1:
        raise ConfigError(f"a row of {before} pixels cannot become {after}; both must be at least 1")
    scale = after / before
    widen = min(scale, 1.0)
    centers = (np.arange(after) + 0.5) / scale - 0.5
    count = 2 * int(np.ceil(_REACH / widen)) + 2
    first = np.floor(centers - _REACH / widen).astype(int)
    taps = first[:, np.newaxis] + np.arange(count)
    weights = keys(widen * (centers[:, np.newaxis] - taps))
    weights /= weights.sum(1, keepdims=True)
    places = taps % (2 * before)
    places = np.minimum(places, 2 * before - 1 - places)
    matrix = np.zeros((after, before))
    np.add.at(matrix, (np.arange(after)[:, np.newaxis], places), weights)
    matrix.flags.writeable = False
    return matrix


def cubic_resize(pixels: NDArray[np.floating[Any]], size: tuple[int, int]) -> Doubles:
    """Resize a picture as `imresize` does one of doubles: exactly, and not clipped.

    Args:
        pixels: (H, W) or (H, W, C).
        size: The new (H, W).

    Returns:
        float64 of the new size; where there are edges, values may go beyond those of `pixels`.

    Raises:
        ConfigError: A side is below 1.
    """
    down, across = (cubic_matrix(*sides) for sides in zip(pixels.shape[:2], size, strict=True))
    return apply_matrices(pixels, down, across)


def apply_matrices(pixels: NDArray[np.floating[Any]], down: Doubles, across: Doubles) -> Doubles:
    """Multiply columns (H, W) or (H, W, C) by one matrix (H', H), and rows by another (W', W)."""
    rows: Doubles = np.tensordot(down, pixels.astype(np.float64), (1, 0))  # (H', W, C)
    return np.moveaxis(np.tensordot(across, rows, (1, 1)), 0, 1)  # (H', W', C)
