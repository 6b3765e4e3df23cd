"""Color transfer between pictures: luminance only, histograms, and the linear Monge-Kantorovich map.

Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer" (arXiv:1606.05897) for the first;
Pitié & Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer"
for the last. Everything is pure NumPy on sRGB values, and results keep the float type of the input.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

_Floats = NDArray[np.floating[Any]]

REC601 = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in the luma of sRGB values (ITU-R BT.601)."""

# Variance added to both covariances: a standard deviation of 1e-4, well under one 8-bit level, so that a flat
# picture has an invertible covariance while any visible variation is matched to better than 1e-6.
_FLOOR = 1e-8
# A luminance that varies less than this is flat: dividing by its deviation would only amplify rounding.
_FLAT = 1e-6


def luminance(pixels: _Floats) -> _Floats:
    """Rec. 601 luma of sRGB values, the Y of YIQ (Gatys et al. 2016, "luminance-only style transfer").

    Args:
        pixels: (H, W, 3) in [0, 1].

    Returns:
        (H, W) in [0, 1].
    """
    luma: _Floats = pixels @ np.asarray(REC601, dtype=pixels.dtype)
    return luma


def replace_luminance(pixels: _Floats, luma: _Floats) -> _Floats:
    """Give `pixels` a new luma and keep their chroma, the I and Q of YIQ.

    In YIQ the luma enters red, green and blue with weight one, so keeping I and Q means adding the same
    number to the three. Where that leaves the gamut the paper says nothing; clipping channels would change
    the luma that was asked for, so the color is moved toward the gray of that luma until it fits.

    Args:
        pixels: (H, W, 3) in [0, 1], whose colors stay.
        luma: (H, W), the new luma; values outside [0, 1] are clipped.

    Returns:
        (H, W, 3) in [0, 1], whose `luminance` is `luma`.
    """
    target = np.clip(luma, 0, 1)[..., np.newaxis].astype(pixels.dtype)
    chroma = pixels - luminance(pixels)[..., np.newaxis]
    room = np.where(chroma > 0, 1 - target, target)
    fits = np.abs(chroma) <= room
    # Where a channel fits, its own factor is one; the divisor there is a stand-in that is never zero.
    factors = np.where(fits, 1, room / np.where(fits, 1, np.abs(chroma)))
    shrink = factors.min(axis=-1, keepdims=True)
    replaced: _Floats = np.clip(target + shrink * chroma, 0, 1).astype(pixels.dtype)
    return replaced


def match_luminance(source_luma: _Floats, reference_luma: _Floats) -> _Floats:
    """Move and scale a luma to another's mean and deviation (Gatys et al. 2016).

    L' = sigma_r / sigma_s * (L - mu_s) + mu_r. The paper gives the style's luma the statistics of the
    content's before the transfer. A flat source becomes flat at the reference's mean.

    Args:
        source_luma: (H, W).
        reference_luma: (H', W').

    Returns:
        (H, W), not clipped: it may leave [0, 1] a little.
    """
    source = source_luma.astype(np.float64)
    reference = reference_luma.astype(np.float64)
    deviation = source.std()
    scale = reference.std() / deviation if deviation > _FLAT else 0.0
    matched: _Floats = (scale * (source - source.mean()) + reference.mean()).astype(source_luma.dtype)
    return matched


def match_histogram(source: _Floats, reference: _Floats) -> _Floats:
    """Give each channel of `source` the distribution of the same channel of `reference`.

    Exact matching of cumulative distributions: each distinct value goes to the reference's value at the same
    quantile, interpolated between the reference's own values. A value's quantile is the middle of its step,
    not the upper end, so that dark and bright are treated alike and a flat source goes to the reference's
    median.

    Args:
        source: (H, W) or (H, W, C).
        reference: (H', W') or (H', W', C).

    Returns:
        The shape of `source`, within the range of `reference`.

    Raises:
        ValueError: the two have different numbers of channels.
    """
    if source.shape[2:] != reference.shape[2:]:
        raise ValueError(f"channels differ: source is {source.shape}, reference is {reference.shape}")
    if source.ndim == 2:
        return _match_channel(source, reference)
    channels = [_match_channel(source[..., c], reference[..., c]) for c in range(source.shape[2])]
    return np.stack(channels, axis=-1)


def _match_channel(source: _Floats, reference: _Floats) -> _Floats:
    _, inverse, counts = np.unique(source.ravel(), return_inverse=True, return_counts=True)
    values, reference_counts = np.unique(reference.ravel(), return_counts=True)
    moved = np.interp(_quantiles(counts), _quantiles(reference_counts), values)
    matched: _Floats = moved[inverse].reshape(source.shape).astype(source.dtype)
    return matched


def _quantiles(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray((np.cumsum(counts) - counts / 2) / counts.sum(), dtype=np.float64)


def match_linear(source: _Floats, reference: _Floats) -> _Floats:
    """Linear Monge-Kantorovich transfer: the reference's mean and covariance for the least movement.

    Pitié & Kokaram 2007: x' = T (x - mu_s) + mu_r with
    T = S^-1/2 (S^1/2 R S^1/2)^1/2 S^-1/2, S and R the covariances of source and reference. T is the one
    symmetric positive definite matrix with T S T = R; computed in float64. Unlike the paper, both covariances
    get a small floor, so that flat pictures (singular S) do not blow up.

    Args:
        source: (H, W, 3) in [0, 1].
        reference: (H', W', 3) in [0, 1].

    Returns:
        (H, W, 3) clipped to [0, 1].
    """
    return np.clip(_match_linear_unclipped(source, reference), 0, 1).astype(source.dtype)


def _match_linear_unclipped(source: _Floats, reference: _Floats) -> NDArray[np.float64]:
    source_mean, source_covariance = _moments(source)
    reference_mean, reference_covariance = _moments(reference)
    transfer = _monge_kantorovich(source_covariance, reference_covariance)
    return (source.astype(np.float64) - source_mean) @ transfer + reference_mean


def _moments(pixels: _Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean (3,) and covariance (3, 3) of the colors, in float64."""
    colors = pixels.reshape(-1, pixels.shape[-1]).astype(np.float64)
    mean = colors.mean(axis=0)
    centered = colors - mean
    return mean, centered.T @ centered / len(colors)


def _monge_kantorovich(source: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric positive definite T with T source T = reference, both (C, C) covariances."""
    floor = _FLOOR * np.eye(len(source))
    root = _power(source + floor, 0.5)
    inverse_root = _power(source + floor, -0.5)
    transfer = inverse_root @ _power(root @ (reference + floor) @ root, 0.5) @ inverse_root
    return (transfer + transfer.T) / 2


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """A power of a symmetric positive definite matrix, through its eigenvalues."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    # Rounding may leave an eigenvalue a hair below zero; the floor squared is the smallest that can be meant.
    values = np.maximum(values, _FLOOR**2)
    powered: NDArray[np.float64] = (vectors * values**exponent) @ vectors.T
    return powered
