"""Palette loss: the colors of pictures should be distributed as a painting's, wherever they lie.

The sliced Wasserstein distance (Rabin et al., "Wasserstein Barycenter and its Application to Texture Mixing",
2011; Heitz et al., "A Sliced Wasserstein Loss for Neural Texture Synthesis", CVPR 2021) of pixels in place of
features: along each of some directions of color, sorted values against quantiles. A Gram matrix knows the
mean of what goes together with what, and a color that covers a fifth of a painting may drown in it.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from .functional import full_precision
from .histogram import channel_quantiles, histogram_loss

DIRECTIONS = 32
"""Directions of color that distributions are compared along."""

AREA = 4
"""Side, in pixels, of the squares whose mean is one color: grain and edges are not the palette's business."""


def palette(images: Tensor) -> Tensor:
    """Summarize the colors of pictures, all of them together.

    Args:
        images: Pictures (N, 3, H, W) of at least `AREA` pixels a side. Where sides are no multiple of it,
            the rest at the right and below is left out.

    Returns:
        Ascending values (1, `DIRECTIONS`, Q), which `palette_loss` takes.
    """
    return channel_quantiles(_slices(images))


def palette_loss(images: Tensor, wanted: Tensor) -> Tensor:
    """Compare the colors of pictures, all of them together, with a palette.

    Args:
        images: Pictures (N, 3, H, W) of at least `AREA` pixels a side.
        wanted: `palette` of others.

    Returns:
        The mean over directions of the squared Wasserstein distance, a scalar at least 0: for pictures of
        one color each, about a third of the squared distance of these colors.

    Raises:
        ConfigError: `wanted` is no palette.
    """
    return histogram_loss(_slices(images), wanted)


def palette_variance(colors: Tensor) -> Tensor:
    """Return the variance of a palette, a mean over directions: a scalar in units of `palette_loss`."""
    return colors.var(2, correction=0).mean()


def _slices(images: Tensor) -> Tensor:
    """Turn pictures (N, 3, H, W) into one map (1, DIRECTIONS, N * H / AREA, W / AREA)."""
    means = F.avg_pool2d(full_precision(images), AREA)
    along = torch.einsum("dc,nchw->dnhw", _directions().to(means), means)
    return along.flatten(1, 2)[None]


def _directions() -> Tensor:
    """Return unit vectors (DIRECTIONS, 3), spread evenly over half a sphere along a golden spiral."""
    count = torch.arange(DIRECTIONS, dtype=torch.float64)
    height = 1 - (count + 0.5) / DIRECTIONS
    turn = count * math.pi * (3 - math.sqrt(5))
    radius = (1 - height.square()).sqrt()
    return torch.stack([radius * turn.cos(), radius * turn.sin(), height], 1)
