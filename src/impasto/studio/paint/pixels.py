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
    "picture": (0.5 / 255, 0.5 / 255, 0.5 / 255),
}
"""Size of one unit of the variable in [0, 1] pixel values, by channel.

A `picture` is half a gray level times the number of values: L-BFGS's first step has an L1 norm of one unit.
In bytes that is so little for a pixel that rounding hides what the gradient does, and the curvature measured
from it is noise, or is dropped as too small. In this unit the step moves each value by half a gray level.
"""

MEAN_COLOR = (123.68 / 255, 116.779 / 255, 103.939 / 255)
"""The mean color of VGG's training pictures, RGB in [0, 1]: where published recipes put the origin."""


class Canvas:
    """The map between the image and the variable that the optimizer moves.

    Args:
        size: Height and width of the image.
        unit: Units of the variable, around the mean color.
        spectrum: Exponent of the frequencies' weights 1 / f**spectrum, of mean square 1. Over 0, the variable
            is the image with those weights divided out, so that one step moves broad forms further than
            grain; 0 is pixels.
        device: Where the variable lives.
    """

    def __init__(self, size: tuple[int, int], unit: Unit, spectrum: float, device: torch.device) -> None:
        self.size = size
        values = 3 * size[0] * size[1] if unit == "picture" else 1
        self.unit = values * torch.tensor(UNITS[unit], device=device).view(1, 3, 1, 1)
        self.mean = torch.tensor(MEAN_COLOR, device=device).view(1, 3, 1, 1)
        self.gain = _gain(size, spectrum).to(device) if spectrum else None

    def encode(self, image: Tensor) -> Tensor:
        """Turn an image `(1, 3, H, W)` in [0, 1] into the variable, of the same shape."""
        variable = (image - self.mean) / self.unit
        if self.gain is not None:
            variable = torch.fft.irfft2(torch.fft.rfft2(variable) / self.gain, s=self.size)
        return variable.contiguous()

    def decode(self, variable: Tensor) -> Tensor:
        """Turn the variable into an image; the gradient flows."""
        if self.gain is not None:
            variable = torch.fft.irfft2(torch.fft.rfft2(variable) * self.gain, s=self.size)
        return variable * self.unit + self.mean

    @torch.no_grad()
    def clamp_(self, variable: Tensor) -> None:
        """Hold the image that a variable stands for in [0, 1], in place."""
        variable.copy_(self.encode(self.decode(variable).clamp(0, 1)))


def _gain(size: tuple[int, int], spectrum: float) -> Tensor:
    """Return the weight of each frequency, `(H, W // 2 + 1)`; the mean color weighs as the longest wave."""
    rows, columns = torch.fft.fftfreq(size[0])[:, None], torch.fft.rfftfreq(size[1])[None]
    frequency = (rows.square() + columns.square()).sqrt().clamp_min(1 / max(size))
    gain: Tensor = frequency.pow(-spectrum)
    return gain / gain.square().mean().sqrt()


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
