"""Tables: what is a number ends at the right, and rules divide header, rows and sums."""

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.errors import ConfigError
from impasto.image import draw_table
from impasto.image.text import MARGIN, measure

ROWS = [["conv1_1", "1,792", "3 x 3"], ["pool1", "0", "2 x 2"]]


def dark(table: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray((table < 0.7).any(axis=2))


def rules(table: NDArray[np.float32]) -> list[int]:
    inside = dark(table)[:, MARGIN : table.shape[1] - MARGIN]
    return np.flatnonzero(inside.all(axis=1)).tolist()


def test_numbers_end_and_words_begin_together() -> None:
    table = draw_table(["layer", "parameters", "kernel"], ROWS)
    (rule,) = rules(table)
    lines = dark(table)[rule + 2 :]
    half = len(lines[:-MARGIN]) // 2
    first, second = lines[:half], lines[half:]
    begins = [int(np.flatnonzero(part.any(axis=0))[0]) for part in (first, second)]
    assert abs(begins[0] - begins[1]) <= 2
    edge = MARGIN + measure("conv1_1", 14) + 26 + measure("parameters", 14)
    ends = [int(np.flatnonzero(part[:, : edge + 3].any(axis=0))[-1]) for part in (first, second)]
    assert all(abs(end - edge) <= 3 for end in ends)


def test_a_footer_has_a_rule_of_its_own() -> None:
    plain = draw_table(["a", "b", "c"], ROWS)
    summed = draw_table(["a", "b", "c"], ROWS, footer=[["total", "1,792"]])
    assert len(rules(plain)) == 1
    assert len(rules(summed)) == 2
    assert summed.shape[0] > plain.shape[0]


def test_margins_and_title() -> None:
    table = draw_table(["a"], [["b"]], title="A title that is much wider than all that is below it")
    for edge in (table[:MARGIN], table[-MARGIN:], table[:, :MARGIN], table[:, -MARGIN:]):
        assert (edge == 1).all()
    assert table.shape[0] > draw_table(["a"], [["b"]]).shape[0]


@pytest.mark.parametrize(("header", "rows"), [([], []), (["a"], [["b", "c"]])])
def test_refuses(header: list[str], rows: list[list[str]]) -> None:
    with pytest.raises(ConfigError, match="columns"):
        draw_table(header, rows)
