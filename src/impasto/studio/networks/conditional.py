"""One network for every style: `compact`, with noise to paint with, and moved by a style code.

Dumoulin, Shlens & Kudlur, "A Learned Representation For Artistic Style", ICLR 2017: all styles share a
network, and each has a scale and a shift of its own for every normalized channel. Here a code also holds the
shares of a few filters of rank one, which every convolution may add to its own: scales and shifts alone
cannot turn a stroke. What all that is for one painting is computed before any pixel, so that a picture takes
as long as it takes `compact`.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.networks.blocks import LevelShuffle, Squash
from impasto.studio.networks.compact import MARGIN, SIDE
from impasto.studio.networks.config import Architecture
from impasto.studio.networks.frame import crop, mirror, pack, unpack
from impasto.studio.networks.noise import SCALES, Noise
from impasto.studio.networks.normalize import EPSILON

TERMS = 16
"""Filters of rank one that each convolution has."""

COLORS = 3


class Conditional(nn.Module):
    """A compact network that takes a style's code along with the picture.

    Args:
        architecture: Its channels, blocks and output.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        width, pixels = architecture.channels, COLORS * SIDE * SIDE
        inner = [width] * 2 * architecture.blocks
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3) for before, after in pairwise([pixels + len(SCALES), width, *inner])
        )
        self.noise = Noise()
        self.last = LevelShuffle(width, COLORS, SIDE)
        self.squash = Squash(architecture.output)
        self.width = width
        self.shapes = [tuple(each.weight.shape) for each in (*self.convolutions, self.last)]
        # Each term is an outer product, (after) by (before, 3, 3).
        self.ups = nn.ParameterList(torch.randn(TERMS, shape[0]) / TERMS**0.5 for shape in self.shapes)
        self.downs = nn.ParameterList(
            torch.randn(TERMS, shape[1] * 9) / (shape[1] * 9) ** 0.5 for shape in self.shapes
        )

    @property
    def normalized(self) -> int:
        """How many convolutions are followed by a normalization: the first, and the first of each block."""
        return 1 + len(self.convolutions) // 2

    @property
    def code_size(self) -> int:
        """Numbers of a code: scales and shifts, shares of the terms, contrast and shift of the colors."""
        return 2 * self.width * self.normalized + TERMS * len(self.shapes) + 2 * COLORS

    @property
    def delta_size(self) -> int:
        """Weights of all convolutions: what a style may add to each one by itself."""
        return sum(torch.Size(shape).numel() for shape in self.shapes)

    def forward(self, image: Tensor, code: Tensor, delta: Tensor | None = None) -> Tensor:
        """Stylize pictures of one style.

        Args:
            image: (N, 3, H, W) sRGB in [0, 1], any size.
            code: (code_size); zeros leave the network's own weights as they are.
            delta: (delta_size), added to the weights of all convolutions in order; None adds nothing.

        Returns:
            The same shape and range as `image`.
        """
        pixels = image.permute(0, 2, 3, 1)
        made = self.compute(self.arrange(pixels).permute(0, 3, 1, 2), code, delta).permute(0, 2, 3, 1)
        return self.restore(made, *image.shape[2:]).permute(0, 3, 1, 2)

    def arrange(self, image: Tensor) -> Tensor:
        """Reflect (N, H, W, 3) to multiples of 4, and gather blocks: (N, H/4, W/4, 48)."""
        return pack(mirror(image, MARGIN, SIDE), SIDE)

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Spread blocks, (N, H/4, W/4, 48), and take the margin off: (N, height, width, 3)."""
        return crop(unpack(made, SIDE), MARGIN, height, width)

    def compute(self, arranged: Tensor, code: Tensor, delta: Tensor | None = None) -> Tensor:
        """(N, 48, H/4, W/4) to the same, both blocks of pixels."""
        scales, shifts, shares, contrast, tint = self._split(code)
        weights = self._weights(shares, delta)
        noise = self.noise(*arranged.shape[2:]).to(arranged).expand(arranged.shape[0], -1, -1, -1)
        seen = torch.cat([arranged, noise], 1)
        features = F.relu(_normalize(self._convolve(seen, 0, weights), scales[0], shifts[0]))
        for block in range(self.normalized - 1):
            first = 2 * block + 1
            inner = _normalize(self._convolve(features, first, weights), scales[block + 1], shifts[block + 1])
            features = features + self._convolve(F.relu(inner), first + 1, weights)
        weight, bias = self.last.level(weights[-1])
        # Contrast and tint of each color are of the filters', as all pixels of a block have them alike.
        factors = contrast.repeat(SIDE * SIDE)
        weight = weight * factors[:, None, None, None]
        made: Tensor = self.squash(
            F.conv2d(features, weight, bias * factors + tint.repeat(SIDE * SIDE), padding=1)
        )
        return made

    def _split(self, code: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return scales and shifts (normalized, width), shares (convolutions, TERMS), contrast and tint."""
        moved = self.width * self.normalized
        sizes = [moved, moved, TERMS * len(self.shapes), COLORS, COLORS]
        scales, shifts, shares, contrast, tint = torch.split(code, sizes)
        return (
            1 + scales.view(self.normalized, self.width),
            shifts.view(self.normalized, self.width),
            shares.view(len(self.shapes), TERMS),
            1 + contrast,
            tint,
        )

    def _weights(self, shares: Tensor, delta: Tensor | None) -> list[Tensor]:
        """Return what each convolution convolves with for one style."""
        own = [each.weight for each in (*self.convolutions, self.last)]
        added = [
            ((up * share[:, None]).T @ down).view(shape)
            for up, down, share, shape in zip(self.ups, self.downs, shares.unbind(), self.shapes, strict=True)
        ]
        weights = [weight + term for weight, term in zip(own, added, strict=True)]
        if delta is None:
            return weights
        parts = torch.split(delta, [torch.Size(shape).numel() for shape in self.shapes])
        return [
            weight + part.view(shape) for weight, part, shape in zip(weights, parts, self.shapes, strict=True)
        ]

    def _convolve(self, features: Tensor, index: int, weights: list[Tensor]) -> Tensor:
        padded = F.pad(features, (1, 1, 1, 1), mode="reflect")
        bias: Tensor = self.convolutions[index].bias  # type: ignore[assignment]
        return F.conv2d(padded, weights[index], bias)


def _normalize(features: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Instance normalization with the scale and the shift of a style."""
    return F.instance_norm(features, weight=scale, bias=shift, eps=EPSILON)
