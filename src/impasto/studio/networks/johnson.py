"""The image transformation network of Johnson, Alahi & Fei-Fei 2016, and of its supplementary.

c9s1-32, d64, d128, five residual blocks of 128, u64, u32, c9s1-3, then a scaled tanh
"""

from torch import Tensor, nn

from impasto.studio.networks.blocks import ResidualBlock, Squash, convolution, normalized, upsampling
from impasto.studio.networks.config import Architecture
from impasto.studio.networks.frame import crop, mirror
from impasto.studio.networks.network import StyleNetwork


class Johnson(StyleNetwork):
    """Down to a quarter of the size by strides, residual blocks there, and up again; no pooling.

    By default it differs from the paper in three things that later work found better: instance in place of
    batch normalization (Ulyanov et al. 2016), resize-convolution in place of fractionally strided ones (Odena
    et al. 2016), and residual blocks that pad by reflection in place of valid ones.

    Args:
        architecture: All of its options hold here.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        norm, width, up = architecture.norm, architecture.channels, architecture.upsampling
        valid = architecture.residual == "valid"
        # A valid block takes 2 pixels a side, 8 of the picture: the paper's 40 in all, reflected beforehand.
        self.margin = 8 * architecture.blocks if valid else 0
        self.down = nn.Sequential(  # (3, H, W)
            normalized(convolution(3, width, 9), width, norm),  # (32, H, W)
            normalized(convolution(width, 2 * width, 3, stride=2), 2 * width, norm),  # (64, H/2, W/2)
            normalized(convolution(2 * width, 4 * width, 3, stride=2), 4 * width, norm),  # (128, H/4, W/4)
        )
        self.residual = nn.Sequential(  # (128, H/4, W/4); valid, 4 less of each side a block
            *(
                ResidualBlock(4 * width, norm, padding="valid" if valid else "reflect")
                for _ in range(architecture.blocks)
            )
        )
        self.up = nn.Sequential(
            normalized(upsampling(up, 4 * width, 2 * width), 2 * width, norm),  # (64, H/2, W/2)
            normalized(upsampling(up, 2 * width, width), width, norm),  # (32, H, W)
            convolution(width, 3, 9),  # (3, H, W)
        )
        self.squash = Squash(architecture.output)

    def arrange(self, image: Tensor) -> Tensor:
        """Reflect (N, H, W, 3) to multiples of 4, with the margin around it."""
        return mirror(image, self.margin, 4)

    def compute(self, arranged: Tensor) -> Tensor:
        """(N, 3, H, W) to (N, 3, H - 2 margins, W - 2 margins)."""
        made: Tensor = self.squash(self.up(self.residual(self.down(arranged))))
        return made

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Take off what made the sides multiples of 4; the margin is gone."""
        return crop(made, 0, height, width)
