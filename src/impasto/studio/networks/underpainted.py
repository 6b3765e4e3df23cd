"""A network that paints more than once, as `impasto apply` has it: see `impasto.models.underpainting`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.models.underpainting import DETAIL, broader, grounds


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
        steps = grounds(_size(image), self.share)
        photos = [image]
        for size, _ in reversed(steps):
            photos.append(_resized(photos[-1], size))
        ground = photo = photos.pop()
        for _, part in steps:
            broad = _with_details(self.network(ground).float(), photo)
            photo = photos.pop()
            ground = torch.lerp(photo, _resized(broad, _size(photo)), part)
        painted: Tensor = self.network(ground)
        return painted


def _with_details(made: Tensor, photo: Tensor) -> Tensor:
    """Put the details of photos in the place of paintings' own, where they have any."""
    details = _details(photo)
    contrast = _resized(details.abs().mean(1, keepdim=True), broader(_size(photo)))
    share = _resized((contrast / DETAIL).clamp(max=1), _size(photo))
    return (made + share * (details - _details(made))).clamp(0, 1)


def _details(image: Tensor) -> Tensor:
    return image - _resized(_resized(image, broader(_size(image))), _size(image))


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[2], image.shape[3]


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image, size, mode="bilinear", antialias=True, align_corners=False)
