"""A base with one style of its own: only the style's code, and a few filters of its own, can be trained."""

import math

import torch
from torch import Tensor, nn

from impasto.studio.networks.conditional import Conditional

RANK = 4
"""Of what a style may add to the filters of each convolution."""

PACE = 0.2
"""Size of a step for filters against one for the code, whose numbers are so much larger."""


class Fitted(nn.Module):
    """A conditional network that stays as it is, and a code for it that does not.

    Args:
        network: The base's; frozen.
        code: (code_size), where to begin.
        rank: Of what is added to the filters, 0 for nothing. It begins as nothing.
    """

    start: Tensor

    def __init__(self, network: Conditional, code: Tensor, rank: int = RANK) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.register_buffer("start", code.clone())
        self.moved = nn.Parameter(torch.zeros_like(code))
        shapes = network.shapes if rank else []
        self.ups = nn.ParameterList(torch.zeros(shape[0], rank) for shape in shapes)
        self.downs = nn.ParameterList(
            torch.randn(rank, math.prod(shape[1:])) / (PACE * math.prod(shape[1:]) ** 0.5) for shape in shapes
        )

    def forward(self, image: Tensor) -> Tensor:
        """Stylize pictures (N, 3, H, W) sRGB in [0, 1]; the same shape and range."""
        made: Tensor = self.network(image, self.code, self.delta)
        return made

    @property
    def code(self) -> Tensor:
        """The style, (code_size)."""
        return self.start + self.moved

    @property
    def filters(self) -> list[tuple[Tensor, Tensor]]:
        """For each convolution, up (out, rank) and down (rank, in * 9); empty for rank 0."""
        return [(PACE * up, PACE * down) for up, down in zip(self.ups, self.downs, strict=True)]

    @property
    def delta(self) -> Tensor | None:
        """What is added to the filters of all convolutions, one after the other; None for nothing."""
        if not self.ups:
            return None
        return torch.cat([(up @ down).flatten() for up, down in self.filters])
