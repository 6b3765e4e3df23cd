"""Super-resolution networks: a picture in, one 2, 4 or 8 times as large on each side out.

Johnson, Alahi & Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016,
section 3.1 and table 2 of its supplementary; and a compact one, all of whose work is done at the small size,
with the pixel shuffle of Shi et al. 2016.
"""

import math
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
from impasto.studio.networks.network import StyleNetwork
from impasto.studio.networks.superres_config import SuperName, SuperNetworkConfig

MARGIN = 2
"""Pixels that surround the picture, as far as the bicubic kernel reaches."""


class Bicubic(nn.Module):
    """Bicubic up-scaling as one fixed convolution, to blocks of pixels: what `image.cubic_resize` gives.

    Written out, as the resizing operators of engines differ from each other, and from MATLAB's, in kernel and
    border. It stays in float32 under autocast: bfloat16 holds fewer values than a photo has levels.

    Args:
        factor: How many times as large on each side.
    """

    kernel: Tensor

    def __init__(self, factor: int) -> None:
        super().__init__()
        # What each of the pixels of a block takes of five in a row: any that are far from the ends tell.
        rows = torch.from_numpy(cubic_matrix(9, 9 * factor)[4 * factor : 5 * factor, 2:7].copy()).float()
        kernel = torch.einsum("ai,bj->abij", rows, rows).flatten(0, 1)  # (factor * factor, 5, 5)
        # Of three colors, each in turn for one place in the block: the order of `frame.unpack`.
        spread = torch.eye(3)[None, :, :, None, None] * kernel[:, None, None]  # (ff, 3, 3, 5, 5)
        self.register_buffer("kernel", spread.flatten(0, 1), persistent=False)

    def forward(self, image: Tensor) -> Tensor:
        """(N, 3, H + 4, W + 4) to (N, factor * factor * 3, H, W)."""
        with torch.autocast(image.device.type, enabled=False):
            return F.conv2d(image.float(), self.kernel)


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

    def arrange(self, image: Tensor) -> Tensor:
        """Surround (N, H, W, 3) by what is mirrored there, its last pixels repeated."""
        for axis in (1, 2):
            image = _surround(image, axis)
        return image

    def finish(self, made: Tensor) -> Tensor:
        """Hold values in [0, 1], but while training: no gradient comes back from what was held."""
        return made if self.training else made.clamp(0, 1)


class CompactSuper(SuperNetwork):
    """Convolutions at the small size alone; the last one gives blocks of pixels, added to the bicubic ones.

    Its last weights begin as 0, and it as bicubic. Features are surrounded by zeros, the fastest way: the
    network learns what that means, as half of a training's squares have a border.

    Args:
        config: Its factor, channels, blocks and shuffle.
    """

    begins_as_bicubic = True

    def __init__(self, config: SuperNetworkConfig) -> None:
        super().__init__()
        width, factor = config.width, config.factor
        self.factor = factor
        self.reach = 2 * config.blocks + 2
        self.width = max(width, 3 * factor * factor)
        self.base = Bicubic(factor)
        self.first = normalized(convolution(3, width, 3, padding="zeros"), width, "none")  # (48, H, W)
        self.residual = nn.Sequential(  # (48, H, W)
            *(ResidualBlock(width, "none", padding="zeros") for _ in range(config.blocks))
        )
        self.last: nn.Conv2d  # (48, H, W) to (3 * factor * factor, H, W)
        if config.shuffle == "level":
            self.last = LevelShuffle(width, 3, factor)
        else:
            self.last = convolution(width, 3 * factor * factor, 3, padding="zeros")
            alike(self.last, factor * factor)
        _silence(self.last)

    def compute(self, arranged: Tensor) -> Tensor:
        """(N, 3, H + 4, W + 4) to blocks of pixels (N, 3 * factor * factor, H, W)."""
        inner = arranged[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
        return self.finish(self.base(arranged) + self.last(self.residual(self.first(inner))))

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:  # noqa: ARG002 - nothing is cut off
        """Spread blocks, (N, H, W, 3 * factor * factor), to (N, factor * H, factor * W, 3)."""
        return unpack(made, self.factor)


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
        self.reach = 4 + 2 * config.blocks + 2 + math.ceil(4 / factor)
        self.begins_as_bicubic = config.base == "bicubic"
        self.first = normalized(convolution(3, width, 9, padding="zeros"), width, norm)  # (64, H, W)
        self.residual = nn.Sequential(  # (64, H, W)
            *(ResidualBlock(width, norm, padding="zeros") for _ in range(config.blocks))
        )
        up = config.upsampling
        self.up = nn.Sequential(  # (64, factor * H, factor * W)
            *(
                normalized(upsampling(up, width, width, padding="zeros"), width, norm)
                for _ in range(factor.bit_length() - 1)
            )
        )
        self.last = convolution(width, 3, 9, padding="zeros")  # (3, factor * H, factor * W)
        self.base = Bicubic(factor) if self.begins_as_bicubic else None
        self.squash = Squash("tanh")
        if self.base is not None:
            _silence(self.last)

    def compute(self, arranged: Tensor) -> Tensor:
        """(N, 3, H + 4, W + 4) to (N, 3, factor * H, factor * W)."""
        inner = arranged[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
        made: Tensor = self.last(self.up(self.residual(self.first(inner))))
        if self.base is None:
            squashed: Tensor = self.squash(made)
            return squashed
        blocks = self.base(arranged).permute(0, 2, 3, 1)
        return self.finish(unpack(blocks, self.factor).permute(0, 3, 1, 2) + made)

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Return what `compute` made, (N, factor * H, factor * W, 3)."""
        return crop(made, 0, self.factor * height, self.factor * width)


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


def _surround(image: Tensor, axis: int) -> Tensor:
    size = image.shape[axis]
    position = torch.arange(-MARGIN, size + MARGIN, device=image.device) % (2 * size)
    return image.index_select(axis, torch.minimum(position, 2 * size - 1 - position))


def _silence(convolution: nn.Conv2d) -> None:
    """Let a convolution give 0 until it has learned something."""
    nn.init.zeros_(convolution.weight)
    if convolution.bias is not None:
        nn.init.zeros_(convolution.bias)
