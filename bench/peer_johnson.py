"""The transformer network of pytorch/examples, written anew from its published description, for timing.

Johnson et al. 2016 with what that example changed (fast_neural_style, its README and the paper's supplement):
32, 64 and 128 channels through convolutions with reflection padding, five residual blocks, twice nearest
up-sampling and a convolution, instance normalization with learned scale and shift, no activation at the end;
pixels are 0 to 255, in and out. Its weights are random: time does not depend on them.
"""

import torch
from torch import Tensor, nn


def convolution(inner: int, outer: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution with reflection padding: (N, inner, H, W) to (N, outer, H/stride, W/stride)."""
    return nn.Sequential(nn.ReflectionPad2d(kernel // 2), nn.Conv2d(inner, outer, kernel, stride))


def normalized(inner: int, outer: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution, normalized and rectified."""
    norm = nn.InstanceNorm2d(outer, affine=True)
    return nn.Sequential(convolution(inner, outer, kernel, stride), norm, nn.ReLU())


class Residual(nn.Module):
    """Two convolutions and a skip: (N, C, H, W) to the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = normalized(channels, channels, 3)
        self.second = nn.Sequential(
            convolution(channels, channels, 3), nn.InstanceNorm2d(channels, affine=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Add what the convolutions find."""
        made: Tensor = self.second(self.first(x)) + x
        return made


def johnson() -> nn.Sequential:
    """Return the network: (N, 3, H, W) in 0 to 255, H and W multiples of 4, to the same."""
    torch.manual_seed(0)
    return nn.Sequential(
        normalized(3, 32, 9),
        normalized(32, 64, 3, stride=2),
        normalized(64, 128, 3, stride=2),
        *(Residual(128) for _ in range(5)),
        nn.Upsample(scale_factor=2, mode="nearest"),
        normalized(128, 64, 3),
        nn.Upsample(scale_factor=2, mode="nearest"),
        normalized(64, 32, 3),
        convolution(32, 3, 9),
    ).eval()
