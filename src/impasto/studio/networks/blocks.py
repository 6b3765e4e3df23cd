"""What the networks are built of: convolutions with their padding, residual blocks, up-sampling, output.

Shapes are those of one picture's features, (C, H, W); all take batches (N, C, H, W).
"""

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.networks.config import Norm, Output, Upsampling
from impasto.studio.networks.normalize import NORMS

Padding = Literal["reflect", "zeros", "valid"]


def convolution(
    before: int, after: int, size: int, *, stride: int = 1, padding: Padding = "reflect", bias: bool = True
) -> nn.Conv2d:
    """Make a convolution that gives 1 / stride of the size, or `valid`, only what needs no padding.

    Args:
        before: Channels in.
        after: Channels out.
        size: Side of the filters, odd.
        stride: Pixels between two places of the filter.
        padding: What surrounds the features; reflection wants sides over size // 2.
        bias: Whether a number is learned that is added to each channel.
    """
    if padding == "reflect":
        return ReflectedConv2d(before, after, size, stride, bias=bias)
    return nn.Conv2d(before, after, size, stride, 0 if padding == "valid" else size // 2, bias=bias)


class ReflectedConv2d(nn.Conv2d):
    """A convolution of features that are reflected around, by half of the filters' side.

    It is `padding_mode="reflect"`, but half-precision features stay so: for that mode autocast would widen
    them, and narrow them again.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as torch names it
        """(N, C, H, W) of sides over half of the filters' to (N, C', H / stride, W / stride)."""
        padded = reflected(input, self.kernel_size[0] // 2)
        return F.conv2d(padded, self.weight, self.bias, self.stride)


def reflected(features: Tensor, around: int) -> Tensor:
    """Reflect features (N, C, H, W) around themselves by so many pixels, in their own precision."""
    with torch.autocast(features.device.type, enabled=False):
        return F.pad(features, (around,) * 4, mode="reflect")


def normalized(convolution: nn.Module, channels: int, norm: Norm) -> nn.Sequential:
    """Follow what gives `channels` by normalization and a ReLU."""
    return nn.Sequential(convolution, NORMS[norm](channels), nn.ReLU(inplace=True))


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions whose result is added to what came in, (C, H, W) to (C, H, W).

    He et al. 2016; without the ReLU after the sum, as Johnson et al. 2016 have it after Gross & Wilber.

    Args:
        channels: C.
        norm: After each convolution.
        padding: Of both convolutions. `valid` gives (C, H - 4, W - 4), and the middle of what came in is
            added: figure 1 of the supplementary of Johnson et al.
        bias: Of both convolutions.
        relu_after: Whether a ReLU follows the sum.
    """

    def __init__(
        self,
        channels: int,
        norm: Norm,
        *,
        padding: Padding = "reflect",
        bias: bool = True,
        relu_after: bool = False,
    ) -> None:
        super().__init__()
        self.valid = padding == "valid"
        self.relu_after = relu_after
        self.convolutions = nn.Sequential(
            normalized(convolution(channels, channels, 3, padding=padding, bias=bias), channels, norm),
            convolution(channels, channels, 3, padding=padding, bias=bias),
            NORMS[norm](channels),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Add to `features` (N, C, H, W), or to its middle, what the convolutions make of it."""
        skip = features[:, :, 2:-2, 2:-2] if self.valid else features
        total: Tensor = skip + self.convolutions(features)
        return F.relu(total) if self.relu_after else total


def upsampling(
    method: Upsampling, before: int, after: int, *, padding: Padding = "reflect", bias: bool = True
) -> nn.Module:
    """Make a 3x3 convolution that doubles the size, (before, H, W) to (after, 2H, 2W).

    `transposed` is the paper's, strided by a half: each output sums one, two or four taps in turn, which is
    what a checkerboard comes from (Odena, Dumoulin & Olah 2016). `resize` repeats each value before it
    convolves. `shuffle` convolves for four pixels at once (Shi et al. 2016), and begins as a `resize` does.
    """
    if method == "transposed":
        return nn.ConvTranspose2d(before, after, 3, 2, padding=1, output_padding=1, bias=bias)
    if method == "resize":
        return nn.Sequential(
            nn.Upsample(scale_factor=2, mode="nearest"),
            convolution(before, after, 3, padding=padding, bias=bias),
        )
    wide = convolution(before, 4 * after, 3, padding=padding, bias=bias)
    alike(wide, 4)
    return nn.Sequential(wide, nn.PixelShuffle(2))


def alike(convolution: nn.Conv2d, count: int) -> None:
    """Give `count` channels in a row the same filter: those that become one block of pixels (ICNR).

    Aitken et al. 2017, "Checkerboard artifact free sub-pixel convolution": a shuffle of channels that begin
    at random is a grid from the start, and training leaves some of it.
    """
    with torch.no_grad():
        for parameter in (convolution.weight, convolution.bias):
            if parameter is not None:
                parameter.copy_(parameter[::count].repeat_interleave(count, 0))


def _even_sums(weight: Tensor, taps: tuple[int, ...], places: int) -> Tensor:
    """Give filters one sum over their `taps` for all `places`, the mean of those that they have."""
    means = weight.mean(taps, keepdim=True)
    return weight - means + means.mean(places, keepdim=True)


class LevelShuffle(nn.Conv2d):
    """A 3x3 convolution for blocks of pixels, (C, H, W) to (side * side * colors, H, W), that makes no grid.

    Pixels of a block begin alike, and whatever training does they answer alike to features that are flat, so
    that flat parts of a picture stay flat: filters of one color have one sum for each channel that they read,
    and one bias. It is the condition of Sugawara, Shiota & Kiya 2018, held by subtraction; their smoothing
    filter would take fine detail as well.

    That leaves a checkerboard along straight edges, where features are flat in one direction alone.
    `straight` holds the condition for each direction by itself: what rows of a filter sum to is one number
    for all pixels of a block's row, and what columns sum to for those of a column. Then lines along either
    stay lines, and flat parts flat; what is left free is what changes both ways.

    Args:
        channels: C.
        colors: Channels of the pixels.
        side: Of a block.
        pixels_first: Whether all colors of the first pixel come first, in the order of `frame.unpack`; or all
            pixels of the first color, in that of a pixel shuffle.
        straight: Whether lines along rows and columns stay lines, too.
    """

    bias: nn.Parameter  # nn.Conv2d may have none

    def __init__(
        self, channels: int, colors: int, side: int, *, pixels_first: bool = True, straight: bool = False
    ) -> None:
        self.side, self.pixels, self.pixels_first, self.straight = side, side * side, pixels_first, straight
        super().__init__(channels, self.pixels * colors, 3, padding=1)
        with torch.no_grad():
            first = self.weight[:colors]
            self.weight.copy_(
                first.repeat(self.pixels, 1, 1, 1)
                if pixels_first
                else first.repeat_interleave(self.pixels, 0)
            )

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, H, W) to (N, side * side * colors, H, W)."""
        return F.conv2d(features, *self.level(self.weight), padding=1)

    def level(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weight and the bias to convolve with, for weights of the shape of its own."""
        places = (self.pixels, -1) if self.pixels_first else (-1, self.pixels)
        axis = 0 if self.pixels_first else 1
        weight = weights.view(*places, *self.weight.shape[1:])  # (16, 3, C, 3, 3)
        bias = self.bias.view(places).mean(axis, keepdim=True).expand_as(weight[..., 0, 0, 0])
        held = self._straight(weight, axis) if self.straight else _even_sums(weight, (-2, -1), axis)
        return held.flatten(0, 1), bias.flatten()

    def _straight(self, weight: Tensor, axis: int) -> Tensor:
        """Return filters whose rows have one sum for a row of pixels, and columns for a column of them."""
        shape = weight.shape
        blocks = weight.view(*shape[:axis], self.side, self.side, *shape[axis + 1 :])  # (4, 4, 3, C, 3, 3)
        return _even_sums(_even_sums(blocks, (-1,), axis + 1), (-2,), axis).flatten(axis, axis + 1)

    def plain(self) -> nn.Conv2d:
        """Return the convolution that it has come to be, without what held it."""
        made = nn.Conv2d(self.in_channels, self.out_channels, 3, padding=1)
        made.load_state_dict(dict(zip(("weight", "bias"), self.level(self.weight), strict=True)))
        return made


class Squash(nn.Module):
    """Turn the last features into values in [0, 1].

    `tanh` is the paper's, scaled: half of it, and a half. `sigmoid` is the same curve of half the slope.
    `clamp` leaves values as they are while training, as no gradient comes back from what was clamped, and
    holds them in [0, 1] otherwise.
    """

    def __init__(self, output: Output) -> None:
        super().__init__()
        self.output: Output = output

    def forward(self, features: Tensor) -> Tensor:
        """Any shape to the same shape."""
        if self.output == "clamp" and self.training:
            return features
        return _OUTPUTS[self.output](features)


_OUTPUTS: Mapping[Output, Callable[[Tensor], Tensor]] = {
    "tanh": lambda features: features.tanh() * 0.5 + 0.5,
    "sigmoid": torch.sigmoid,
    "clamp": lambda features: features.clamp(0, 1),
}
