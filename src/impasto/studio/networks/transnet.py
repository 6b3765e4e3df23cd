"""The network "TransNet": Johnson's shape with bias-free, zero-padded convolutions and a sigmoid.

It differs from Johnson et al. 2016 also in a ReLU after each residual sum, and in its nearest up-sampling.
"""

from torch import Tensor, nn

from impasto.studio.networks.blocks import ResidualBlock, Squash, convolution, normalized, upsampling
from impasto.studio.networks.config import Architecture, Norm
from impasto.studio.networks.frame import crop, mirror
from impasto.studio.networks.network import StyleNetwork


class TransNet(StyleNetwork):
    """9x9 to 32 channels, strided to 64 and 128, residual blocks, and up again to 9x9 and a sigmoid.

    Args:
        architecture: Its norm, channels and blocks; the rest is as published.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        norm, width = architecture.norm, architecture.channels
        self.down = nn.Sequential(  # (3, H, W)
            _layer(3, width, 9, norm),  # (32, H, W)
            _layer(width, 2 * width, 3, norm, stride=2),  # (64, H/2, W/2)
            _layer(2 * width, 4 * width, 3, norm, stride=2),  # (128, H/4, W/4)
        )
        self.residual = nn.Sequential(  # (128, H/4, W/4)
            *(
                ResidualBlock(4 * width, norm, padding="zeros", bias=False, relu_after=True)
                for _ in range(architecture.blocks)
            )
        )
        self.up = nn.Sequential(
            _double(4 * width, 2 * width, norm),  # (64, H/2, W/2)
            _double(2 * width, width, norm),  # (32, H, W)
            convolution(width, 3, 9, padding="zeros", bias=False),  # (3, H, W)
        )
        self.squash = Squash("sigmoid")

    def arrange(self, image: Tensor) -> Tensor:
        """Reflect (N, H, W, 3) to multiples of 4; as published, others come back larger."""
        return mirror(image, 0, 4)

    def compute(self, arranged: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 3, H, W)."""
        made: Tensor = self.squash(self.up(self.residual(self.down(arranged))))
        return made

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Take off what made the sides multiples of 4."""
        return crop(made, 0, height, width)


def _layer(before: int, after: int, size: int, norm: Norm, stride: int = 1) -> nn.Module:
    return normalized(
        convolution(before, after, size, stride=stride, padding="zeros", bias=False), after, norm
    )


def _double(before: int, after: int, norm: Norm) -> nn.Module:
    return normalized(upsampling("resize", before, after, padding="zeros", bias=False), after, norm)
