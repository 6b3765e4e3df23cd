"""Lay one picture over another, in part."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def blend_levels(below: NDArray[np.uint8], above: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """Return the weighted mean of two pictures in 8 bits, in no more memory than it takes.

    Args:
        below: (H, W, 3).
        above: The same shape.
        share: Of the one above, 0 to 1.
    """
    lower, upper = (Image.fromarray(np.ascontiguousarray(each)) for each in (below, above))
    return np.asarray(Image.blend(lower, upper, share))
