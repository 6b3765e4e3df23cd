"""Grain loss: what is even in a photo gets no more marks than what is even in the painting.

A style loss asks for a painting's marks and not where they are, and content losses resist them least in an
even area: there a network repeats one mark in rows, foam on a backdrop, until the count is right. A painter
does not: paper stays paper, and where a sky is all strokes, so are a painting's most even parts.
"""

import torch
from torch import Tensor

from .functional import full_precision, luma, square_means

SIDE = 16
"""Side, in pixels, of the squares whose contrast is measured: a mark or two of one that repeats."""

EVEN = 0.02
"""Contrast of a photo's square that counts half."""

QUIET = 0.2
"""Share of a painting's squares that are its even parts; their highest contrast is the limit."""

_LEAST = 1e-8


def contrasts(images: Tensor) -> Tensor:
    """Return the contrast within squares of pictures, each of which overlaps the next by half.

    Args:
        images: Pictures (N, 3, H, W) of sRGB in [0, 1]. Where they are smaller than `SIDE`, so are squares.

    Returns:
        Standard deviation of luma in [0, 0.5], (N, 1, h, w), float32 or float64.
    """
    values = luma(full_precision(images))
    mean, square = square_means(values, SIDE), square_means(values.square(), SIDE)
    return (square - mean.square()).clamp(min=_LEAST).sqrt()


def quiet_contrast(images: Tensor) -> Tensor:
    """Return what the contrast of a share `QUIET` of the squares of pictures (N, 3, H, W) is at most."""
    return torch.quantile(contrasts(images).flatten(), QUIET)


def grain_loss(images: Tensor, photos: Tensor, quiet: Tensor | float) -> Tensor:
    """Measure the contrast that even parts of photos got, beyond the photos' own and a painting's.

    The mean over squares of w max(0, c - p - q), where c is the contrast of a square, p that of the photo's,
    q the limit, and w = 1 / (1 + (p / EVEN)^2).

    Args:
        images: Pictures (N, 3, H, W) of sRGB in [0, 1].
        photos: What they were made of, the same shape.
        quiet: Contrast that even parts may have: the painting's `quiet_contrast`.

    Returns:
        The mean over pictures, a scalar at least 0, in units of `contrasts`.
    """
    made, seen = contrasts(images), contrasts(photos)
    even = 1 / (1 + (seen / EVEN).square())
    return (even * (made - seen - quiet).clamp(min=0)).mean()
