"""How much of the noise in a photo a dictionary removes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .denoise import denoise
from .model import psnr


@dataclass(frozen=True, kw_only=True, eq=False)
class NoiseCheck:
    """A photo with noise, and what was made of it."""

    sigma: float
    """Standard deviation of the noise, in units of the photo."""
    noisy: Tensor
    """(N, 1, H, W), not clipped."""
    clean: Tensor
    """(N, 1, H, W) in [0, 1]."""
    before: float
    """PSNR of the noisy photo in decibels, 1 as the peak."""
    after: float
    """PSNR of what was made of it."""


def check_noise(photos: Tensor, filters: Tensor, sigma: float, *, seed: int = 0) -> NoiseCheck:
    """Add white noise to photos, and remove it by sparse coding.

    Args:
        photos: (N, 1, H, W) in [0, 1].
        filters: (K, 1, S, S), not all zero.
        sigma: Standard deviation of the noise, over 0.
        seed: Of the noise.

    Raises:
        ConfigError: A shape or `sigma` is not valid.
    """
    noise = torch.randn(photos.shape, generator=torch.Generator().manual_seed(seed)).to(photos)
    noisy = photos + sigma * noise
    clean = denoise(noisy, filters, sigma=sigma)
    before, after = (psnr(each, photos, peak=1.0) for each in (noisy, clean))
    return NoiseCheck(sigma=sigma, noisy=noisy, clean=clean, before=before, after=after)
