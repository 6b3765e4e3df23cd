"""What is left of a difference: how far a painted picture is from what it was painted to match."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import torch

from impasto.studio.losses.functional import gram_matrix
from impasto.studio.pixels import to_tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.studio.paint import PaintJob

    Pixels = NDArray[np.float32]

MOST_DECIBELS = 100.0
"""What is said of pictures that hardly differ: a thousandth of a gray level and less, or nothing at all."""

_LEAST = 1e-12
"""Least energy that is divided by: a black picture may have none."""


def pixel_rmse(image: Pixels, original: Pixels) -> float:
    """Return the root of the mean square difference of two pictures, in gray levels of 0 to 255.

    Args:
        image: `(H, W, 3)` in [0, 1].
        original: The same size.
    """
    return 255 * float(np.sqrt(np.square(image.astype(np.float64) - original).mean()))


def psnr(image: Pixels, original: Pixels) -> float:
    """Return the peak signal-to-noise ratio in decibels: 20 log10(255 / RMSE), and at most `MOST_DECIBELS`.

    Args:
        image: `(H, W, 3)` in [0, 1].
        original: The same size.
    """
    share = pixel_rmse(image, original) / 255
    return MOST_DECIBELS if share <= 10 ** (-MOST_DECIBELS / 20) else -20 * float(np.log10(share))


def content_error(job: PaintJob, image: Pixels) -> float:
    """Return how far a picture's features are from the photo's, against the photo's own.

    That is ||F - P||^2 / ||P||^2 (F, P as in Gatys et al. 2016, equation 1), the mean over the recipe's
    content layers: 0 where all are matched, 1 for features that are all 0.

    Args:
        job: What the picture was painted by, at its final size; it must have a photo.
        image: `(H, W, 3)` in [0, 1].
    """
    photo, _ = job.targets(job.levels[-1])
    assert photo is not None
    return _mean_error(job, job.recipe.content_layers, image, photo, lambda features: features)


def style_error(job: PaintJob, image: Pixels) -> float:
    """Return how far a picture's Gram matrices are from the painting's, against the painting's own.

    That is ||G - A||^2 / ||A||^2 (G, A as in Gatys et al. 2016, equation 4, each divided by its number of
    positions, as sizes may differ), the mean over the recipe's style layers.

    Args:
        job: What the picture was painted by, at its final size, in one style.
        image: `(H, W, 3)` in [0, 1].
    """
    _, ((style, _),) = job.targets(job.levels[-1])
    return _mean_error(job, job.recipe.style_layers, image, style, gram_matrix)


@torch.no_grad()
def _mean_error(
    job: PaintJob,
    layers: Collection[str],
    image: Pixels,
    target: Tensor,
    seen_as: Callable[[Tensor], Tensor],
) -> float:
    have = job.encoder(to_tensor(image).to(job.device), list(layers))
    want = job.encoder(target, list(layers))
    return float(np.mean([_error(seen_as(have[layer]), seen_as(want[layer])) for layer in layers]))


def _error(have: Tensor, want: Tensor) -> float:
    have, want = have.double(), want.double()
    return float((have - want).square().sum() / want.square().sum().clamp_min(_LEAST))
