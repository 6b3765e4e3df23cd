"""Histogram loss: each channel's activations should be distributed as the style's.

Risser, Wilmot & Barnes, "Stable and Controllable Neural Texture Synthesis and Style Transfer Using
Histogram Losses", 2017. They match binned histograms; matching sorted values is the limit of many bins, the
exact optimal transport in one dimension.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import ConfigError

from .functional import full_precision, positions_last

QUANTILES = 1024
"""The number of quantiles that a histogram target keeps at most for each channel."""


def ascending(features: Tensor) -> Tensor:
    """Sort each channel's values.

    On a processor NumPy finds the order: its sort is vectorized where PyTorch's is not
    (bench/train_layers.py).

    Args:
        features: Maps (N, C, H, W).

    Returns:
        Ascending values (N, C, H*W), float32 or float64.
    """
    values = positions_last(full_precision(features))
    if not values.is_cpu:
        return values.sort(dim=2).values
    order = np.argsort(values.detach().numpy(), axis=2)
    return values.gather(2, torch.from_numpy(order))


def channel_quantiles(features: Tensor, *, count: int = QUANTILES) -> Tensor:
    """Summarize each channel's distribution by its sorted values.

    Targets of several styles are blended by their weighted average, if they have equally many quantiles.

    Args:
        features: Maps (N, C, H, W).
        count: The greatest number of values kept for a channel; more positions are averaged in sorted runs.

    Returns:
        Ascending values (N, C, Q) with Q = min(H*W, count).

    Raises:
        ConfigError: `count` is less than 1.
    """
    if count < 1:
        raise ConfigError(f"count is {count}; it must be at least 1")
    values = ascending(features)
    return values if values.shape[2] <= count else F.adaptive_avg_pool1d(values, count)


def histogram_loss(features: Tensor, quantiles: Tensor) -> Tensor:
    """Compare activations with themselves remapped to the target's distribution.

    The mean of (F - R(F))^2, where R remaps each channel's values, in their order, to the target's
    quantiles and is not differentiated (Risser et al. 2017). It is summed in sorted order,
    which leaves it and its gradient the same and makes no remapped map.

    Args:
        features: Maps (N, C, H, W).
        quantiles: `channel_quantiles` of the style, (N, C, Q) or (1, C, Q); interpolated to the number of
            positions.

    Returns:
        A scalar at least 0.

    Raises:
        ConfigError: The shapes do not fit.
    """
    values = ascending(features)
    if quantiles.shape[1] != values.shape[1] or quantiles.shape[0] not in (1, values.shape[0]):
        shapes = f"{tuple(features.shape)} and {tuple(quantiles.shape)}"
        raise ConfigError(f"features and quantiles have shapes {shapes}; N (or 1) and C must match")
    with torch.no_grad():
        wanted = full_precision(quantiles)
        if wanted.shape[2] != values.shape[2]:
            wanted = F.interpolate(wanted, size=values.shape[2], mode="linear", align_corners=False)
    return (values - wanted).square().mean()


class HistogramLoss(nn.Module):
    """`histogram_loss` against registered quantiles.

    Args:
        quantiles: `channel_quantiles` of the style, or a weighted average of several; detached.
    """

    quantiles: Tensor

    def __init__(self, quantiles: Tensor) -> None:
        super().__init__()
        self.register_buffer("quantiles", quantiles.detach())

    def forward(self, features: Tensor) -> Tensor:
        """Compare the distributions of `features` (N, C, H, W) with the target's; a scalar."""
        return histogram_loss(features, self.quantiles)
