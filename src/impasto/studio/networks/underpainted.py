"""A network that paints more than once, as `impasto apply` has it: see `impasto.models.underpainting`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.models.underpainting import grounds


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
        size = (image.shape[2], image.shape[3])
        made, part = image, 0.0
        for at, following in [*grounds(size, self.share), (size, 0.0)]:
            ground = torch.lerp(_resized(image, at), _resized(made.float(), at), part)
            made, part = self.network(ground), following
        return made


def _resized(image: Tensor, size: tuple[int, int]) -> Tensor:
    if image.shape[2:] == size:
        return image
    return F.interpolate(image, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
