"""A whole base: the encoder that gives paintings their codes, and the network that takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from impasto.studio.networks.conditional import Conditional
from impasto.studio.networks.style_encoder import StyleEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from impasto.studio.networks.config import Architecture


class StyleSpace(nn.Module):
    """Photos and paintings in, the photos in the styles of the paintings out.

    Args:
        architecture: Of the compact network that becomes conditional.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.transform = Conditional(architecture)
        self.encode = StyleEncoder(self.transform.code_size)

    def forward(self, photos: Tensor, paintings: Sequence[Tensor], strokes: Tensor) -> Tensor:
        """Stylize as many photos in each style.

        Args:
            photos: (S * P, 3, H, W), those of one style after another.
            paintings: S pictures (1, 3, h, w), of any sizes.
            strokes: (S), the logarithm to base 2 of the size of strokes.

        Returns:
            (S * P, 3, H, W).
        """
        codes = [self.encode(each, stroke[None])[0] for each, stroke in zip(paintings, strokes, strict=True)]
        groups = torch.split(photos, len(photos) // len(codes))
        return torch.cat([self.transform(group, code) for group, code in zip(groups, codes, strict=True)])
