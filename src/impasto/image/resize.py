"""Change the size of a picture, with Lanczos filtering that is antialiased when it gets smaller."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ConfigError

BANDS = 2
"""Parts that a large picture is made in at once, one below the other, on as many cores: Pillow computes on
one, and lets others run meanwhile. As many on every machine, since a part's filter is rounded anew."""

LARGE = 2**17
"""Pixels from which on that is worth the start of threads."""


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


def resize(pixels: NDArray[np.float32], size: tuple[int, int], *, soft: bool = False) -> NDArray[np.float32]:
    """Resample to `size` with a Lanczos filter (3 lobes, widened when shrinking), clipped to [0, 1].

    Args:
        pixels: (H, W) or (H, W, C) in [0, 1].
        size: the new (H, W), both at least 1.
        soft: with a triangle in place of Lanczos: faster, where no detail matters.

    Returns:
        float32 of the new size; `pixels` itself, not a copy, where the size is the same.

    Raises:
        ConfigError: a side of `size` is below 1.
    """
    _check_size(size)
    if pixels.shape[:2] == tuple(size):
        return pixels
    out = np.empty((*size, *pixels.shape[2:]), dtype=np.float32)
    for plane, made in zip(*(np.moveaxis(np.atleast_3d(each), 2, 0) for each in (pixels, out)), strict=True):
        # A float32 array becomes Pillow's mode F: full precision, where color modes would round to 8 bits.
        image = Image.fromarray(np.ascontiguousarray(plane, dtype=np.float32))
        _resample(image, Image.Resampling.BILINEAR if soft else Image.Resampling.LANCZOS, made)
    return np.clip(out, 0, 1, out=out)


def resize_levels(
    levels: NDArray[np.uint8], size: tuple[int, int], *, soft: bool = False
) -> NDArray[np.uint8]:
    """Resample 8-bit levels bicubically, in no more memory than they take: for alpha, and to compare with.

    Args:
        levels: (H, W), or (H, W, 3).
        size: the new (H, W), both at least 1.
        soft: as of `resize`.

    Returns:
        Of the new size; `levels` itself, not a copy, where the size is the same.

    Raises:
        ConfigError: a side of `size` is below 1.
    """
    _check_size(size)
    if levels.shape[:2] == tuple(size):
        return levels
    out = np.empty((*size, *levels.shape[2:]), dtype=np.uint8)
    image = Image.fromarray(np.ascontiguousarray(levels))
    _resample(image, Image.Resampling.BILINEAR if soft else Image.Resampling.BICUBIC, out)
    return out


def _resample(image: Image.Image, kernel: Image.Resampling, out: NDArray[np.generic]) -> None:
    """Fill an array of the new size, in bands."""
    height, width = out.shape[:2]
    bands = BANDS if max(height * width, image.height * image.width) >= LARGE and height >= BANDS else 1
    rows = [height * band // bands for band in range(bands + 1)]

    def fill(first: int, last: int) -> None:
        # The filter reaches over the box's edges, so bands meet without a seam.
        box = (0.0, first * image.height / height, image.width, last * image.height / height)
        out[first:last] = np.asarray(image.resize((width, last - first), kernel, box))

    if bands == 1:
        fill(0, height)
        return
    with ThreadPoolExecutor(bands) as pool:  # not kept, as a process that is forked off would wait for it
        list(pool.map(fill, rows[:-1], rows[1:]))  # with what went wrong in one


def _check_size(size: tuple[int, int]) -> None:
    if min(size) < 1:
        raise ConfigError(f"size {size[0]} x {size[1]} is not valid; both sides must be at least 1 pixel")
