"""One network for every style: `compact`, with noise to paint with, and moved by a style code.

Dumoulin, Shlens & Kudlur, "A Learned Representation For Artistic Style", ICLR 2017: all styles share a
network, and each has a scale and a shift of its own for every normalized channel. Here a code also holds the
shares of a few filters of rank one, which every convolution may add to its own: scales and shifts alone
cannot turn a stroke. What all that is for one painting is computed before any pixel, so that a picture takes
as long as it takes `compact`.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.networks.blocks import LevelShuffle, Squash, reflected
from impasto.studio.networks.compact import COLORS, MARGIN, MULTIPLE, SIDE, course, look, plan, show
from impasto.studio.networks.config import Architecture
from impasto.studio.networks.frame import crop, mirror, pack, unpack
from impasto.studio.networks.noise import Noise
from impasto.studio.networks.normalize import instance_norm

TERMS = 16
"""Filters of rank one that each convolution has."""


class Conditional(nn.Module):
    """A compact network that takes a style's code along with the picture.

    Args:
        architecture: Its channels, blocks and output.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.plan = plan(architecture)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(before, after, 3) for before, after in self.plan.convolutions
        )
        self.noise = Noise()
        self.last = LevelShuffle(architecture.channels, COLORS, SIDE, straight=True)
        self.squash = Squash(architecture.output)
        self.shapes = [tuple(each.weight.shape) for each in (*self.convolutions, self.last)]
        # Each term is an outer product, (after) by (before, 3, 3).
        self.ups = nn.ParameterList(torch.randn(TERMS, shape[0]) / TERMS**0.5 for shape in self.shapes)
        self.downs = nn.ParameterList(
            torch.randn(TERMS, shape[1] * 9) / (shape[1] * 9) ** 0.5 for shape in self.shapes
        )

    @property
    def code_size(self) -> int:
        """Numbers of a code: scales and shifts, shares of the terms, contrast and shift of the colors."""
        return 2 * sum(self.plan.normalized) + TERMS * len(self.shapes) + 2 * COLORS

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
        """Reflect (N, H, W, 3) to multiples of 8, and gather blocks: (N, H/4, W/4, 48)."""
        return pack(mirror(image, MARGIN, MULTIPLE), SIDE)

    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Spread blocks, (N, H/4, W/4, 48), and take the margin off: (N, height, width, 3)."""
        return crop(unpack(made, SIDE), MARGIN, height, width)

    def compute(self, arranged: Tensor, code: Tensor, delta: Tensor | None = None) -> Tensor:
        """(N, 48, H/4, W/4) to the same, both blocks of pixels."""
        return self._compute(self.noise.beside(arranged), code, delta, padded=False)

    def paint(self, levels: Tensor, code: Tensor, delta: Tensor | None = None) -> Tensor:
        """Stylize `levels`, (1, H, W, 3) in uint8, as the exported graph does; the same shape and type."""
        made = self._compute(look(levels, self.noise), code, delta, padded=True)
        return show(made, *levels.shape[1:3])

    def _compute(self, seen: Tensor, code: Tensor, delta: Tensor | None, *, padded: bool) -> Tensor:
        """Blocks of pixels from blocks and noise, with a reflection around them where they are `padded`."""
        scales, shifts, shares, contrast, tint = self._split(code)
        weights = self._weights(shares, delta)

        def convolve(index: int, features: Tensor) -> Tensor:
            if index or not padded:
                features = reflected(features, 1)
            bias: Tensor = self.convolutions[index].bias  # type: ignore[assignment]
            return F.conv2d(features, weights[index], bias, stride=2 if index == self.plan.down else 1)

        def settle(index: int, features: Tensor) -> Tensor:
            """Instance normalization with the scale and the shift of a style, and a ReLU."""
            return F.relu(instance_norm(features, scales[index], shifts[index]))

        features = course(seen, self.plan, convolve, settle)
        weight, bias = self.last.level(weights[-1])
        # Contrast and tint of each color are of the filters', as all pixels of a block have them alike.
        factors = contrast.repeat(SIDE * SIDE)
        weight = weight * factors[:, None, None, None]
        made: Tensor = self.squash(
            F.conv2d(features, weight, bias * factors + tint.repeat(SIDE * SIDE), padding=1)
        )
        return made

    @torch.no_grad()
    def folded(self, code: Tensor, delta: Tensor | None = None) -> dict[str, Tensor]:
        """Return the state of the `Compact` network that paints as this one does with a code.

        Args:
            code: (code_size).
            delta: (delta_size), or None.
        """
        scales, shifts, shares, contrast, tint = self._split(code)
        *weights, last = self._weights(shares, delta)
        state = {f"convolutions.{index}.weight": weight for index, weight in enumerate(weights)}
        for index, each in enumerate(self.convolutions):
            state[f"convolutions.{index}.bias"] = each.bias  # type: ignore[assignment]
        for index, (scale, shift) in enumerate(zip(scales, shifts, strict=True)):
            state |= {f"norms.{index}.weight": scale, f"norms.{index}.bias": shift}
        factors, shift = (each.repeat(SIDE * SIDE) for each in (contrast, tint))
        state["last.weight"] = last * factors[:, None, None, None]
        state["last.bias"] = self.last.bias * factors + shift
        return {name: value.detach().clone() for name, value in state.items()}

    def _split(self, code: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], Tensor, Tensor, Tensor]:
        """Return scales and shifts of each normalization, shares (convolutions, TERMS), contrast and tint."""
        moved = sum(self.plan.normalized)
        sizes = [moved, moved, TERMS * len(self.shapes), COLORS, COLORS]
        scales, shifts, shares, contrast, tint = torch.split(code, sizes)
        return (
            torch.split(1 + scales, self.plan.normalized),
            torch.split(shifts, self.plan.normalized),
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
