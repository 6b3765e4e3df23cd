"""Sheets: every picture is there, pixel for pixel, with room around it and its words where they belong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from impasto.errors import ConfigError
from impasto.image import Cell, draw_sheet, mosaic
from impasto.image.text import MARGIN, measure, text_block

Pixels = NDArray[np.float32]


def picture(height: int, width: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).random((height, width, 3), dtype=np.float32)


def find(sheet: Pixels, part: Pixels) -> tuple[int, int]:
    """Where a picture is, exactly; there must be one place."""
    high, wide = part.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(sheet[..., 0], (high, wide))
    candidates = np.argwhere(windows[..., 0, 0] == part[0, 0, 0])
    places = [(y, x) for y, x in candidates if (sheet[y : y + high, x : x + wide] == part).all()]
    assert len(places) == 1
    return places[0]


def ink(region: Pixels) -> bool:
    return bool((region < 0.9).any())


def test_pictures_are_not_resized_or_rounded() -> None:
    parts = [picture(30, 40, seed) for seed in range(4)]
    cells = [Cell(pixels=part, caption="some words") for part in parts]
    sheet = draw_sheet(
        [cells[:2], cells[2:]], title="a title", row_labels=["a", "b"], column_labels=["c", "d"]
    )
    assert sheet.dtype == np.float32
    places = [find(sheet, part) for part in parts]
    assert places[0][0] == places[1][0] < places[2][0] == places[3][0]
    assert places[0][1] == places[2][1] < places[1][1] == places[3][1]


def test_margins_are_white() -> None:
    sheet = draw_sheet([[Cell(pixels=picture(9, 200), caption="below")]], title="above")
    for edge in (sheet[:MARGIN], sheet[-MARGIN:], sheet[:, :MARGIN], sheet[:, -MARGIN:]):
        assert (edge == 1).all()


def test_words_are_where_they_belong() -> None:
    part = picture(60, 200)
    plain = draw_sheet([[Cell(pixels=part)]])
    y, x = find(plain, part)
    assert plain.shape == (60 + 2 * MARGIN, 200 + 2 * MARGIN, 3)
    assert (y, x) == (MARGIN, MARGIN)
    sheet = draw_sheet(
        [[Cell(pixels=part, caption="caption")]], title="title", row_labels=["row"], column_labels=["column"]
    )
    y, x = find(sheet, part)
    label = measure("column", 15)
    assert ink(sheet[:y, : x + 50])
    middle = slice(x + 100 - label // 2, x + 100 + label // 2 + 1)
    assert ink(sheet[y - 22 : y, middle])
    assert not ink(sheet[y - 22 : y, x : middle.start - 2])
    assert ink(sheet[y : y + 60, :x])
    assert ink(sheet[y + 60 :, x : x + 200])
    assert not ink(sheet[y : y + 60, x + 200 :])


def test_rows_may_differ_and_have_gaps() -> None:
    parts = [picture(10, 12, seed) for seed in range(4)]
    a, b, c, d = (Cell(pixels=part) for part in parts)
    sheet = draw_sheet([[a, b, c], [None, d]])
    places = [find(sheet, part) for part in parts]
    assert places[3][1] == places[1][1]
    assert places[3][0] > places[1][0]


def test_small_pictures_get_captions_that_can_be_read() -> None:
    part = picture(8, 8)
    sheet = draw_sheet([[Cell(pixels=part, caption="channel 17 of the layer")]])
    assert sheet.shape[1] > 8 + 2 * MARGIN + 60
    _, x = find(sheet, part)
    assert abs(x + 4 - sheet.shape[1] / 2) <= 1


@pytest.mark.parametrize(
    "text", ["日本語", "\udcff", "a\x00b\tc", "ünïcödé – ×", "\u202e", "x" * 500, "\n\n"]
)
def test_any_text_can_be_drawn(text: str) -> None:
    part = picture(20, 20)
    sheet = draw_sheet(
        [[Cell(pixels=part, caption=text)]], title=text, row_labels=[text], column_labels=[text]
    )
    find(sheet, part)


@pytest.mark.parametrize("rows", [[], [[]], [[None], [None]]])
def test_no_picture_is_refused(rows: list[list[Cell | None]]) -> None:
    with pytest.raises(ConfigError, match="0 pictures"):
        draw_sheet(rows)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"\(4, 5\); give \(H, W, 3\)"):
        draw_sheet([[Cell(pixels=np.zeros((4, 5), np.float32))]])


class TestText:
    def test_lines_are_broken_at_spaces(self) -> None:
        block = text_block("one two three four", 13, 60)
        assert " ".join(block.lines) == "one two three four"
        assert len(block.lines) > 1
        assert block.height == len(block.lines) * (block.height // len(block.lines))

    @settings(deadline=None)
    @given(text=st.text(max_size=60), width=st.integers(20, 200))
    def test_no_line_is_too_wide(self, text: str, width: int) -> None:
        block = text_block(text, 13, width)
        assert block.width <= width
        assert all(" " <= letter <= "~" for line in block.lines for letter in line)

    def test_line_breaks_stay_and_nothing_is_no_line(self) -> None:
        assert text_block("a\nb", 13, 500).lines == ("a", "b")
        assert text_block("", 13).height == 0

    def test_accents_are_taken_off(self) -> None:
        assert text_block("Gógh – 3 × 3 画", 13).lines == ("Gogh - 3 x 3 ?",)


class TestMosaic:
    def test_by_hand(self) -> None:
        parts = [picture(2, 3, seed) for seed in range(5)]
        made = mosaic(parts, 2, gap=1)
        assert made.shape == (8, 7, 3)
        np.testing.assert_array_equal(made[3:5, 4:7], parts[3])
        assert (made[2] == 1).all()
        assert (made[6:, 3:] == 1).all()

    @pytest.mark.parametrize(("parts", "columns"), [([], 2), ([(2, 2), (2, 3)], 2), ([(2, 2)], 0)])
    def test_refuses(self, parts: list[tuple[int, int]], columns: int) -> None:
        with pytest.raises(ConfigError, match="mosaic"):
            mosaic([picture(*shape) for shape in parts], columns)
