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
from impasto.studio.networks.frame import crop, mirror, pack, reflect, unpack
from impasto.studio.networks.levels import WHITE
from impasto.studio.networks.network import StyleNetwork
from impasto.studio.networks.noise import SCALE, SCALES, SHIFT, Noise
from impasto.studio.networks.normalize import NORMS

SIDE = 4
"""Of the blocks of pixels that become one."""

MULTIPLE = 8
"""Of the sides that it works on: blocks are halved once."""

MARGIN = 40
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


def look(levels: Tensor, noise: Noise) -> Tensor:
    """Return what the first convolution sees of a picture, and what it pads that with.

    So an exported graph moves bytes and not numbers, and only in ways that engines are fast at: whole rows,
    and channels beside each other. It is all the same `arrange`, `noise.beside` and a reflection.

    Args:
        levels: (1, H, W, 3) in uint8.
        noise: Of the network.

    Returns:
        (1, 52, H'/4 + 2, W'/4 + 2), of the picture with its margin.
    """
    image = mirror(levels, MARGIN, MULTIPLE)
    high, wide = (side // SIDE for side in image.shape[1:3])
    rows = [image[:, row::SIDE].reshape(1, high, wide, COLORS * SIDE) for row in range(SIDE)]
    beside = torch.cat([*rows, torch.stack(noise.levels(high, wide), -1)[None]], 3)
    pixels, channels = (beside.new_zeros(count, dtype=torch.float32) for count in (PIXELS, len(SCALES)))
    scale, shift = torch.cat([pixels + 1 / WHITE, channels + SCALE]), torch.cat([pixels, channels + SHIFT])
    return (reflect(beside).float() * scale + shift).permute(0, 3, 1, 2)


def show(made: Tensor, height: int, width: int) -> Tensor:
    """Round blocks of pixels, (1, 48, H'/4, W'/4) in [0, 1], to levels: (1, height, width, 3) in uint8.

    It is all the same `to_levels` and `restore`; as in `look`, rows of blocks are put below each other.
    """
    high, wide = (height + SIDE - 1) // SIDE, (width + SIDE - 1) // SIDE
    first = MARGIN // SIDE
    blocks = (made * WHITE + 0.5).to(torch.uint8)[:, :, first : first + high, first : first + wide]
    row = COLORS * SIDE
    rows = [
        blocks[:, at : at + row].permute(0, 2, 3, 1).reshape(1, high, 1, wide * row)
        for at in range(0, PIXELS, row)
    ]
    return crop(torch.cat(rows, 2).reshape(1, SIDE * high, SIDE * wide, COLORS), 0, height, width)


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
        self.last = LevelShuffle(architecture.channels, COLORS, SIDE, straight=True)  # (48, H/4, W/4)
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

    def paint(self, levels: Tensor) -> Tensor:
        """Stylize `levels`, (1, H, W, 3) in uint8, as the exported graph does; the same shape and type."""
        features = course(look(levels, self.noise), self.plan, self._convolve_seen, self._settle)
        return show(self.squash(self.last(features)), *levels.shape[1:3])

    def _convolve(self, index: int, features: Tensor) -> Tensor:
        made: Tensor = self.convolutions[index](features)
        return made

    def _convolve_seen(self, index: int, features: Tensor) -> Tensor:
        """Convolve what `look` has padded, and as ever what follows."""
        if index:
            return self._convolve(index, features)
        first = self.convolutions[0]
        return F.conv2d(features, first.weight, first.bias)  # type: ignore[arg-type]

    def _settle(self, index: int, features: Tensor) -> Tensor:
        return torch.relu(self.norms[index](features))
