"""Cut a picture into tiles that overlap: what is worked on in pieces need not be in memory whole."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from impasto.errors import ConfigError


class Span(NamedTuple):
    """A part of one side of a picture, in pixels."""

    start: int
    """Of what is read."""
    stop: int
    """Of what is read, after its last pixel."""
    first: int
    """Of what is kept."""
    last: int
    """Of what is kept, after its last pixel."""

    @property
    def read(self) -> slice:
        """What is read."""
        return slice(self.start, self.stop)

    def kept(self, factor: int = 1) -> slice:
        """What is kept, in a picture that is larger by a factor."""
        return slice(factor * self.first, factor * self.last)

    def inside(self, factor: int = 1) -> slice:
        """What is kept, in what was made of what was read."""
        return slice(factor * (self.first - self.start), factor * (self.last - self.start))


def spans(length: int, side: int, overlap: int) -> list[Span]:
    """Cut one side of a picture into parts that are all equally long.

    What is kept covers the side once; within the picture, at least `overlap` pixels are read around it.

    Args:
        length: Of the side.
        side: Of a part, over twice the overlap.
        overlap: Pixels read beyond what is kept.

    Raises:
        ConfigError: The parts are too short for the overlap.
    """
    if side >= length:
        return [Span(0, length, 0, length)]
    if side <= 2 * overlap:
        raise ConfigError(f"tiles of {side} pixels overlap by {overlap} on each side; make them larger")
    count = math.ceil((length - 2 * overlap) / (side - 2 * overlap))
    starts = [index * (length - side) // (count - 1) for index in range(count)]
    cuts = [(one + side + other) // 2 for one, other in pairwise(starts)]
    return [
        Span(start, start + side, first, last)
        for start, first, last in zip(starts, [0, *cuts], [*cuts, length], strict=True)
    ]


def tiles(size: tuple[int, int], area: int, overlap: int) -> Iterator[tuple[Span, Span]]:
    """Yield the rows and columns of tiles, all of one size, row by row.

    Args:
        size: (H, W) of the picture.
        area: Pixels of a tile at most; a picture of no more is one tile.
        overlap: See `spans`. Tiles are never less than twice as large as it takes, whatever the area is.
    """
    least = 4 * overlap + 1
    height = min(size[0], max(least, math.isqrt(area)))
    width = min(size[1], max(least, area // height))
    height = min(size[0], max(least, area // width))
    for down in spans(size[0], height, overlap):
        for across in spans(size[1], width, overlap):
            yield down, across
