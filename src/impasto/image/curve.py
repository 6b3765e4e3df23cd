"""Curves over steps, on a logarithmic scale: how losses fall."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from impasto.errors import ConfigError
from impasto.image.text import INK, MARGIN, RULE, SOFT, TITLE, blank, line_height, numbers, text_block

COLORS = ("#1c1c1c", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31")
"""Of curves, told apart by most who do not see all colors (Okabe & Ito 2008); others begin anew, thinner."""

_PLOT = (720, 400)
"""Width and height between the axes, in pixels."""
_SIZE = 13
_LEFT, _BELOW, _GAP = 64, 26, 16

_DECADES = 4
"""Powers of ten that are shown; a term of next to nothing, which lies on the bottom, would take all room."""

_FEW = 30
"""Points of a curve that are marked, so that a curve of one can be seen."""

Curve = Sequence[tuple[float, float]]
"""Points (step, value), in order of their steps."""


def draw_curves(curves: Mapping[str, Curve], *, title: str = "") -> NDArray[np.float32]:
    """Draw curves, the values on a logarithmic scale, with their names at the right.

    Args:
        curves: By name; a curve has as many points as it likes. Values of 0 and below are not drawn,
            and those under a ten-thousandth of the highest lie on the bottom.
        title: Above everything, at the left.

    Returns:
        (H, W, 3) sRGB in [0, 1].

    Raises:
        ConfigError: There is no point that can be drawn.
    """
    shown = {
        name: [(x, math.log10(y)) for x, y in curve if 0 < y < math.inf] for name, curve in curves.items()
    }
    points = [point for curve in shown.values() for point in curve]
    if not points:
        raise ConfigError("there is no point over 0 to draw a curve through; give at least one")
    names = [text_block(name, _SIZE) for name in shown]
    heading = text_block(title, TITLE)
    top = MARGIN + (heading.height + _GAP if heading.lines else 0)
    legend = max(name.width for name in names) + 30
    size = (_LEFT + _PLOT[0] + _GAP + legend, top - MARGIN + _PLOT[1] + _BELOW)
    page, canvas = blank(size)
    heading.draw(canvas, MARGIN, MARGIN, INK)
    frame = _Frame(points, MARGIN + _LEFT, top)
    frame.draw_axes(canvas)
    for index, (curve, name) in enumerate(zip(shown.values(), names, strict=True)):
        color, width = COLORS[index % len(COLORS)], 2 if index < len(COLORS) else 1
        for start, end in pairwise(curve):
            canvas.line([frame.place(*start), frame.place(*end)], fill=color, width=width)
        for point in curve if len(curve) <= _FEW else ():
            column, height = frame.place(*point)
            canvas.ellipse([column - 3, height - 3, column + 3, height + 3], fill=color)
        row = top + index * (line_height(_SIZE) + 4)
        left = MARGIN + _LEFT + _PLOT[0] + _GAP
        canvas.line([(left, row + 8), (left + 20, row + 8)], fill=color, width=width + 1)
        name.draw(canvas, left + 30, row, INK)
    return numbers(page)


class _Frame:
    """Where points go, and the axes about them.

    Args:
        points: All of them: (step, decimal logarithm of the value).
        left: Column of the vertical axis.
        top: Row of its upper end.
    """

    def __init__(self, points: Sequence[tuple[float, float]], left: int, top: int) -> None:
        steps, values = [point[0] for point in points], [point[1] for point in points]
        self.left, self.top = left, top
        self.first, self.last = min(steps), max(steps)
        self.low, self.high = max(min(values), max(values) - _DECADES), max(values)
        if self.high - self.low < 0.1:  # a flat curve goes through the middle
            self.low, self.high = self.low - 0.5, self.high + 0.5

    def place(self, step: float, value: float) -> tuple[float, float]:
        """Column and row of a point."""
        across = (step - self.first) / max(self.last - self.first, 1e-9)
        up = (max(value, self.low) - self.low) / (self.high - self.low)
        return self.left + across * _PLOT[0], self.top + (1 - up) * _PLOT[1]

    def draw_axes(self, canvas: ImageDraw.ImageDraw) -> None:
        """Draw rules at round values, and the first and last step."""
        for value in _rounds(self.low, self.high):
            _, row = self.place(self.first, math.log10(value))
            canvas.line([(self.left, row), (self.left + _PLOT[0], row)], fill=_PALE)
            said = text_block(f"{value:g}", _SIZE)
            said.draw(canvas, self.left - 8, round(row) - 8, SOFT, align=1)
        bottom = self.top + _PLOT[1]
        canvas.line([(self.left, bottom), (self.left + _PLOT[0], bottom)], fill=RULE)
        for step, align in ((self.first, 0.0), (self.last, 1.0)):
            column, _ = self.place(step, self.low)
            text_block(f"{step:,.0f}", _SIZE).draw(canvas, round(column), bottom + 6, SOFT, align=align)


_PALE = "#e4e4e4"


def _rounds(low: float, high: float) -> list[float]:
    """Values of 1, 2 and 5 times a power of ten between two logarithms; powers of ten alone where many."""
    parts = (1, 2, 5) if high - low < 3 else (1,)
    powers = range(math.floor(low), math.ceil(high) + 1)
    values = [part * 10.0**power for power in powers for part in parts]
    return [value for value in values if low <= math.log10(value) <= high]
