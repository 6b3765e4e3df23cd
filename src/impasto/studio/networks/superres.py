"""Super-resolution networks: a picture in, one 2, 4 or 8 times as large on each side out.

Johnson, Alahi & Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016,
section 3.1 and table 2 of its supplementary; and a compact one, most of whose work is done at the small size,
with the pixel shuffle of Shi et al. 2016.
"""

import math
from abc import abstractmethod
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.image import cubic_matrix
from impasto.studio.networks.blocks import (
    LevelShuffle,
    ResidualBlock,
    Squash,
    alike,
    convolution,
    normalized,
    upsampling,
)
from impasto.studio.networks.frame import crop, unpack
from impasto.studio.networks.levels import WHITE
from impasto.studio.networks.network import StyleNetwork
from impasto.studio.networks.superres_config import Shuffle, SuperName, SuperNetworkConfig

MARGIN = 2
"""Pixels that the bicubic kernel takes on each side of one."""


class Bicubic(nn.Module):
    """Bicubic up-scaling to blocks of pixels, as each pixel itself and what differs from it: one convolution.

    It gives what `image.cubic_resize` gives. It is written out, as the resizing operators of engines differ
    from each other, and from MATLAB's, in kernel and border. The differences are small numbers, and levels
    are whole ones, so that neither loses much where an engine computes in bfloat16, which holds fewer values
    than a photo has levels. Under torch's autocast it stays in float32.

    Args:
        factor: How many times as large on each side.
        side: Of the blocks that are left in the channels; those of `factor / side` are spread already.
    """

    kernel: Tensor
    color: Tensor

    def __init__(self, factor: int, side: int) -> None:
        super().__init__()
        self.spread = spread = factor // side
        # What each of the pixels of a block takes of five in a row: any that are far from the ends tell.
        rows = torch.from_numpy(cubic_matrix(9, 9 * factor)[4 * factor : 5 * factor, 2:7].copy())
        kernel = torch.einsum("ai,bj->abij", rows, rows)
        kernel[:, :, 2, 2] -= 1  # it sums to 0 now
        # As two numbers that bfloat16 holds, or nearly, as it holds the levels: the products are exact.
        rough = kernel.bfloat16().double()
        parts = torch.stack([rough, kernel - rough]).float()  # (2, factor, factor, 5, 5)
        # Of three colors, each in turn for one place in the block: the order of `frame.unpack`; and of those
        # that are spread, the place where they go last: the order of a pixel shuffle.
        spaces = parts.view(2, spread, side, spread, side, 5, 5)
        places = torch.einsum("cd,eiajbyx->abcijedyx", torch.eye(3), spaces)
        self.register_buffer("kernel", places.flatten(5, 6).flatten(0, 4), persistent=False)
        colors = torch.arange(3).repeat_interleave(spread * spread).repeat(side * side)
        self.register_buffer("color", colors, persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H + 4, W + 4) to (N, side * side * 3, factor / side * H, factor / side * W)."""
        with torch.autocast(image.device.type, enabled=False):
            exact = image.float()
            differences = F.conv2d(torch.cat([exact, exact], 1), self.kernel)
            itself = _inner(exact, MARGIN).index_select(1, self.color)
            return F.pixel_shuffle(itself + differences, self.spread)


class SuperNetwork(StyleNetwork):
    """A network whose output is `factor` times as large as its input."""

    factor: int
    """How many times as large on each side."""

    reach: int
    """How far from a pixel of the result, in pixels of the small picture, something can change it."""

    width: int
    """Numbers that its widest layer has for one pixel of the small picture: memory follows from it."""

    begins_as_bicubic: bool
    """Whether, with its first weights, it gives the bicubic up-scaling."""

    @property
    def margin(self) -> int:
        """Pixels that surround a picture. Beyond them convolutions read zeros, which shall not be seen.

        In training they are, at the border of a square, as room for more would take much of the time.
        """
        return MARGIN if self.training else self.reach

    def arrange(self, image: Tensor) -> Tensor:
        """Surround (N, H, W, 3) by what is mirrored there, its last pixels repeated."""
        for axis in (1, 2):
            image = _surround(image, axis, self.margin)
        return image

    def paint(self, levels: Tensor) -> Tensor:
        """Enlarge `levels`, (1, H, W, 3) in uint8, as the exported graph does; the levels stay whole."""
        made = self.compute(self.arrange(levels).to(torch.float32).permute(0, 3, 1, 2), WHITE)
        return self.restore((made.permute(0, 2, 3, 1) + 0.5).to(torch.uint8), *levels.shape[1:3])

    @abstractmethod
    def compute(self, arranged: Tensor, white: float = 1.0) -> Tensor:
        """As of every network, of pixels in [0, `white`] to values in the same range."""

    def finish(self, made: Tensor, white: float) -> Tensor:
        """Hold values in [0, `white`], but while training: no gradient comes back from what was held."""
        return made if self.training else made.clamp(0, white)


class CompactSuper(SuperNetwork):
    """Convolutions at the small size, two at half the large one; blocks of 2x2 pixels added to bicubic.

    Its last weights begin as 0, and it as bicubic. What is learned for features of one place is learned for
    all of a block of pixels at once, and a grid with it; the two convolutions at half the large size can
    tell what goes on between. For the factor 2 that is the large size itself.

    Args:
        config: Its factor, channels, blocks, fine and shuffle.
    """

    begins_as_bicubic = True

    def __init__(self, config: SuperNetworkConfig) -> None:
        super().__init__()
        width, fine, factor = config.width, config.detail, config.factor
        self.factor = factor
        self.side = side = min(2, factor // 2) if fine else factor
        self.spread = spread = factor // side
        self.reach = 2 * config.depth + 2 + math.ceil(2 / spread) * bool(fine)
        self.width = max(width, 3 * factor * factor, fine * spread * spread)
        self.base = Bicubic(factor, side)
        self.first = normalized(convolution(3, width, 3, padding="zeros"), width, "none")  # (48, H, W)
        self.residual = nn.Sequential(  # (48, H, W)
            *(ResidualBlock(width, "none", padding="zeros") for _ in range(config.depth))
        )
        self.fine = (
            nn.Sequential(  # (32, spread * H, spread * W)
                _shuffled(config.shuffle, width, fine, spread),
                nn.PixelShuffle(spread),
                nn.ReLU(inplace=True),
                normalized(convolution(fine, fine, 3, padding="zeros"), fine, "none"),
            )
            if fine
            else nn.Identity()
        )
        # (32, spread * H, spread * W) to (3 * side * side, spread * H, spread * W)
        self.last = _shuffled(config.shuffle, fine or width, 3, side, pixels_first=True)
        _silence(self.last)

    def compute(self, arranged: Tensor, white: float = 1.0) -> Tensor:
        """(N, 3, H + 4, W + 4) to blocks of pixels (N, 3 * side * side, spread * H, spread * W)."""
        made = self.last(self.fine(self.residual(self.first(arranged / white))))
        return self.finish(self.base(arranged) + _inner(made, MARGIN * self.spread) * white, white)

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Spread blocks, (N, spread * H, spread * W, 3 * side * side), to (N, factor * H, factor * W, 3)."""
        spread = self.spread
        around = spread * (self.margin - MARGIN)
        return unpack(crop(made, around, spread * height, spread * width), self.side)


