"""A network that paints more than once, as `impasto apply` has it: see `impasto.models.underpainting`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.models.underpainting import DETAIL, SPARED, broader, grounds


class Underpainted(nn.Module):
    """Runs a network on photos with its own broad paintings of them laid over.

    Args:
        network: Takes and gives (N, 3, H, W) sRGB in [0, 1].
        share: How much of a broad painting is laid over what comes next, 0 to 1.
    """

    def __init__(self, network: nn.Module, share: float) -> None:
        super().__init__()
        self.network, self.share = network, share

    def forward(self, image: Tensor) -> Tensor:
        """Stylize pictures (N, 3, H, W) sRGB in [0, 1]; the same shape and range."""
        image = image.float()  # in bf16, as it may come, there is no such change of size
        steps = grounds((image.shape[2], image.shape[3]), self.share)
        photos = [image]
        for size, _ in reversed(steps):
            photos.append(_resized(photos[-1], size))
        made = small = photos.pop()
        for _, part in steps:
            made = self.network(made).float()
            shares, small = _shares(small, part), photos.pop()
            size = (small.shape[2], small.shape[3])
            made = torch.lerp(small, _resized(made, size), _resized(shares, size))
        painted: Tensor = self.network(made)
        return painted


@torch.no_grad()
def _shares(photo: Tensor, share: float) -> Tensor:
    """Return how much of a painting of these photos is laid over what comes next, of their third's size."""
    size = (photo.shape[2], photo.shape[3])
    third = broader(size)
    lost = (photo - _resized(_resized(photo, third), size)).abs().mean(1, keepdim=True)
    return share * (1 - SPARED * (_resized(lost, third) / DETAIL).clamp(max=1))


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image, size, mode="bilinear", antialias=True, align_corners=False)
