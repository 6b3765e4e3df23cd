"""Change the size of a picture, with Lanczos filtering that is antialiased when it gets smaller."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ConfigError


def fit_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Scale a size so that its longest side is `longest`.

    Args:
        size: (H, W), both at least 1.
        longest: the new longest side, at least 1.

    Returns:
        (H, W) in the same proportion, rounded to nearest, both at least 1.

    Raises:
        ConfigError: a side or `longest` is below 1.
    """
    _check_size(size)
    if longest < 1:
        raise ConfigError(f"longest side {longest} is not valid; give a whole number of pixels from 1 up")
    height, width = size
    largest = max(size)
    # Whole numbers alone, so that the longest side is exact at any size: round(x) = floor((2x + 1) / 2).
    return (
        max(1, (2 * height * longest + largest) // (2 * largest)),
        max(1, (2 * width * longest + largest) // (2 * largest)),
    )


def resize(pixels: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """Resample to `size` with a Lanczos filter (3 lobes, widened when shrinking), clipped to [0, 1].

    Args:
        pixels: (H, W) or (H, W, C) in [0, 1].
        size: the new (H, W), both at least 1.

    Returns:
        float32 of the new size; `pixels` itself, not a copy, where the size is the same.

    Raises:
        ConfigError: a side of `size` is below 1.
    """
    _check_size(size)
    if pixels.shape[:2] == tuple(size):
        return pixels
    if pixels.ndim == 2:
        return _resize_channel(pixels, size)
    out = np.empty((*size, pixels.shape[2]), dtype=np.float32)
    for channel in range(pixels.shape[2]):
        out[..., channel] = _resize_channel(pixels[..., channel], size)
    return out


def resize_levels(levels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Resample 8-bit levels bicubically, in no more memory than they take: for alpha, and to compare with.

    Args:
        levels: (H, W), or (H, W, 3).
        size: the new (H, W), both at least 1.

    Returns:
        Of the new size; `levels` itself, not a copy, where the size is the same.

    Raises:
        ConfigError: a side of `size` is below 1.
    """
    _check_size(size)
    if levels.shape[:2] == tuple(size):
        return levels
    image = Image.fromarray(np.ascontiguousarray(levels))
    return np.array(image.resize((size[1], size[0]), Image.Resampling.BICUBIC))  # its own may not be changed


def _resize_channel(channel: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    height, width = size
    # A float32 array becomes Pillow's mode F: full precision, where its color modes would round to 8 bits.
    image = Image.fromarray(np.ascontiguousarray(channel, dtype=np.float32))
    resized: NDArray[np.float32] = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
    return resized.clip(0, 1)


def _check_size(size: tuple[int, int]) -> None:
    if min(size) < 1:
        raise ConfigError(f"size {size[0]} x {size[1]} is not valid; both sides must be at least 1 pixel")