class JohnsonSuper(SuperNetwork):
    """The paper's: 9x9 to 64 channels, residual blocks, up-sampling layers, and 9x9 to pixels.

    By default it differs from the paper in three things: no normalization in place of that of the batch,
    which takes a picture's contrast from it; resize-convolutions in place of transposed ones, which make a
    grid; and an output that is added to the bicubic up-scaling.

    Args:
        config: Its factor, norm, channels, blocks, upsampling and base.
    """

    def __init__(self, config: SuperNetworkConfig) -> None:
        super().__init__()
        width, norm, factor = config.width, config.norm, config.factor
        self.factor = factor
        self.width = width * factor * factor
        self.reach = 4 + 2 * config.depth + 2 + math.ceil(4 / factor)
        self.begins_as_bicubic = config.base == "bicubic"
        self.first = normalized(convolution(3, width, 9, padding="zeros"), width, norm)  # (64, H, W)
        self.residual = nn.Sequential(  # (64, H, W)
            *(ResidualBlock(width, norm, padding="zeros") for _ in range(config.depth))
        )
        up = config.upsampling
        self.up = nn.Sequential(  # (64, factor * H, factor * W)
            *(
                normalized(upsampling(up, width, width, padding="zeros"), width, norm)
                for _ in range(factor.bit_length() - 1)
            )
        )
        self.last = convolution(width, 3, 9, padding="zeros")  # (3, factor * H, factor * W)
        self.base = Bicubic(factor, 1) if self.begins_as_bicubic else None
        self.squash = Squash("tanh")
        if self.base is not None:
            _silence(self.last)

    def compute(self, arranged: Tensor, white: float = 1.0) -> Tensor:
        """(N, 3, H + 4, W + 4) to (N, 3, factor * H, factor * W)."""
        made = _inner(self.last(self.up(self.residual(self.first(arranged / white)))), MARGIN * self.factor)
        if self.base is None:
            squashed: Tensor = self.squash(made)
            return squashed * white
        return self.finish(self.base(arranged) + made * white, white)

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Cut what `compute` made to (N, factor * H, factor * W, 3)."""
        factor = self.factor
        return crop(made, factor * (self.margin - MARGIN), factor * height, factor * width)


SUPER_NETWORKS: Mapping[SuperName, Callable[[SuperNetworkConfig], SuperNetwork]] = {
    "compact": CompactSuper,
    "johnson": JohnsonSuper,
}
"""Name to a network."""


def build_super_network(config: SuperNetworkConfig) -> SuperNetwork:
    """Make a network, its weights drawn from torch's global generator.

    Returns:
        A module in training mode that takes `(N, 3, H, W)` float32 sRGB in [0, 1], of any H and W from 1 up,
        and returns `(N, 3, factor * H, factor * W)`; in evaluation mode within [0, 1].
    """
    return SUPER_NETWORKS[config.name](config)


def _surround(image: Tensor, axis: int, margin: int) -> Tensor:
    size = image.shape[axis]
    position = torch.arange(-margin, size + margin, device=image.device) % (2 * size)
    return image.index_select(axis, torch.minimum(position, 2 * size - 1 - position))


def _silence(convolution: nn.Conv2d) -> None:
    """Let a convolution give 0 until it has learned something."""
    nn.init.zeros_(convolution.weight)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)


def _inner(features: Tensor, border: int) -> Tensor:
    return features[:, :, border:-border, border:-border]


def _shuffled(
    shuffle: Shuffle, before: int, after: int, side: int, *, pixels_first: bool = False
) -> nn.Conv2d:
    """Make a 3x3 convolution to blocks of `after` values, all of whose places begin alike."""
    if shuffle == "level":
        return LevelShuffle(before, after, side, pixels_first=pixels_first)
    made = convolution(before, after * side * side, 3, padding="zeros")
    alike(made, side * side)
    return made
