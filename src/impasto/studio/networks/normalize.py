"""Normalizations of feature maps by name, each with a learned scale and shift for every channel.

All subtract a mean and divide by a standard deviation, v = (x - mean) / sqrt(variance + 1e-5); what they are
taken over differs, for features (N, C, H, W):

    batch       N, H, W      Ioffe & Szegedy 2015; of what was seen in training when evaluated
    instance    H, W         Ulyanov et al. 2016
    layer       C, H, W      Ba et al. 2016
    group       C/G, H, W    Wu & He 2018
    switchable  a learned mixture of instance, layer and batch, Luo et al. 2019
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.networks.config import Norm

EPSILON = 1e-5
MOMENTUM = 0.1
GROUPS = 8


def instance_norm(features: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Normalize each channel of each picture by its own mean and deviation, then scale and shift it.

    On a processor, and with the channels beside each other in memory, each picture is normalized as a batch
    of its own: torch's instance normalization would rearrange everything before and after. Measured: half
    to a fifth of the time (bench/train_layers.py).

    Args:
        features: (N, C, H, W), at least two values a channel.
        weight: (C), the scale.
        bias: (C), the shift.

    Returns:
        The same shape.
    """
    beside = features.is_cpu and features.is_contiguous(memory_format=torch.channels_last)
    if not beside or torch.onnx.is_in_onnx_export():
        return F.instance_norm(features, weight=weight, bias=bias, eps=EPSILON)
    return torch.cat(
        [F.batch_norm(one, None, None, weight, bias, True, eps=EPSILON) for one in torch.split(features, 1)]
    )


class InstanceNorm(nn.InstanceNorm2d):
    """Instance normalization with a learned scale and shift, the same when evaluated.

    Args:
        channels: C of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, EPSILON, affine=True)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - as torch names it
        """Normalize features (N, C, H, W), at least two values a channel; the same shape."""
        return instance_norm(input, self.weight, self.bias)


class SwitchableNorm(nn.Module):
    """Normalize by learned mixtures of instance, layer and batch statistics.

    Luo, Ren, Peng, Zhang & Li, "Differentiable Learning-to-Normalize via Switchable Normalization", ICLR
    2019, equations 3 to 5: one softmax over three numbers mixes the means, another the variances. When
    evaluated, the batch's statistics are running averages, as in batch normalization; the paper averages
    some batches anew.

    Args:
        channels: C of the features.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.mean_logits = nn.Parameter(torch.zeros(3))  # instance, layer, batch: a third each at first
        self.variance_logits = nn.Parameter(torch.zeros(3))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_variance", torch.ones(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Normalize features (N, C, H, W), at least two values a channel; the same shape."""
        # The layer's and the batch's statistics follow from the instances' (equation 4): the features are
        # gone over once.
        mean = features.mean((2, 3))  # (N, C)
        variance = (features - mean[..., None, None]).square().mean((2, 3))
        layer_mean, layer_variance = _pool(mean, variance, 1)  # (N, 1)
        batch_mean, batch_variance = self._batch(mean, variance)  # (1, C)
        shares = self.shares()
        of_mean, of_variance = shares[0], shares[1]
        mean = of_mean[0] * mean + of_mean[1] * layer_mean + of_mean[2] * batch_mean
        variance = (
            of_variance[0] * variance + of_variance[1] * layer_variance + of_variance[2] * batch_variance
        )
        scale = self.weight * (variance + EPSILON).rsqrt()  # (N, C)
        shift = self.bias - mean * scale
        normalized: Tensor = features * scale[..., None, None] + shift[..., None, None]
        return normalized

    def shares(self) -> Tensor:
        """Return the shares of instance, layer and batch in mean and variance, (2, 3); each row sums to 1."""
        return torch.stack([self.mean_logits, self.variance_logits]).softmax(1)

    def _batch(self, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
        if not self.training:
            return self.running_mean[None], self.running_variance[None]
        batch_mean, batch_variance = _pool(mean, variance, 0)
        with torch.no_grad():
            self.running_mean.lerp_(batch_mean[0], MOMENTUM)
            self.running_variance.lerp_(batch_variance[0], MOMENTUM)
        return batch_mean, batch_variance


def _pool(mean: Tensor, variance: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Mean and variance of equal shares together, without a difference of large numbers."""
    pooled = mean.mean(axis, keepdim=True)
    return pooled, (variance + (mean - pooled).square()).mean(axis, keepdim=True)


def _group(channels: int) -> nn.Module:
    return nn.GroupNorm(math.gcd(GROUPS, channels), channels, EPSILON)


NORMS: Mapping[Norm, Callable[[int], nn.Module]] = {
    "batch": lambda channels: nn.BatchNorm2d(channels, EPSILON, MOMENTUM),
    "instance": InstanceNorm,
    "layer": lambda channels: nn.GroupNorm(1, channels, EPSILON),
    "group": _group,
    "switchable": SwitchableNorm,
    "none": lambda channels: nn.Identity(),  # noqa: ARG005 - it has none
}
"""Name to a module for features of so many channels."""
