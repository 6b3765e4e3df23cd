"""A small network made for speed on a CPU: nearly all of its work is done at a quarter of the resolution."""

from torch import Tensor, nn

from impasto.studio.networks.blocks import (
    ResidualBlock,
    Squash,
    convolution,
    crop,
    mirror,
    normalized,
    upsampling,
)
from impasto.studio.networks.config import Architecture

MARGIN = 8
FINE = 12


class Compact(nn.Module):
    """Pixels gathered in blocks of 4x4, residual blocks, and two doublings of size.

    Args:
        architecture: Its norm, channels, blocks, upsampling and output.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        norm, width, up = architecture.norm, architecture.channels, architecture.upsampling
        self.down = nn.Sequential(  # (3, H, W)
            nn.PixelUnshuffle(4),  # (48, H/4, W/4): all that the picture holds
            normalized(convolution(48, width, 3, padding="zeros"), width, norm),  # (32, H/4, W/4)
        )
        self.residual = nn.Sequential(  # (32, H/4, W/4)
            *(ResidualBlock(width, norm, padding="zeros") for _ in range(architecture.blocks))
        )
        self.up = nn.Sequential(
            normalized(upsampling(up, width, FINE, padding="zeros"), FINE, norm),  # (12, H/2, W/2)
            upsampling(up, FINE, 3, padding="zeros"),  # (3, H, W)
        )
        self.squash = Squash(architecture.output)

    def forward(self, image: Tensor) -> Tensor:
        """Stylize `image`, (N, 3, H, W) sRGB in [0, 1], of any size; the same shape and range."""
        height, width = image.shape[2:]
        features = self.up(self.residual(self.down(mirror(image, MARGIN, 4))))
        return self.squash(crop(features, MARGIN, height, width))
