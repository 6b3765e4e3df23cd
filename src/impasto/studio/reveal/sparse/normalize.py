"""Local contrast normalization, and photos brought to the form that sparse coding learns from."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.errors import ConfigError
from impasto.image import ImageSource, luminance, read_image, resize


@dataclass(frozen=True, kw_only=True, eq=False)
class Normalized:
    """Pictures of zero local mean and about unit local contrast, with what it takes to undo that."""

    values: Tensor
    """(N, C, H, W): (picture - mean) / contrast."""
    mean: Tensor
    """(N, 1, H, W): the local mean over the window and the channels."""
    contrast: Tensor
    """(N, 1, H, W): the divisor, above 0."""

    def restore(self, values: Tensor) -> Tensor:
        """Undo the normalization for pictures (N, C, H, W) such as a reconstruction of `values`.

        Returns:
            values * contrast + mean, in the range of the pictures; not clipped.
        """
        return values * self.contrast + self.mean


def local_contrast_normalize(pictures: Tensor, *, size: int = 13, sigma: float = 3.0) -> Normalized:
    """Subtract the local mean and divide by the local standard deviation, under a Gaussian window.

    v = x - w * x, then y = v / max(c, s) with s = sqrt(w * v^2) and c the mean of s over the picture, which
    keeps flat regions from being blown up to noise: Jarrett, Kavukcuoglu, Ranzato & LeCun, "What is the best
    multi-stage architecture for object recognition?", ICCV 2009, section 2. w sums to 1 over the window and
    the channels. Where the window leaves the picture, w is scaled to sum to 1 over what remains of it; the
    paper says nothing of that.

    Args:
        pictures: (N, C, H, W), any finite range.
        size: Width of the window in pixels, odd.
        sigma: Standard deviation of the window in pixels, over 0.

    Returns:
        The normalized pictures; a picture of one flat value becomes zero.

    Raises:
        ConfigError: `pictures` is not (N, C, H, W), `size` is not odd and positive, or `sigma` not over 0.
    """
    if pictures.dim() != 4:
        raise ConfigError(f"pictures have shape {tuple(pictures.shape)}; give a tensor (N, C, H, W)")
    mean = local_mean(pictures, size=size, sigma=sigma)
    residual = pictures - mean
    deviation = local_mean(residual.square(), size=size, sigma=sigma).clamp(min=0).sqrt()
    level = deviation.mean((2, 3), keepdim=True)
    # Rounding leaves a flat picture with about one epsilon of contrast: that is not to be divided by.
    floor = 8 * torch.finfo(pictures.dtype).eps * pictures.abs().amax((1, 2, 3), keepdim=True)
    contrast = deviation.maximum(level)
    flat = level <= floor
    contrast = torch.where(flat, torch.ones_like(contrast), contrast)
    values = torch.where(flat, torch.zeros_like(residual), residual / contrast)
    return Normalized(values=values, mean=mean, contrast=contrast)


def local_mean(pictures: Tensor, *, size: int, sigma: float) -> Tensor:
    """Average pictures under a Gaussian window, over the channels too.

    Args:
        pictures: (N, C, H, W).
        size: Width of the window in pixels, odd.
        sigma: Standard deviation of the window in pixels, over 0.

    Returns:
        (N, 1, H, W). Near a border, the average over the part of the window inside the picture.

    Raises:
        ConfigError: `size` is not odd and positive, or `sigma` not over 0.
    """
    if size < 1 or size % 2 == 0:
        raise ConfigError(f"window size {size} is not valid; give an odd whole number of pixels from 1 up")
    if not 0 < sigma < float("inf"):
        raise ConfigError(f"window sigma {sigma} is not valid; give a number of pixels over 0")
    offsets = torch.arange(size, dtype=pictures.dtype, device=pictures.device) - size // 2
    window = torch.exp(-(offsets**2) / (2 * sigma**2))
    average = pictures.mean(1, keepdim=True)
    inside = torch.ones_like(average[:1])
    return _blur(average, window) / _blur(inside, window)


def _blur(planes: Tensor, window: Tensor) -> Tensor:
    radius = len(window) // 2
    rows = F.conv2d(planes, window.view(1, 1, -1, 1), padding=(radius, 0))
    return F.conv2d(rows, window.view(1, 1, 1, -1), padding=(0, radius))


def read_photos(sources: Iterable[ImageSource], size: int = 150) -> Tensor:
    """Read photos as gray squares of one size: their centers, the shorter side scaled to `size`.

    Args:
        sources: Paths, arrays or pictures, as `impasto.image.read_image` takes them.
        size: The side of each square in pixels, at least 1.

    Returns:
        Rec. 601 luma (N, 1, size, size), float32 in [0, 1].

    Raises:
        ConfigError: There are no photos, or `size` is below 1.
        ImageReadError: A photo cannot be read.
    """
    if size < 1:
        raise ConfigError(f"photo size {size} is not valid; give a whole number of pixels from 1 up")
    squares = []
    for source in sources:
        luma = luminance(read_image(source).pixels)
        height, width = luma.shape
        side = min(height, width)
        top, left = (height - side) // 2, (width - side) // 2
        squares.append(resize(luma[top : top + side, left : left + side], (size, size)))
    if not squares:
        raise ConfigError("there are 0 photos; give at least one picture file")
    return torch.from_numpy(np.stack(squares)[:, None].astype(np.float32))
