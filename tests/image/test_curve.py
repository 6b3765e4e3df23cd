"""Pictures of curves."""

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.errors import ConfigError
from impasto.image import draw_curves
from impasto.image.curve import COLORS


def color(index: int) -> NDArray[np.float64]:
    text = COLORS[index]
    return np.array([int(text[start : start + 2], 16) for start in (1, 3, 5)]) / 255


def drawn(pixels: NDArray[np.float32], index: int) -> tuple[float, float]:
    """Mean row and number of the pixels of a curve's color, left of the names."""
    found = np.argwhere(np.abs(pixels[:, :800] - color(index)).max(axis=2) < 1e-3)
    return float(found[:, 0].mean()), len(found)


def test_curves_are_where_their_values_are() -> None:
    steps = range(1, 11)
    pixels = draw_curves(
        {"all": [(0, 1), (0, 1000)], "high": [(x, 100) for x in steps], "low": [(x, 10) for x in steps]}
    )
    (high, width), (low, _) = drawn(pixels, 1), drawn(pixels, 2)
    assert width > 600
    assert low - high == pytest.approx(400 / 3, abs=3)  # a power of ten, of the three that there are


def test_every_name_has_its_color_and_titles_take_room() -> None:
    curves = {f"curve {index}": [(0.0, 1.0 + index), (9.0, 2.0)] for index in range(10)}
    plain = draw_curves(curves)
    assert plain.dtype == np.float32
    assert draw_curves(curves, title="Losses").shape[0] > plain.shape[0]
    assert all(drawn(plain, index)[1] > 0 for index in range(len(COLORS)))


@pytest.mark.parametrize(
    "curve", [[(1.0, 5.0)], [(1.0, 5.0), (2.0, 5.0)], [(1.0, 1e-30), (2.0, 1e30)], [(0.0, 0.0), (1.0, 2.0)]]
)
def test_flat_steep_and_short_curves_can_be_drawn(curve: list[tuple[float, float]]) -> None:
    pixels = draw_curves({"": [(1.0, 1.0)], "a": curve})
    assert np.isfinite(pixels).all()
    assert drawn(pixels, 1)[1] > 20


def test_what_is_next_to_nothing_lies_on_the_bottom_and_leaves_room() -> None:
    steps = range(1, 11)
    high, low = [(x, 100.0) for x in steps], [(x, 1.0) for x in steps]
    pixels = draw_curves(
        {"": [(1, 100.0)], "high": high, "low": low, "least": [(1, 1.0), (2, 1e-9), (10, 1e-9)]}
    )
    assert drawn(pixels, 2)[0] - drawn(pixels, 1)[0] == pytest.approx(400 / 2, abs=3)  # two powers of four
    assert drawn(pixels, 3)[0] - drawn(pixels, 1)[0] > 360


def test_more_curves_than_colors_are_told_apart_by_their_width() -> None:
    flat = {f"curve {index}": [(0.0, 10.0**-index), (9.0, 10.0**-index)] for index in range(4)}
    filler = {f"filler {index}": [(0.0, 0.0)] for index in range(len(COLORS) - 3)}
    pixels = draw_curves({"": [(0.0, 10.0), (9.0, 10.0)], **filler, **flat})
    rows = np.argwhere(np.abs(pixels[:, 400] - color(0)).max(axis=1) < 1e-3)
    assert len(rows) == 2 + 1, "the first of its color is two pixels wide, the ninth one"


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ConfigError, match="no point over 0"):
        draw_curves({"a": [(1.0, 0.0), (2.0, float("nan"))]})
