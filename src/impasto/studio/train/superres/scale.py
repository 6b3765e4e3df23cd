"""Batches of pictures made smaller and larger, by the matrices of `impasto.image`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from impasto.image import Degradation, cubic_matrix, shrinking

if TYPE_CHECKING:
    from torch import Tensor


@torch.no_grad()
def smaller(photos: Tensor, factor: int, degradation: Degradation) -> Tensor:
    """Make photos smaller, and round them to the levels that a file would hold.

    Args:
        photos: `(N, 3, H, W)` in [0, 1], sides multiples of the factor.
        factor: How many times.
        degradation: How; see `impasto.image.shrinking`.

    Returns:
        `(N, 3, H / factor, W / factor)`.
    """
    matrices = [_shrinking(side, factor, degradation, photos.device) for side in photos.shape[2:]]
    return _multiplied(photos, *matrices).mul(255).round().div(255)


@torch.no_grad()
def larger(small: Tensor, factor: int) -> Tensor:
    """Make pictures `(N, 3, H, W)` larger, bicubically: `(N, 3, factor * H, factor * W)` in [0, 1]."""
    return _multiplied(small, *(_growing(side, factor, small.device) for side in small.shape[2:]))


def _multiplied(pictures: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Resize in float32, also under autocast: bfloat16 holds fewer values than a photo has levels."""
    with torch.autocast(pictures.device.type, enabled=False):
        return (down @ pictures.float() @ across.T).clamp(0, 1)


@lru_cache(maxsize=16)
def _shrinking(side: int, factor: int, degradation: Degradation, device: torch.device) -> Tensor:
    return torch.from_numpy(shrinking(side, factor, degradation).copy()).float().to(device)


@lru_cache(maxsize=16)
def _growing(side: int, factor: int, device: torch.device) -> Tensor:
    return torch.from_numpy(cubic_matrix(side, factor * side).copy()).float().to(device)
