"""Lay one picture over another, in part."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def blend_levels(
    below: NDArray[np.uint8], above: NDArray[np.uint8], shares: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Return the weighted mean of two pictures in 8 bits, in no more memory than it takes.

    Args:
        below: (H, W, 3).
        above: The same shape.
        shares: Of the one above, (H, W); 255 is all.
    """
    lower, upper, mask = (Image.fromarray(np.ascontiguousarray(each)) for each in (below, above, shares))
    return np.asarray(Image.composite(upper, lower, mask))
