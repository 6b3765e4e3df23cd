"""Tone loss: what is light in a photo stays lighter than what is dark, and what is even stays even.

A style loss asks for a painting's lights and darks and not where they are, and content losses hardly see an
even area. So networks lay clouds of light and dark on skies, skin and backdrops, and turn black to paper.
"""

import torch
from torch import Tensor

from .functional import full_precision, luma, square_means

REACH = 32
"""Side, in pixels, of the squares whose mean is one tone; strokes are finer than that, and free."""

EVEN = 4e-4
"""Variance of a photo's tones that its contrast is measured against at least: a photo of one tone gives
none."""


def tones(images: Tensor) -> Tensor:
    """Return the lightness of squares of pictures, each of which overlaps the next by half.

    Args:
        images: Pictures (N, 3, H, W) of sRGB in [0, 1]. Where they are smaller than `REACH`, so are squares.

    Returns:
        Mean luma in [0, 1], (N, 1, h, w), float32 or float64.
    """
    return luma(colors_of_squares(images))


def colors_of_squares(images: Tensor) -> Tensor:
    """Return the mean color of the squares of `tones`, (N, 3, h, w)."""
    return square_means(full_precision(images), REACH)


def tone_loss(images: Tensor, photos: Tensor) -> Tensor:
    """Measure the tones of pictures that do not follow from those of their photos.

    For each picture the mean of (t - s p)^2, where t and p are its tones and the photo's, each less their
    mean, and s is the contrast of at least 0 that explains most: s = max(0, <t p> / (<p^2> + EVEN)). So a
    picture may be lighter or darker than its photo, and softer or harder, but not cloudier, nor a negative.

    Args:
        images: Pictures (N, 3, H, W) of sRGB in [0, 1].
        photos: What they were made of, the same shape.

    Returns:
        The mean over pictures, a scalar at least 0, in units of `tone_variance`.
    """
    made, seen = (each - each.mean((2, 3), keepdim=True) for each in (tones(images), tones(photos)))
    power = seen.square().mean((2, 3), keepdim=True) + EVEN
    contrast = ((made * seen).mean((2, 3), keepdim=True) / power).clamp(min=0)
    return (made - contrast * seen).square().mean()


def tone_variance(images: Tensor) -> Tensor:
    """Return the variance of the tones of pictures (N, 3, H, W), all of them together: a scalar."""
    return torch.var(tones(images), correction=0)
