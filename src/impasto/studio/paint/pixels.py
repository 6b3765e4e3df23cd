"""Pictures as what an optimizer moves: units, starts and changes of size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F

from impasto.image import match_linear, resize

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.studio.paint.recipe import Unit

UNITS: dict[Unit, tuple[float, float, float]] = {
    "unit": (1.0, 1.0, 1.0),
    "byte": (1 / 255, 1 / 255, 1 / 255),
    "standardized": (0.229, 0.224, 0.225),
}
"""Size of one unit of the variable in [0, 1] pixel values, by channel."""

MEAN_COLOR = (123.68 / 255, 116.779 / 255, 103.939 / 255)
"""The mean color of VGG's training pictures, RGB in [0, 1]: where published recipes put the origin."""


def to_tensor(pixels: NDArray[np.float32]) -> Tensor:
    """Turn `(H, W, 3)` pixels into a contiguous `(1, 3, H, W)` tensor."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32))


def to_pixels(image: Tensor) -> NDArray[np.float32]:
    """Turn a `(1, 3, H, W)` tensor into `(H, W, 3)` float32 pixels held in [0, 1]."""
    return np.ascontiguousarray(image.detach().clamp(0, 1)[0].permute(1, 2, 0).float().cpu().numpy())


def unit_of(unit: Unit, like: Tensor) -> Tensor:
    """Return `(1, 3, 1, 1)`: the pixel value of one unit of the variable."""
    return like.new_tensor(UNITS[unit]).view(1, 3, 1, 1)


def mean_of(like: Tensor) -> Tensor:
    """Return `(1, 3, 1, 1)`: the mean color, the variable's origin."""
    return like.new_tensor(MEAN_COLOR).view(1, 3, 1, 1)


def encode(image: Tensor, unit: Unit) -> Tensor:
    """Turn an image in [0, 1] into the variable, in the recipe's units around the mean color."""
    return ((image - mean_of(image)) / unit_of(unit, image)).contiguous()


def decode(variable: Tensor, unit: Unit) -> Tensor:
    """Turn the variable into an image in [0, 1]; the gradient flows."""
    return variable * unit_of(unit, variable) + mean_of(variable)


def noise_start(size: tuple[int, int], deviation: float, seed: int) -> NDArray[np.float32]:
    """Return white noise of `(H, W, 3)` around the mean color, not held in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)  # on the CPU, so that every device starts alike
    noise = torch.randn(*size, 3, generator=generator).numpy()
    return np.asarray(np.array(MEAN_COLOR) + deviation * noise, dtype=np.float32)


def style_start(
    content: NDArray[np.float32] | None, style: NDArray[np.float32], size: tuple[int, int], seed: int
) -> NDArray[np.float32]:
    """Return the content (or noise where there is none) recolored to the style's mean and covariance."""
    base = noise_start(size, 0.25, seed) if content is None else resize(content, size)
    return match_linear(base, style)


def enlarge(image: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample `(1, 3, H, W)` to another size, bicubic, held in [0, 1]."""
    if image.shape[-2:] == size:
        return image
    return F.interpolate(image, size, mode="bicubic", align_corners=False).clamp(0, 1)
