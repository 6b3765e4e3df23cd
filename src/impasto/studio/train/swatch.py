"""The swatch of a brush: what it makes of clouds of color, so that no picture of anybody's is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional as F

if TYPE_CHECKING:
    from torch import Tensor, nn

SWATCH_SUFFIX = ".jpg"
SIDE = 384
_OCTAVES = 6


def clouds(side: int = SIDE, seed: int = 0) -> Tensor:
    """Return colored clouds, (1, 3, side, side): noise of all sizes, the larger the stronger."""
    generator = torch.Generator().manual_seed(seed)
    made = torch.zeros(1, 3, side, side)
    for octave in range(_OCTAVES):
        cells = 2 ** (octave + 1)
        noise = torch.randn(1, 3, cells + 1, cells + 1, generator=generator)
        noise = noise.mean(1, keepdim=True) + 0.5 * noise  # mostly light, and some color
        made += F.interpolate(noise, (side, side), mode="bicubic", align_corners=True) / 1.6**octave
    return torch.sigmoid(1.5 * made)


@torch.no_grad()
def swatch_of(network: nn.Module) -> Tensor:
    """Return what a network makes of clouds, (1, 3, SIDE, SIDE).

    Args:
        network: Takes and gives (N, 3, H, W) sRGB in [0, 1]; on the CPU.
    """
    made: Tensor = network(clouds())
    return made
