"""A small network made for speed on a CPU: its work is done at a quarter and at an eighth of the resolution.

A quarter holds the edges of strokes; with an eighth the network sees 164 pixels at a time, and not 84, for
some more work. Noise comes along with the picture (`noise.py`), so that even areas can hold strokes too. What
it could have been, and what each choice takes: bench/compact_choices.py.
"""

from collections.abc import Callable
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.networks.blocks import LevelShuffle, Squash, convolution
from impasto.studio.networks.config import Architecture
from impasto.studio.networks.frame import crop, mirror, pack, unpack
from impasto.studio.networks.network import StyleNetwork
from impasto.studio.networks.noise import SCALES, Noise
from impasto.studio.networks.normalize import NORMS

SIDE = 4
"""Of the blocks of pixels that become one."""

MULTIPLE = 8
"""Of the sides that it works on: blocks are halved once."""

MARGIN = 24
"""Pixels reflected around the picture: at the border of what it sees a network lays a band, of another color
than what is beside it, and the last convolution, which pads by zeros, spoils a block of four."""

COLORS = 3
PIXELS = COLORS * SIDE * SIDE
"""Numbers of a block."""


class Plan(NamedTuple):
    """What a network is made of, in the order in which pictures pass it."""

    before: int
    """Residual blocks at a quarter of the resolution; as many follow at an eighth."""

    after: int
    """Residual blocks at a quarter that come last."""

    convolutions: list[tuple[int, int]]
    """Channels in and out of each convolution but the last, which makes pixels."""

    normalized: list[int]
    """Channels of each normalization."""

    @property
    def down(self) -> int:
        """Index of the convolution that is strided."""
        return 1 + 2 * self.before


def plan(architecture: Architecture) -> Plan:
    """Return what an architecture is made of.

    Half of its `blocks` at a quarter come first, then as many at an eighth, where there are half as many
    channels more, then the other half.
    """
    wide, deep = architecture.channels, architecture.channels * 3 // 2
    after = architecture.blocks // 2
    before = architecture.blocks - after
    fine, coarse = [(wide, wide)] * 2, [(deep, deep)] * 2
    convolutions = [(PIXELS + len(SCALES), wide), *fine * before]
    convolutions += [(wide, deep), *coarse * before, (deep, wide), *fine * after]
    normalized = [wide, *[wide] * before, deep, *[deep] * before, *[wide] * after]
    return Plan(before, after, convolutions, normalized)


def course(
    seen: Tensor,
    plan: Plan,
    convolve: Callable[[int, Tensor], Tensor],
    settle: Callable[[int, Tensor], Tensor],
) -> Tensor:
    """Compute the last features at a quarter of the resolution.

    Args:
        seen: (N, 52, H/4, W/4), blocks of pixels and noise.
        plan: Of the network.
        convolve: Convolution `index` of the plan on features.
        settle: Normalization `index` on features, and a ReLU.

    Returns:
        (N, 32, H/4, W/4).
    """
    convolution, normalization = count(), count()

    def settled(features: Tensor) -> Tensor:
        return settle(next(normalization), convolve(next(convolution), features))

    def residual(features: Tensor, blocks: int) -> Tensor:
        for _ in range(blocks):
            inner = settled(features)
            features = features + convolve(next(convolution), inner)
        return features

    fine = residual(settled(seen), plan.before)  # (32, H/4, W/4)
    deep = residual(settled(fine), plan.before)  # (48, H/8, W/8)
    wide = F.interpolate(deep, scale_factor=2.0, mode="nearest")  # (48, H/4, W/4)
    return residual(fine + convolve(next(convolution), wide), plan.after)


class Compact(StyleNetwork):
    """Pixels gathered in blocks of 4x4, what `course` makes of them, and pixels again.

    Args:
        architecture: Its norm, channels, blocks and output.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.plan = plan(architecture)
        self.noise = Noise()
        self.convolutions = nn.ModuleList(
            convolution(before, after, 3, stride=2 if index == self.plan.down else 1)
            for index, (before, after) in enumerate(self.plan.convolutions)
        )
        self.norms = nn.ModuleList(NORMS[architecture.norm](width) for width in self.plan.normalized)
        self.last = LevelShuffle(architecture.channels, COLORS, SIDE)  # (48, H/4, W/4)
        self.squash = Squash(architecture.output)

    def arrange(self, image: Tensor) -> Tensor:
        """Reflect (N, H, W, 3) to multiples of 8, and gather blocks: (N, H/4, W/4, 48)."""
        return pack(mirror(image, MARGIN, MULTIPLE), SIDE)

    def compute(self, arranged: Tensor) -> Tensor:
        """(N, 48, H/4, W/4) to the same, both blocks of pixels."""
        features = course(self.noise.beside(arranged), self.plan, self._convolve, self._settle)
        made: Tensor = self.squash(self.last(features))
        return made

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Spread blocks, (N, H/4, W/4, 48), and take the margin off: (N, height, width, 3)."""
        return crop(unpack(made, SIDE), MARGIN, height, width)

    def _convolve(self, index: int, features: Tensor) -> Tensor:
        made: Tensor = self.convolutions[index](features)
        return made

    def _settle(self, index: int, features: Tensor) -> Tensor:
        return torch.relu(self.norms[index](features))
