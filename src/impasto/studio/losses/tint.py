"""Tint loss: what has one color in a photo gets one color, whichever it is.

The tone loss keeps clouds of light and dark off even areas. Patches of two colors of the same lightness, as
a palette loss asks for, are none of its business; they are this loss's.
"""

import torch
from torch import Tensor

from .functional import luma
from .tone import colors_of_squares

ALIKE = 0.04
"""Distance of two colors of a photo, in [0, 1], that are still nearly one: a shade of a sky, not two."""


def tints(images: Tensor) -> Tensor:
    """Return what the colors of squares of pictures are beside their `tones`.

    Args:
        images: Pictures (N, 3, H, W) of sRGB in [0, 1].

    Returns:
        Mean red, green and blue of a square, less its mean luma, (N, 3, h, w), float32 or float64.
    """
    colors = colors_of_squares(images)
    return colors - luma(colors)


def tint_loss(images: Tensor, photos: Tensor) -> Tensor:
    """Measure the tints of pictures that do not follow from the colors of their photos.

    For each picture the mean square of T - K T, where T are its tints, and K T that of each square's likes:
    means over all squares, each weighted by exp(-|p - q|^2 / 2 `ALIKE`^2) of the photo's colors p and q. So
    colors may change as they like, as long as like ones become like ones.

    Args:
        images: Pictures (N, 3, H, W) of sRGB in [0, 1].
        photos: What they were made of, the same shape.

    Returns:
        The mean over pictures, a scalar at least 0, in units of `tint_variance`.
    """
    made = tints(images).flatten(2).mT
    seen = colors_of_squares(photos).flatten(2).mT
    apart = torch.cdist(seen, seen, compute_mode="donot_use_mm_for_euclid_dist")
    likes = torch.softmax(-apart.square() / (2 * ALIKE**2), 2)
    return (made - likes @ made).square().mean()


def tint_variance(images: Tensor) -> Tensor:
    """Return the variance of the tints of pictures (N, 3, H, W), all together, mean of three: a scalar."""
    return tints(images).transpose(0, 1).flatten(1).var(1, correction=0).mean()
