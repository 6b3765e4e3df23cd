"""The one place where pictures of the gallery become tensors of the studio, and the other way about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


def to_tensor(pixels: NDArray[np.float32]) -> Tensor:
    """Turn `(H, W, 3)` pixels into a contiguous `(1, 3, H, W)` tensor."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32))


def to_pixels(image: Tensor) -> NDArray[np.float32]:
    """Turn a `(1, 3, H, W)` tensor into `(H, W, 3)` float32 pixels held in [0, 1]."""
    return np.ascontiguousarray(image.detach().clamp(0, 1)[0].permute(1, 2, 0).float().cpu().numpy())
