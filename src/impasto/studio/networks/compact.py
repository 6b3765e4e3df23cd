"""A small network made for speed on a CPU: all of its work is done at a quarter of the resolution.

What it could have been, and what each choice takes: bench/compact_choices.py.
"""

from torch import Tensor, nn

from impasto.studio.networks.blocks import LevelShuffle, ResidualBlock, Squash, convolution, normalized
from impasto.studio.networks.config import Architecture
from impasto.studio.networks.frame import crop, mirror, pack, unpack
from impasto.studio.networks.network import StyleNetwork

SIDE = 4
"""Of the blocks of pixels that become one."""

MARGIN = 4
"""Pixels reflected around the picture: one block, which the last convolution spoils, as it pads by zeros."""


class Compact(StyleNetwork):
    """Pixels gathered in blocks of 4x4, residual blocks, and pixels again: three kinds of layer.

    Args:
        architecture: Its norm, channels, blocks and output.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        norm, width = architecture.norm, architecture.channels
        pixels = 3 * SIDE * SIDE
        self.first = normalized(  # (48, H/4, W/4), all that the picture holds, to (32, H/4, W/4)
            convolution(pixels, width, 3), width, norm
        )
        self.residual = nn.Sequential(  # (32, H/4, W/4)
            *(ResidualBlock(width, norm, norms=1) for _ in range(architecture.blocks))
        )
        self.last = LevelShuffle(width, 3, SIDE)  # (48, H/4, W/4)
        self.squash = Squash(architecture.output)

    def arrange(self, image: Tensor) -> Tensor:
        """Reflect (N, H, W, 3) to multiples of 4, and gather blocks: (N, H/4, W/4, 48)."""
        return pack(mirror(image, MARGIN, SIDE), SIDE)

    def compute(self, arranged: Tensor) -> Tensor:
        """(N, 48, H/4, W/4) to the same, both blocks of pixels."""
        made: Tensor = self.squash(self.last(self.residual(self.first(arranged))))
        return made

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Spread blocks, (N, H/4, W/4, 48), and take the margin off: (N, height, width, 3)."""
        return crop(unpack(made, SIDE), MARGIN, height, width)
