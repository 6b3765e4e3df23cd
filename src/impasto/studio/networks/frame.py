"""What stands around a picture while a network works on it: put there by reflection, and taken off again.

Pictures are (N, H, W, C) here, as files and the gallery have them, and of any type: pixels move, and do not
change.
"""

import torch
from torch import Tensor


def mirror(image: Tensor, before: int, multiple: int) -> Tensor:
    """Pad by reflection, however small the picture is.

    Where the picture is smaller than the padding it is reflected again and again, which
    `torch.nn.functional.pad` refuses to do. A side of one pixel is repeated.

    Args:
        image: (N, H, W, C).
        before: Pixels above and left of it, a multiple of `multiple`. As many follow, and then what makes
            each side a multiple too, and greater than `multiple`.
        multiple: Divides the sides of what is returned.

    Returns:
        (N, H', W', C), of the type of `image`, which is at [:, before:, before:].
    """
    for axis in (1, 2):
        image = _mirror_side(image, axis, before, multiple)
    return image


def _mirror_side(image: Tensor, axis: int, before: int, multiple: int) -> Tensor:
    size = image.shape[axis]
    # `multiple // size` is 0 for sides over `multiple`. An exported graph has no branches.
    after = before + -size % multiple + multiple * (multiple // size)
    period = 2 * (size - 1) + 1 // size  # 1 for a side of one pixel, and not 0
    position = torch.arange(-before, size + after, device=image.device) % period
    shown = torch.minimum(position, period - position)
    if not before:
        return image.index_select(axis, shown)
    # Neither end is empty then, and engines copy the middle whole, in place of pixel by pixel.
    ends = (image.index_select(axis, shown[:before]), image.index_select(axis, shown[before + size :]))
    return torch.cat([ends[0], image, ends[1]], axis)


def crop(image: Tensor, before: int, height: int, width: int) -> Tensor:
    """Take (N, height, width, C) from [before, before] on."""
    return image[:, before : before + height, before : before + width]


def pack(image: Tensor, side: int) -> Tensor:
    """Make one pixel of each block of them: (N, H, W, C) to (N, H / side, W / side, side * side * C)."""
    count, height, width, channels = image.shape
    blocks = image.reshape(count, height // side, side, width // side, side, channels)
    return blocks.transpose(2, 3).reshape(count, height // side, width // side, side * side * channels)


def unpack(blocks: Tensor, side: int) -> Tensor:
    """Undo `pack`: (N, H, W, side * side * C) to (N, side * H, side * W, C)."""
    count, height, width, channels = blocks.shape
    pixels = blocks.reshape(count, height, width, side, side, channels // (side * side))
    return pixels.transpose(2, 3).reshape(count, height * side, width * side, channels // (side * side))


def reflect(image: Tensor) -> Tensor:
    """Put around (N, H, W, C), of sides over 1, one pixel more on each side, by reflection."""
    for axis in (1, 2):
        first, last = image.narrow(axis, 1, 1), image.narrow(axis, image.shape[axis] - 2, 1)
        image = torch.cat([first, image, last], axis)
    return image
