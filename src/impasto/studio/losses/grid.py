"""A pattern that repeats with the blocks of a super-resolution network's output: what photos do not have."""

from torch import Tensor
from torch.nn import functional as F

from impasto.errors import ConfigError

from .functional import full_precision

AROUND = 5
"""Blocks in a row, and rows of them, over which a pattern has to repeat."""


def grid_loss(made: Tensor, photo: Tensor, side: int, *, around: int = AROUND) -> Tensor:
    """Measure how much of what a picture differs from a photo by is the same in neighboring blocks of pixels.

    A network that makes blocks of side x side pixels from one small one does the same for every block where
    a photo is even, and a feature loss, which wants the traces of detail that nothing small can tell, teaches
    it to lay a weave there. A photo's own detail does not keep in step with the blocks. So differences are
    averaged over the pixels of one place in all blocks around, where detail averages out and a weave stays;
    what remains, less the mean of all places, is squared. Beside edges in step with the blocks it is part of
    the squared error, and it is 0 for a picture that equals the photo.

    Args:
        made: (N, C, H, W).
        photo: Of the same shape.
        side: Of a block; H and W are multiples of it, and a block begins at the first pixel.
        around: Blocks to average over in each direction, or as many as there are.

    Returns:
        The mean of squares, a scalar in float32 or wider.

    Raises:
        ConfigError: Sides that are no multiples of the block's, or no blocks to average over.
    """
    height, width = made.shape[2:]
    if side < 1 or height % side or width % side or around < 1:
        raise ConfigError(
            f"blocks of {side} and {around} of them around for a picture of {height} x {width} pixels; "
            "give a side that divides both, and at least 1 around"
        )
    made, photo = full_precision(made), full_precision(photo)
    blocks = F.pixel_unshuffle(made - photo, side)  # (N, C * side * side, H / side, W / side)
    window = (min(around, blocks.shape[2]), min(around, blocks.shape[3]))
    means = F.avg_pool2d(blocks, window, 1)
    places = means.reshape(made.shape[0], made.shape[1], side * side, -1)
    spread: Tensor = places - places.mean(2, keepdim=True)
    return spread.square().mean()
