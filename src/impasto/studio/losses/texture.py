"""Texture loss: features should be mixed as the photo's are, patch by patch, wherever in a patch they are.

Sajjadi, Schölkopf & Hirsch, "EnhanceNet: Single Image Super-Resolution Through Automated Texture Synthesis",
ICCV 2017, section 4.2.3: the style loss of Gatys et al. 2016 for patches of 16 x 16 pixels.
"""

import torch
from torch import Tensor

from impasto.errors import ConfigError

from .functional import full_precision, without_autocast


def texture_loss(features: Tensor, target: Tensor, side: int) -> Tensor:
    """Compare the Gram matrices of the patches of two feature maps.

    A feature loss alone asks for the mean of all detail that a small picture leaves possible, which is soft;
    for the inner products of features over a patch, detail that is not quite in its place counts as well.

    Args:
        features: A map (N, C, H, W).
        target: Of the same shape.
        side: Of a patch, in places of the map. What is over at the right and below is left out.

    Returns:
        The mean of squared differences between sums over side * side, a scalar in float32 or wider.

    Raises:
        ConfigError: The patches have no place in the maps, or these differ in shape.
    """
    if features.shape != target.shape or not 1 <= side <= min(features.shape[2:]):
        raise ConfigError(
            f"patches of {side} for maps of {tuple(features.shape)} and {tuple(target.shape)}; "
            "give maps of one shape, and patches that fit in them"
        )
    seen, wanted = _patches(features, side), _patches(target, side)  # (patches, side * side, C)
    count, places, channels = seen.shape
    with without_autocast(seen):
        if places >= channels:
            squares = (seen.mT @ seen - wanted.mT @ wanted).square().sum()
        else:
            # |X'X - Y'Y|^2 = |XX'|^2 - 2 |XY'|^2 + |YY'|^2: of a few places, far smaller than of channels.
            both = torch.cat([seen, wanted], 1)
            products = (both @ both.mT).square()
            signs = torch.ones(2 * places, device=seen.device, dtype=seen.dtype)
            signs[places:] = -1
            squares = (products.sum(0) * signs[:, None] * signs).sum()
    return squares / (count * (channels * places) ** 2)


def _patches(features: Tensor, side: int) -> Tensor:
    """(N, C, H, W) to (N * rows * columns, side * side, C): of channels-last maps, long runs are copied."""
    count, channels = features.shape[:2]
    rows, columns = (size // side for size in features.shape[2:])
    whole = features[..., : rows * side, : columns * side].permute(0, 2, 3, 1)
    apart = whole.reshape(count, rows, side, columns, side, channels).transpose(2, 3)
    return full_precision(apart.reshape(count * rows * columns, side * side, channels))
