"""What every network here is: pixels arranged, values computed from them, and pixels restored."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from impasto.studio.networks.levels import to_levels, to_numbers


class StyleNetwork(nn.Module, ABC):
    """A feed-forward network for pictures of any size.

    What only moves pixels is apart from what computes, so that an exported model can move bytes, at a quarter
    of the memory that float32 takes, and turn them into numbers in between.
    """

    def forward(self, image: Tensor) -> Tensor:
        """Stylize `image`, (N, 3, H, W) sRGB in [0, 1], of any size; the same shape and range."""
        pixels = image.permute(0, 2, 3, 1)
        made = self.compute(self.arrange(pixels).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return self.restore(made, *image.shape[2:]).permute(0, 3, 1, 2)

    def paint(self, levels: Tensor) -> Tensor:
        """Stylize `levels`, (1, H, W, 3) in uint8, as the exported graph does; the same shape and type."""
        made = self.compute(to_numbers(self.arrange(levels)))
        return self.restore(to_levels(made), *levels.shape[1:3])

    @abstractmethod
    def arrange(self, image: Tensor) -> Tensor:
        """Bring (N, H, W, 3) of any type to the sides that `compute` takes, (N, H', W', C)."""

    @abstractmethod
    def compute(self, arranged: Tensor) -> Tensor:
        """Turn (N, C, H', W') in [0, 1] into values in [0, 1]."""

    @abstractmethod
    def restore(self, made: Tensor, height: int, width: int) -> Tensor:
        """Turn what `compute` made, as (N, H'', W'', C'') of any type, into (N, height, width, 3)."""
