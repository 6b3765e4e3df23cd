"""3 x 3 convolutions of frozen weights on a CPU, with a quarter of the multiplications.

Winograd's minimal filtering F(4 x 4, 3 x 3) (Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural
Networks"): tiles of 4 x 4 outputs are 36 matrix products. Libraries for GPUs choose it by themselves, those
for CPUs that PyTorch is built with do not, and the loss network is nearly all of what painting costs.
Written with matrix products alone; bench/winograd.py compares it with PyTorch's own, in time and in error.
"""

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

_POINTS = torch.tensor(
    [
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ],
    dtype=torch.float64,
)
_FILTERS = (
    torch.tensor(
        [[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]], dtype=torch.float64
    )
    / 24
)
_SUMS = torch.tensor(
    [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]], dtype=torch.float64
)
# Both axes at once: B^T d B and A^T m A of that paper, as one matrix each.
_INTO = torch.kron(_POINTS, _POINTS).float()
_BACK = torch.kron(_SUMS, _SUMS).float()

BAND = 128
"""Tiles worked on at a time: few enough that what they are turned into stays in the processor's cache."""

FEWEST_TILES = 48
"""With fewer in all, reading the transformed weights takes longer than multiplying less saves."""

FEWEST_CHANNELS = (128, 256)
"""Of the narrower and of the wider side; with fewer, transforming the tiles takes longer than it saves."""


class Conv3x3(nn.Conv2d):
    """A 3 x 3 convolution of stride 1 that keeps the size, and takes the fast way where it is faster.

    Args:
        before: Channels in.
        after: Channels out.
        padding_mode: `zeros` or `replicate`.
        device: Where its parameters are made.
    """

    def __init__(
        self, before: int, after: int, *, padding_mode: Literal["zeros", "replicate"], device: str
    ) -> None:
        super().__init__(before, after, 3, padding=1, padding_mode=padding_mode, device=device)
        self._kernels: tuple[int, Tensor, Tensor] | None = None
        self._cast: tuple[int, Tensor, Tensor | None] | None = None

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name that nn.Conv2d gives it)
        """Convolve maps (N, C, H, W); bias is added."""
        if not self.weight.requires_grad and torch.is_autocast_enabled(input.device.type):
            _, weight, bias = self._cast = self._in_type(torch.get_autocast_dtype(input.device.type))
            made: Tensor = self._conv_forward(input, weight, bias)
            return made
        if not self._is_faster(input):
            return super().forward(input)
        margin = 1 if self.padding_mode == "zeros" else 0
        padded = input if margin else F.pad(input, (1, 1, 1, 1), self.padding_mode)
        _, ahead, turned = self._kernels = self._transformed()
        convolved: Tensor = _Convolution.apply(padded, margin, ahead, turned, self.bias)  # type: ignore[no-untyped-call]
        return convolved

    @torch.no_grad()
    def _transformed(self) -> tuple[int, Tensor, Tensor]:
        """Return the weights' version, and what it is turned into, ahead and for the gradient."""
        version = 0 if self.weight.is_inference() else self.weight._version
        if self._kernels is not None and self._kernels[0] == version:
            return self._kernels
        return version, _transformed(self.weight), _transformed(self.weight.flip(2, 3).transpose(0, 1))

    @torch.no_grad()
    def _in_type(self, dtype: torch.dtype) -> tuple[int, Tensor, Tensor | None]:
        """Return the weights' version, weight and bias in a type; autocast itself keeps only trained ones.

        The weight comes in channels_last, as convolutions of such maps would copy it each time.
        """
        version = 0 if self.weight.is_inference() else self.weight._version
        if self._cast is not None and self._cast[0] == version and self._cast[1].dtype == dtype:
            return self._cast
        weight = self.weight.to(dtype, memory_format=torch.channels_last)
        return version, weight, None if self.bias is None else self.bias.to(dtype)

    def _is_faster(self, maps: Tensor) -> bool:
        if maps.device.type != "cpu" or maps.dtype != torch.float32 or self.weight.dtype != torch.float32:
            return False
        if self.weight.requires_grad:
            return False
        channels = tuple(sorted((self.in_channels, self.out_channels)))
        wide = all(found >= least for found, least in zip(channels, FEWEST_CHANNELS, strict=True))
        return wide and len(maps) * _tiles(maps.shape[2]) * _tiles(maps.shape[3]) >= FEWEST_TILES

    def _apply(self, *given: Any, **named: Any) -> "Conv3x3":
        self._kernels = self._cast = None  # made of the weights as they were
        super()._apply(*given, **named)  # type: ignore[no-untyped-call]
        return self


class _Convolution(torch.autograd.Function):
    """Convolution with transformed weights; its gradient is another, with them turned."""

    @staticmethod
    def forward(
        ctx: Any, maps: Tensor, margin: int, ahead: Tensor, turned: Tensor, bias: Tensor | None
    ) -> Tensor:
        ctx.save_for_backward(turned)
        ctx.margin = margin
        return _convolve(maps, margin, ahead, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None, None]:
        (kernel,) = ctx.saved_tensors
        return _convolve(grad, 2 - ctx.margin, kernel, None), None, None, None, None


def _transformed(weight: Tensor) -> Tensor:
    """Turn weights (out, in, 3, 3) into the 36 matrices (36, in, out) that tiles are multiplied by."""
    both = torch.kron(_FILTERS, _FILTERS) @ weight.double().reshape(-1, 9).T
    return both.float().view(36, *weight.shape[:2]).transpose(1, 2).contiguous()


def _tiles(length: int) -> int:
    return -(-length // 4)


def _framed(maps: Tensor, margin: int, height: int, width: int) -> Tensor:
    """Copy maps (N, C, H, W) into zeros (N, height, width, C), `margin` from the corner."""
    bottom, right = margin + maps.shape[2], margin + maps.shape[3]
    frame = maps.new_empty(len(maps), height, width, maps.shape[1])
    for edge in (frame[:, :margin], frame[:, bottom:], frame[:, :, :margin], frame[:, :, right:]):
        edge.zero_()
    frame[:, margin:bottom, margin:right].copy_(maps.permute(0, 2, 3, 1))
    return frame


def _convolve(maps: Tensor, margin: int, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """Convolve maps (N, C, H, W) with zeros around, to channels-last (N, out, H - 2 + 2 margin, ...)."""
    height, width = (side - 2 + 2 * margin for side in maps.shape[2:])
    rows, columns, out = _tiles(height), _tiles(width), kernel.shape[2]
    source = _framed(maps, margin, 4 * rows + 2, 4 * columns + 2)
    size = (len(source), out, 4 * rows, 4 * columns)
    result = torch.empty(size, memory_format=torch.channels_last)
    step = max(1, BAND // columns)
    for frame, into in zip(source, result.permute(0, 2, 3, 1), strict=True):
        along, across, _ = frame.stride()
        shape, strides = (6, 6, rows, columns, frame.shape[2]), (along, across, 4 * along, 4 * across, 1)
        tiles = frame.as_strided(shape, strides, frame.storage_offset())
        for first in range(0, rows, step):
            band = tiles[:, :, first : first + step].reshape(36, -1)
            products = torch.bmm((_INTO @ band).view(36, -1, kernel.shape[1]), kernel)
            sums = (_BACK @ products.view(36, -1)).view(4, 4, -1, columns, out)
            if bias is not None:
                sums += bias
            into.view(rows, 4, columns, 4, out)[first : first + step].copy_(sums.permute(2, 0, 3, 1, 4))
    if result.shape[2:] == (height, width):
        return result
    return result[:, :, :height, :width].clone(memory_format=torch.channels_last)
