"""Denoise gray pictures by sparse coding: the check that a dictionary knows what photos are made of."""

from torch import Tensor

from impasto.errors import ConfigError

from .codes import sparse_codes
from .normalize import local_mean

_WINDOW, _SIGMA = 17, 2.5  # leaves 1 / (4 pi 2.5^2) of the variance of the noise in the low-pass: 19 dB less
_THRESHOLD = 1.6


def denoise(
    pictures: Tensor, filters: Tensor, *, sigma: float, threshold: float = _THRESHOLD, steps: int = 60
) -> Tensor:
    """Reconstruct noisy pictures from sparse codes of what a Gaussian low-pass leaves.

    Basis pursuit denoising (Chen, Donoho & Saunders 1998) with a convolutional dictionary: the low-pass is
    kept, the rest is coded with lambda = 1 / (threshold sigma) and made again. White noise correlates with a
    filter of unit norm at a standard deviation of sigma; `threshold` says how many of these a coefficient
    must outdo to be kept.

    Args:
        pictures: Gray pictures (N, 1, H, W) in [0, 1] with white noise; values outside are taken as they are.
        filters: (K, 1, S, S) such as `DictionaryLearner` learns, not all zero.
        sigma: Standard deviation of the noise in units of the pictures, over 0.
        threshold: Over 0; more removes more noise and more detail.
        steps: FISTA steps.

    Returns:
        (N, 1, H, W), clipped to [0, 1].

    Raises:
        ConfigError: A shape, `sigma`, `threshold` or `steps` is not valid.
    """
    for name, value in (("sigma", sigma), ("threshold", threshold)):
        if not 0 < value < float("inf"):
            raise ConfigError(f"{name} {value} is not valid; give a number over 0")
    if pictures.dim() != 4 or pictures.shape[1] != 1:
        raise ConfigError(f"pictures have shape {tuple(pictures.shape)}; give gray ones (N, 1, H, W)")
    low = local_mean(pictures, size=_WINDOW, sigma=_SIGMA)
    norms = filters.flatten(1).norm(dim=1)
    unit = filters[norms > 0] / norms[norms > 0].view(-1, 1, 1, 1)
    codes = sparse_codes(pictures - low, unit, weight=1 / (threshold * sigma), steps=steps)
    return (low + codes.reconstruction).clamp(0, 1)
