"""Statistics of feature maps that style losses compare: Gram matrices, means and covariances.

Gram matrices are those of Gatys et al., "Image Style Transfer Using Convolutional Neural Networks", CVPR
2016, equation 3; the normalizations are those of the papers that followed.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import ConfigError
from impasto.image.color import REC601

GramNormalization = Literal["none", "positions", "elements"]

_HALVES = (torch.float16, torch.bfloat16)
_ROUNDED_POSITIONS = 1024
_BLOCK_ELEMENTS = 1 << 22  # 16 MiB of float32: what a half-precision map is widened by at a time


def full_precision(tensor: Tensor) -> Tensor:
    """Return `tensor` as float32 if it is float16 or bfloat16 (a copy), else `tensor` itself."""
    return tensor.float() if tensor.dtype in _HALVES else tensor


def luma(colors: Tensor) -> Tensor:
    """Return the luma (N, 1, H, W) of colors (N, 3, H, W), sRGB values."""
    return (colors * colors.new_tensor(REC601)[:, None, None]).sum(1, keepdim=True)


def square_means(values: Tensor, side: int) -> Tensor:
    """Return the means of squares of a map (N, C, H, W), each of which overlaps the next by half.

    Where the map is smaller than `side`, so are the squares.
    """
    side = min(side, *values.shape[2:])
    return F.avg_pool2d(values, side, max(side // 2, 1))


def without_autocast(tensor: Tensor) -> torch.autocast:
    """Return a context in which matrix products of `tensor` keep its own precision."""
    return torch.autocast(tensor.device.type, enabled=False)


def positions_last(features: Tensor) -> Tensor:
    """View a map (N, C, H, W) as (N, C, H*W); contiguous and channels-last maps are not copied."""
    if features.dim() != 4:
        raise ConfigError(
            f"features have shape {tuple(features.shape)}; a loss takes maps of shape (N, C, H, W)"
        )
    return features.flatten(2)


def gram_matrix(
    features: Tensor, *, normalize: GramNormalization = "positions", rounded: bool = False
) -> Tensor:
    """Compute the inner products between the channels of a feature map.

    The map is read where it lies: contiguous and channels-last maps are not copied, neither forward nor
    backward. Sums are accumulated and returned in float32 at least, under autocast too: a float16 or
    bfloat16 map is widened block by block.

    Args:
        features: A map (N, C, H, W).
        normalize: What the sums over positions are divided by: `"none"` by nothing (Gatys et al. 2016,
            equation 3), `"positions"` by H*W, `"elements"` by C*H*W (Johnson et al. 2016, equation 3).
        rounded: Whether the sums of a half-precision map over 1024 positions may be rounded to its
            precision before they are added up in float32: a third of the time where the processor
            multiplies bfloat16, and the matrix is off by 1e-4 to 1e-3 of its norm (bench/gram_rounded.py).

    Returns:
        Symmetric matrices (N, C, C), float32 or float64.

    Raises:
        ConfigError: `normalize` is not one of the three, or `features` is not a map.
    """
    flat = positions_last(features)
    divisors = {"none": 1, "positions": flat.shape[2], "elements": flat.shape[1] * flat.shape[2]}
    if normalize not in divisors:
        raise ConfigError(f"normalize is {normalize!r}; choose one of {', '.join(divisors)}")
    with without_autocast(flat):
        gram: Tensor = _Gram.apply(flat, rounded)  # type: ignore[no-untyped-call]
    return gram / divisors[normalize]


class _Gram(torch.autograd.Function):
    """x x^T, whose backward allocates one gradient map (autograd's own makes two and adds them)."""

    @staticmethod
    def forward(ctx: Any, flat: Tensor, rounded: bool) -> Tensor:
        ctx.save_for_backward(flat)
        if flat.dtype not in _HALVES:
            return torch.bmm(flat, flat.mT)
        gram = torch.zeros(flat.shape[0], flat.shape[1], flat.shape[1], device=flat.device)
        if rounded:
            whole = flat.shape[2] // _ROUNDED_POSITIONS * _ROUNDED_POSITIONS
            blocks = flat[:, :, :whole]
            blocks = blocks.view(*flat.shape[:2], -1, _ROUNDED_POSITIONS).transpose(1, 2)
            gram += torch.matmul(blocks, blocks.mT).sum(1, dtype=torch.float32)
            flat = flat[:, :, whole:]
        for block in _widened_blocks(flat):
            gram.baddbmm_(block, block.mT)
        return gram

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (flat,) = ctx.saved_tensors
        symmetric = (grad + grad.mT).to(flat.dtype)
        with without_autocast(flat):
            if flat.stride(1) == 1:  # channels last: give the gradient the same layout
                return torch.bmm(flat.mT, symmetric).mT, None
            return torch.bmm(symmetric, flat), None


def _widened_blocks(flat: Tensor) -> Iterator[Tensor]:
    """Yield a half-precision map (N, C, M) as float32 a few positions at a time."""
    size = max(1, _BLOCK_ELEMENTS // max(1, flat.shape[0] * flat.shape[1]))
    return (block.float() for block in torch.split(flat, size, dim=2))


def channel_statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the mean and the biased covariance of a map's channels over its positions.

    The covariance is the second raw moment less the square of the mean, so that the map is neither
    centered nor copied. In float32 that leaves an error of about 1e-6 of the second raw moment, which can
    make a vanishing variance slightly negative; `wasserstein2` and its ridge tolerate that.

    Args:
        features: A map (N, C, H, W).

    Returns:
        The mean (N, C) and the covariance (N, C, C), float32 or float64.
    """
    flat = positions_last(features)
    if flat.dtype in _HALVES:
        mean = torch.stack([block.sum(2) for block in _widened_blocks(flat)]).sum(0) / flat.shape[2]
    else:
        mean = flat.mean(2)
    return mean, gram_matrix(features) - mean.unsqueeze(2) * mean.unsqueeze(1)


def blend_moments(
    moments: Sequence[tuple[Tensor, Tensor]], weights: Sequence[float]
) -> tuple[Tensor, Tensor]:
    """Blend the statistics of several styles into those of their mixture.

    Means and second raw moments are averaged: unlike covariances, they are linear in the positions
    (crowsonkb, style-transfer-pytorch). The blend's covariance therefore also holds the spread between the
    styles' means.

    Args:
        moments: A mean (N, C) and covariance (N, C, C) for each style.
        weights: One weight for each style, normalized here to sum to 1.

    Returns:
        The mean (N, C) and covariance (N, C, C) of the mixture.

    Raises:
        ConfigError: The numbers of styles and weights differ or are zero, or the weights sum to zero.
    """
    total = sum(weights)
    if not moments or len(moments) != len(weights) or total == 0:
        raise ConfigError(
            f"{len(moments)} styles have weights {list(weights)}; give one each, of non-zero sum"
        )
    shares = [weight / total for weight in weights]
    mean = torch.stack([share * mean for share, (mean, _) in zip(shares, moments, strict=True)]).sum(0)
    raw = torch.stack(
        [share * (cov + _outer(mean)) for share, (mean, cov) in zip(shares, moments, strict=True)]
    ).sum(0)
    return mean, raw - _outer(mean)


def _outer(mean: Tensor) -> Tensor:
    return mean.unsqueeze(-1) * mean.unsqueeze(-2)
