"""Labelled figures: a grid of pictures with captions, as in a paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from impasto.errors import ConfigError
from impasto.image.text import INK, MARGIN, SOFT, TITLE, TextBlock, blank, numbers, text_block

_LABEL, _CAPTION = 15, 13
_GAP = 18
"""Between pictures, rows and labels."""
_NEAR = 7
"""Between a picture and its caption, or the labels of its column."""
_LEAST_CAPTION = 120
"""What a caption may be wide under a small picture."""
_LEAST_TITLE = 360
_LABEL_WIDTH = 150


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """One picture of a sheet, and what is said below it."""

    pixels: NDArray[np.float32]
    """(H, W, 3) sRGB in [0, 1]; shown as it is, one pixel for each."""
    caption: str = ""
    """Broken to the width of the picture, or to a width that can be read where it is smaller."""


@dataclass(frozen=True)
class _Placed:
    """A cell whose caption has been broken to lines."""

    pixels: NDArray[np.float32]
    caption: TextBlock

    @property
    def width(self) -> int:
        return max(int(self.pixels.shape[1]), self.caption.width)

    @property
    def height(self) -> int:
        below = _NEAR + self.caption.height if self.caption.lines else 0
        return int(self.pixels.shape[0]) + below


def draw_sheet(
    rows: Sequence[Sequence[Cell | None]],
    *,
    title: str = "",
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
) -> NDArray[np.float32]:
    """Lay pictures out in a grid on white, with their captions below them.

    A column is as wide as what is widest in it, a row as high as what is highest.

    Args:
        rows: From the top; they may differ in length, and None leaves a place free.
        title: Above everything, at the left.
        row_labels: At the left of each row, from the top; there may be fewer than rows.
        column_labels: Above each column, from the left; there may be fewer than columns.

    Returns:
        (H, W, 3) sRGB in [0, 1], with all pictures unresized.

    Raises:
        ConfigError: There is no picture, or one is not (H, W, 3).
    """
    placed = [[None if cell is None else _place(cell) for cell in row] for row in rows]
    if not any(cell for row in placed for cell in row):
        raise ConfigError("there are 0 pictures to draw a sheet of; give at least one")
    columns = list(zip_longest(*placed))
    heads = [text_block(label, _LABEL) for label in column_labels[: len(columns)]]
    sides = [text_block(label, _LABEL, _LABEL_WIDTH) for label in row_labels[: len(placed)]]
    widths = _extents([[cell.width for cell in column if cell] for column in columns], heads, "width")
    heights = _extents([[cell.height for cell in row if cell] for row in placed], sides, "height")
    return _Layout(placed, heads, sides, widths, heights).drawn(title)


def _place(cell: Cell) -> _Placed:
    if cell.pixels.ndim != 3 or cell.pixels.shape[2] != 3 or cell.pixels.size == 0:
        raise ConfigError(f"a picture of a sheet has shape {cell.pixels.shape}; give (H, W, 3)")
    width = max(cell.pixels.shape[1], _LEAST_CAPTION)
    return _Placed(cell.pixels, text_block(cell.caption, _CAPTION, width))


def _extents(lines: list[list[int]], labels: list[TextBlock], side: str) -> list[int]:
    """Return the extent of each column or row: of its largest cell, or of its label."""
    extents = [max(line, default=0) for line in lines]
    for index, label in enumerate(labels):
        extents[index] = max(extents[index], int(getattr(label, side)))
    return extents


@dataclass(frozen=True)
class _Layout:
    """Where everything of a sheet is."""

    rows: list[list[_Placed | None]]
    heads: list[TextBlock]
    sides: list[TextBlock]
    widths: list[int]
    heights: list[int]

    def drawn(self, title: str) -> NDArray[np.float32]:
        left = MARGIN + max((side.width + _GAP for side in self.sides if side.lines), default=0)
        wide = left + sum(self.widths) + _GAP * (len(self.widths) - 1) - MARGIN
        heading = text_block(title, TITLE, max(wide, _LEAST_TITLE))
        above = heading.height + _GAP if heading.lines else 0
        head = max((label.height + _NEAR for label in self.heads if label.lines), default=0)
        top = MARGIN + above + head
        size = (max(wide, heading.width), top + sum(self.heights) + _GAP * (len(self.heights) - 1) - MARGIN)
        page, canvas = blank(size)
        heading.draw(canvas, MARGIN, MARGIN, INK)
        across, down = _starts(left, self.widths, _GAP), _starts(top, self.heights, _GAP)
        for label, x, width in zip(self.heads, across, self.widths, strict=False):
            label.draw(canvas, x + width // 2, top - _NEAR - label.height, INK, align=0.5)
        for label, y, row in zip(self.sides, down, self.rows, strict=False):
            tallest = max((cell.pixels.shape[0] for cell in row if cell), default=label.height)
            label.draw(canvas, left - _GAP, y + max(0, (tallest - label.height) // 2), INK, align=1)
        return self._filled(page, canvas, across, down)

    def _filled(
        self, page: Image.Image, canvas: ImageDraw.ImageDraw, across: list[int], down: list[int]
    ) -> NDArray[np.float32]:
        """Draw the captions, then put the pictures in as numbers, which no drawing has rounded."""
        spots = []
        for row, top in zip(self.rows, down, strict=True):
            for cell, left, width in zip(row, across, self.widths, strict=False):
                if cell is None:
                    continue
                high, wide = cell.pixels.shape[:2]
                cell.caption.draw(canvas, left + width // 2, top + high + _NEAR, SOFT, align=0.5)
                start = left + (width - wide) // 2
                spots.append((slice(top, top + high), slice(start, start + wide), cell.pixels))
        pixels = numbers(page)
        for down_to, across_to, picture in spots:
            pixels[down_to, across_to] = picture
        return pixels


def mosaic(pictures: Sequence[NDArray[np.float32]], columns: int, gap: int = 2) -> NDArray[np.float32]:
    """Put small pictures of one size side by side into one, for a `Cell` of its own.

    Args:
        pictures: (H, W, 3) each, from the top left, row by row.
        columns: Pictures in a row, at least 1.
        gap: White pixels between them.

    Returns:
        (rows * (H + gap) - gap, columns * (W + gap) - gap, 3); places beyond the last picture are white.

    Raises:
        ConfigError: There are no pictures, their sizes differ, or `columns` is below 1.
    """
    if columns < 1 or len({picture.shape for picture in pictures}) != 1:
        raise ConfigError(
            f"{len(pictures)} pictures in {columns} columns make no mosaic; give at least one, all of one "
            "size, and at least 1 column"
        )
    high, wide = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    made = np.ones((rows * (high + gap) - gap, columns * (wide + gap) - gap, 3), dtype=np.float32)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        top, left = row * (high + gap), column * (wide + gap)
        made[top : top + high, left : left + wide] = picture
    return made


def _starts(first: int, extents: Sequence[int], gap: int) -> list[int]:
    return list(accumulate((extent + gap for extent in extents[:-1]), initial=first))
