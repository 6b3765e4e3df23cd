"""Poolings that halve a feature map: max, average and L2.

Gatys et al. 2015 replace VGG's max pooling by average pooling for smoother gradients; both, and the L2
norm of each window, are on offer. Average and L2 change the scale of what comes after; a factor restores it.
"""

from collections.abc import Callable
from typing import Literal

from torch import Tensor
from torch.nn import functional as F

Pooling = Literal["max", "average", "l2"]

# Under the square root of L2 pooling, so that its gradient is 0 and not NaN where a whole window is 0. It
# moves a value by 1e-6 at most; activations are of the order of 1 (torchvision's weights) to 1000 (Caffe's).
L2_EPSILON = 1e-12

# A factor after each of the four poolings, found so that photos keep the mean activation that max pooling
# gives them in VGG-19 with its original weights; within 7% on other photos (bench/pooling_scale.py and
# docs/weights.md). The one factor for all of crowsonkb/style-transfer-pytorch (2 and 0.78) lets it grow
# fourfold (average) and twofold (L2).
POOLING_SCALES: dict[Pooling, tuple[float, float, float, float]] = {
    "max": (1.0, 1.0, 1.0, 1.0),
    "average": (1.2, 1.3, 1.3, 1.8),
    "l2": (0.57, 0.63, 0.61, 0.76),
}


def max_pool(features: Tensor) -> Tensor:
    """Largest value of each 2x2 window, (N, C, H, W) to (N, C, H // 2, W // 2)."""
    return F.max_pool2d(features, 2)


def average_pool(features: Tensor) -> Tensor:
    """Mean of each 2x2 window, (N, C, H, W) to (N, C, H // 2, W // 2)."""
    return F.avg_pool2d(features, 2)


def l2_pool(features: Tensor) -> Tensor:
    """Euclidean norm of each 2x2 window, (N, C, H, W) to (N, C, H // 2, W // 2).

    `torch.nn.LPPool2d` would do, but for its gradient, which is NaN where a window is all zeros (and after a
    ReLU many are).
    """
    wide = features if features.dtype.itemsize >= 4 else features.float()  # squares leave float16's range
    total = F.avg_pool2d(wide.square(), 2, divisor_override=1)
    return (total + L2_EPSILON).sqrt().to(features.dtype)


POOLINGS: dict[Pooling, Callable[[Tensor], Tensor]] = {
    "max": max_pool,
    "average": average_pool,
    "l2": l2_pool,
}
