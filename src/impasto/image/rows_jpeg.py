"""Write a large JPEG in bands of rows: no second copy of the picture is held in memory.

Restart markers (ITU T.81, section B.2.4.4) part the rows of blocks, so that what is coded of a band does not
hang on the bands before it: each band is made a file, and what is coded in all of them is one file's.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BAND = 4 * 8 * 16
"""Rows of a band, a multiple of 8 rows of blocks; these have 16 where color has half the resolution."""

_BASELINE, _SCAN = 0xC0, 0xDA
_LAST_RESTART = b"\xff\xd7"
"""Restart markers count from 0 to 7 and begin again: a band, which begins with a 0, follows a 7."""
_END = b"\xff\xd9"

Encode = Callable[[Image.Image, bool], bytes]


def jpeg_rows(layers: list[NDArray[np.uint8]], encode: Encode) -> Iterator[bytes]:
    """Yield a JPEG file piece by piece.

    Args:
        layers: (H, W, 3), and alpha (H, W) where there is any.
        encode: From a band, and whether it is the first, to a baseline JPEG file, with a restart marker after
            each row of blocks, and the same tables for all bands. Metadata are the first one's.
    """
    height = layers[0].shape[0]
    for start in range(0, height, BAND):
        data = encode(_image([layer[start : start + BAND] for layer in layers]), start == 0)
        frame, scan = _places(data)
        if not frame:  # some builds of the encoder write progressive files whatever they are asked for
            yield encode(_image(layers), True)
            return
        if start:
            yield _LAST_RESTART
        else:
            yield data[: frame + 5] + height.to_bytes(2, "big") + data[frame + 7 : scan]
        yield data[scan:].removesuffix(_END)
    yield _END


def _image(layers: list[NDArray[np.uint8]]) -> Image.Image:
    return Image.fromarray(layers[0] if len(layers) == 1 else np.dstack(layers))


def _places(data: bytes) -> tuple[int, int]:
    """Return where the segment with the height begins, 0 if the file is not baseline, and where the code."""
    place, frame = 2, 0
    while True:
        marker = data[place + 1]
        after = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == _BASELINE:
            frame = place
        if marker == _SCAN:
            return frame, after
        place = after
