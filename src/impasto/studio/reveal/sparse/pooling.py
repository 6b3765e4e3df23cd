"""3D max pooling over neighboring maps and space, with the switches that undo it.

Zeiler, Taylor & Fergus, "Adaptive deconvolutional networks for mid and high level feature learning", ICCV
2011, section 2.2: the value of the largest magnitude in each neighborhood is kept, with its sign, and the
switch says where it was. For given switches unpooling is linear.
"""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from impasto.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """The neighborhoods of 3D max pooling: they do not overlap."""

    maps: int = 2
    """Neighboring maps in a neighborhood."""
    space: int = 2
    """Height and width of a neighborhood."""

    def __post_init__(self) -> None:
        """Check the sizes.

        Raises:
            ConfigError: A size is below 1.
        """
        if min(self.maps, self.space) < 1:
            raise ConfigError(
                f"pooling over {self.maps} maps and {self.space} x {self.space} is not valid; give whole "
                "numbers from 1 up"
            )


def max_pool_3d(maps: Tensor, pooling: Pooling) -> tuple[Tensor, Tensor]:
    """Keep the value of largest magnitude in each neighborhood.

    Args:
        maps: (N, K, H, W). Neighborhoods that reach over the last map, row or column see zeros there.
        pooling: The neighborhoods.

    Returns:
        The values (N, ceil(K/maps), ceil(H/space), ceil(W/space)) and the switches, int64 of the same shape:
        the place in the neighborhood, counted over columns, then rows, then maps.
    """
    blocks = _blocks(maps, pooling)
    switches = blocks.abs().argmax(-1, keepdim=True)
    return blocks.gather(-1, switches).squeeze(-1), switches.squeeze(-1)


def unpool_3d(values: Tensor, switches: Tensor, pooling: Pooling, shape: tuple[int, int, int]) -> Tensor:
    """Put each value where its switch says, and zero elsewhere.

    Args:
        values: (N, K', H', W') as `max_pool_3d` gives them.
        switches: (N, K', H', W') or (1, K', H', W') int64.
        pooling: The neighborhoods that were pooled.
        shape: (K, H, W) of the maps that were pooled.

    Returns:
        Maps (N, K, H, W).

    Raises:
        ConfigError: Values, switches and shape do not belong together.
    """
    sides = (pooling.maps, pooling.space, pooling.space)
    pooled = tuple(-(-side // by) for side, by in zip(shape, sides, strict=True))
    if tuple(values.shape[1:]) != pooled or tuple(switches.shape[1:]) != pooled:
        raise ConfigError(
            f"values {tuple(values.shape)} and switches {tuple(switches.shape)} do not unpool to maps "
            f"{shape}; give those of {pooled}, as max_pool_3d made them"
        )
    blocks = values.new_zeros(*values.shape, pooling.maps * pooling.space**2)
    blocks.scatter_(-1, switches.expand_as(values).unsqueeze(-1), values.unsqueeze(-1))
    count, groups, rows, columns = values.shape
    split = blocks.view(count, groups, rows, columns, *sides).permute(0, 1, 4, 2, 5, 3, 6)
    whole = split.reshape(count, groups * sides[0], rows * sides[1], columns * sides[2])
    return whole[:, : shape[0], : shape[1], : shape[2]]


def _blocks(maps: Tensor, pooling: Pooling) -> Tensor:
    """Gather neighborhoods: (N, K, H, W) to (N, K', H', W', maps * space * space)."""
    sides = (pooling.maps, pooling.space, pooling.space)
    short = [-size % side for size, side in zip(maps.shape[1:], sides, strict=True)]
    padded = F.pad(maps, (0, short[2], 0, short[1], 0, short[0]))
    count, channels, height, width = padded.shape
    split = padded.view(
        count, channels // sides[0], sides[0], height // sides[1], sides[1], width // sides[2], sides[2]
    )
    return split.permute(0, 1, 3, 5, 2, 4, 6).flatten(4)
