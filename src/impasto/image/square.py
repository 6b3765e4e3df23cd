"""Squares cut out of photos, for training: decoded no larger than needed, and scaled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from impasto.errors import ImageTooSmallError
from impasto.image.decode import decode_bytes, open_image, reading, upright_size
from impasto.image.picture import HEAD, check_size, sniff


@dataclass(frozen=True, kw_only=True)
class Square:
    """A part of a picture, in pixels of the upright picture; fractions count."""

    top: float
    left: float
    side: float


Choose: TypeAlias = Callable[[tuple[int, int]], Square | None]
"""From a picture's (H, W), upright, to the square wanted of it; None for none."""


def read_square(
    data: bytes, name: str, size: int, choose: Choose, *, max_pixels: int = 200_000_000
) -> NDArray[np.uint8]:
    """Cut a square out of a picture and scale it, with a Lanczos filter.

    A JPEG is decoded at a half, quarter or eighth of its size where that is enough, which is faster.

    Args:
        data: the whole file.
        name: what to call the picture in messages.
        size: side of what is returned, in pixels.
        choose: says which square, once the picture's size is known.
        max_pixels: the most pixels allowed, before anything is decoded.

    Returns:
        (size, size, 3) sRGB levels; transparency is ignored.

    Raises:
        ImageReadError: not a picture, damaged, or truncated.
        ImageTooLargeError: more than `max_pixels`.
        ImageTooSmallError: `choose` wanted none of it.
    """
    with reading(name), open_image(data, sniff(data[:HEAD], name)) as image:
        check_size(name, (image.height, image.width), max_pixels)
        height, width = upright_size(image)
        square = choose((height, width))
        if square is None:
            raise ImageTooSmallError(f"{name!r} has only {width} x {height} pixels; give a larger one")
        share = size / square.side
        image.draft(None, (int(image.width * share), int(image.height * share)))  # only JPEG heeds it
        pixels = Image.fromarray(decode_bytes(image))
        across, down = pixels.width / width, pixels.height / height
        box = (
            square.left * across,
            square.top * down,
            min((square.left + square.side) * across, pixels.width),
            min((square.top + square.side) * down, pixels.height),
        )
        return np.asarray(pixels.resize((size, size), Image.Resampling.LANCZOS, box=box))
