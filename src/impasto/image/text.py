"""Text in pictures: a white page, and lines broken to a width, in the font that Pillow carries."""

from dataclasses import dataclass
from functools import cache
from unicodedata import combining, normalize

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

INK, SOFT, RULE = "#1c1c1c", "#555555", "#9a9a9a"
"""Colors of labels, captions and lines."""
TITLE = 20
"""Size of the font of a title, in pixels."""
MARGIN = 28
"""White pixels around everything on a page."""

_LIKE = str.maketrans("×–—‘’“”\u00a0\t", "x--''\"\"  ")
_LEADING = 1.15
"""From one line to the next, in heights of the font."""


@dataclass(frozen=True)
class TextBlock:
    """Some lines of text of one size, ready to be drawn."""

    lines: tuple[str, ...]
    """The text, broken."""
    size: int
    """Of the font, in pixels."""

    @property
    def width(self) -> int:
        """Pixels that the longest line takes."""
        return max((measure(line, self.size) for line in self.lines), default=0)

    @property
    def height(self) -> int:
        """Pixels that all lines take; 0 where there are none."""
        return len(self.lines) * line_height(self.size)

    def draw(self, canvas: ImageDraw.ImageDraw, left: int, top: int, color: str, align: float = 0.0) -> None:
        """Draw the lines.

        Args:
            canvas: What to draw on.
            left: The column that the lines begin at, are centered about (align 0.5) or end at (align 1).
            top: The first row.
            color: As Pillow names colors.
            align: 0 to 1, the share of each line that is to the left of `left`.
        """
        for index, line in enumerate(self.lines):
            start = left - round(align * measure(line, self.size))
            place = (start, top + index * line_height(self.size))
            canvas.text(place, line, fill=color, font=_font(self.size))


def text_block(text: str, size: int, width: int | None = None) -> TextBlock:
    """Break a text into lines, at spaces where that is possible.

    Args:
        text: Line breaks in it stay; what cannot be drawn becomes a question mark, nothing at all no line.
        size: Of the font, in pixels.
        width: The most pixels that a line may take; None for any number.
    """
    if not text:
        return TextBlock((), size)
    broken: list[str] = []
    for line in _drawable(text).split("\n"):
        broken.extend([line] if width is None else _wrap(line, size, width))
    return TextBlock(tuple(broken), size)


def blank(size: tuple[int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a white page and what to draw on it with.

    Args:
        size: Width and height of what it is to hold, less the margins.
    """
    page = Image.new("RGB", (size[0] + 2 * MARGIN, size[1] + 2 * MARGIN), "white")
    return page, ImageDraw.Draw(page)


def numbers(page: Image.Image) -> NDArray[np.float32]:
    """Return a page as (H, W, 3) sRGB in [0, 1]."""
    return np.asarray(page, dtype=np.float32) / np.float32(255)


def measure(line: str, size: int) -> int:
    """Return how many pixels wide a line is."""
    return int(-(-_font(size).getlength(line) // 1))


def line_height(size: int) -> int:
    """Return how many pixels there are from one line to the next."""
    return round(_LEADING * sum(_font(size).getmetrics()))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=size)
    assert isinstance(font, ImageFont.FreeTypeFont), "Pillow has a font of any size"
    return font


def _drawable(text: str) -> str:
    """Keep what the font has a glyph for, which is ASCII; accents are taken off letters.

    Names of files may hold anything: other scripts, halves of characters, control codes.
    """
    plain = "".join(each for each in normalize("NFKD", text.translate(_LIKE)) if not combining(each))
    return "".join(each if " " <= each <= "~" or each == "\n" else "?" for each in plain)


def _wrap(line: str, size: int, width: int) -> list[str]:
    lines = [""]
    for word in line.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if measure(longer, size) <= width:
            lines[-1] = longer
            continue
        pieces = _pieces(word, size, width)
        lines[-1:] = [lines[-1], *pieces] if lines[-1] else pieces
    return lines


def _pieces(word: str, size: int, width: int) -> list[str]:
    """Cut a word that is longer than a line, such as a path."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and measure(pieces[-1] + letter, size) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces
