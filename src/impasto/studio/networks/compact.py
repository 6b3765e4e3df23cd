"""A small network made for speed on a CPU: nearly all of its work is done at a quarter of the resolution."""

from torch import Tensor, nn

from impasto.studio.networks.blocks import ResidualBlock, Squash, convolution, normalized
from impasto.studio.networks.config import Architecture
from impasto.studio.networks.frame import crop, mirror, pack, unpack
from impasto.studio.networks.network import StyleNetwork

MARGIN = 8


class Compact(StyleNetwork):
    """Provisional."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        norm, width = architecture.norm, architecture.channels
        self.down = normalized(convolution(48, width, 3, padding="zeros"), width, norm)
        self.residual = nn.Sequential(
            *(ResidualBlock(width, norm, padding="zeros") for _ in range(architecture.blocks))
        )
        self.up = convolution(width, 48, 3, padding="zeros")
        self.squash = Squash(architecture.output)

    def arrange(self, image: Tensor) -> Tensor:
        """(N, H, W, 3) to (N, H/4, W/4, 48)."""
        return pack(mirror(image, MARGIN, 4), 4)

    def compute(self, arranged: Tensor) -> Tensor:
        """(N, 48, H/4, W/4) to the same."""
        made: Tensor = self.squash(self.up(self.residual(self.down(arranged))))
        return made

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """(N, H/4, W/4, 48) to (N, height, width, 3)."""
        return crop(unpack(made, 4), MARGIN, height, width)
