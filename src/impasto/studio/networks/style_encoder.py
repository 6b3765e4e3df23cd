"""From a painting to its style code in one pass of a small network, without VGG.

Ghiasi, Lee, Kudlur, Dumoulin & Shlens, "Exploring the structure of a real-time, arbitrary neural artistic
stylization network", BMVC 2017, predict the code by an Inception network; this one is some strided
convolutions, whose features' means and deviations at every stage are all that the code is told from.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.networks.blocks import reflected

STAGES = (32, 64, 128, 128)
"""Channels after each convolution that halves the size."""

KEPT = 96
"""Directions in which paintings differ that are kept of their statistics."""

HIDDEN = 256

_LEAST_DEVIATION = 1e-4


class StyleEncoder(nn.Module):
    """A painting and a stroke scale in, a code out.

    Args:
        code_size: Numbers of the code.
    """

    center: Tensor
    basis: Tensor

    def __init__(self, code_size: int) -> None:
        super().__init__()
        channels = (3, *STAGES)
        self.stages = nn.ModuleList(
            nn.Conv2d(before, after, 3, 2) for before, after in zip(channels, STAGES, strict=False)
        )
        for stage in self.stages:  # features keep their scale from stage to stage (He et al. 2015)
            nn.init.kaiming_normal_(stage.weight, nonlinearity="relu")  # type: ignore[arg-type]
        seen = 2 * (3 + sum(STAGES))
        self.register_buffer("center", torch.zeros(seen))
        self.register_buffer("basis", torch.eye(seen, KEPT))
        self.straight = nn.Linear(KEPT + 1, code_size)
        self.hidden = nn.Linear(KEPT + 1, HIDDEN)
        self.bent = nn.Linear(HIDDEN, code_size)
        for each in (self.straight, self.bent):
            nn.init.normal_(each.weight, std=0.1 / math.sqrt(each.in_features))
            nn.init.zeros_(each.bias)

    def forward(self, paintings: Tensor, stroke: Tensor) -> Tensor:
        """Return codes.

        Args:
            paintings: (N, 3, H, W) sRGB in [0, 1], or one for all strokes; trained on pictures with a
                longest side of 256 pixels.
            stroke: (N), the logarithm to base 2 of the size of strokes, -1 to 1.

        Returns:
            (N, code_size).
        """
        known = (self.statistics(paintings) - self.center) @ self.basis
        told = torch.cat([known.expand(stroke.shape[0], -1), stroke[:, None]], 1)
        made: Tensor = self.straight(told) + self.bent(F.relu(self.hidden(told)))
        return made

    def statistics(self, paintings: Tensor) -> Tensor:
        """Return means and deviations of pixels and of each stage's features, (N, 2 * (3 + all channels))."""
        features = 4 * (paintings - 0.5)
        found = [features]
        for stage in self.stages:
            features = F.relu(stage(reflected(features, 1)))
            found.append(features)
        means = [each.mean((2, 3)) for each in found]
        deviations = [
            ((each - mean[..., None, None]).square().mean((2, 3)) + _LEAST_DEVIATION).sqrt()
            for each, mean in zip(found, means, strict=True)
        ]
        return torch.cat([*means, *deviations], 1)

    @torch.no_grad()
    def tell_apart(self, paintings: list[Tensor]) -> None:
        """Turn statistics to the directions in which paintings differ most, each to a deviation of 1.

        As they come, statistics of all paintings are nearly the same vector, and a network that starts from
        them gives all paintings nearly the same code for a long time.

        Args:
            paintings: (1, 3, H, W) each.
        """
        seen = torch.cat([self.statistics(each) for each in paintings])
        self.center.copy_(seen.mean(0))
        _, spread, directions = torch.linalg.svd(seen - self.center, full_matrices=False)
        kept = min(KEPT, len(spread) - 1)
        deviation = spread[:kept] / math.sqrt(len(seen))
        # Directions that hardly differ are noise: they are not blown up to the size of the others.
        deviation = deviation.clamp(min=0.02 * float(deviation[0]))
        self.basis.zero_()
        self.basis[:, :kept] = directions[:kept].T / deviation
