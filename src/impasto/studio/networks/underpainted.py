"""A network that paints twice, as `impasto.models.underpainting` says, to be trained for that."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.models.underpainting import under_size


class Underpainted(nn.Module):
    """Runs a network on photos with its own broad painting of them laid over.

    Args:
        network: Takes and gives (N, 3, H, W) sRGB in [0, 1].
        share: How much of the broad painting is laid over the photo, 0 to 1.
    """

    def __init__(self, network: nn.Module, share: float) -> None:
        super().__init__()
        self.network, self.share = network, share

    def forward(self, image: Tensor) -> Tensor:
        """Stylize pictures (N, 3, H, W) sRGB in [0, 1]; the same shape and range."""
        height, width = image.shape[2:]
        image = image.float()  # in bf16, as it may come, there is no such change of size
        small = _resized(image, under_size((height, width)))
        broad = _resized(self.network(small).float(), (height, width))
        made: Tensor = self.network(torch.lerp(image, broad, self.share))
        return made


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(image, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
