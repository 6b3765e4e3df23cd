"""At which sizes a picture is painted before, and how much of that is laid over the next."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.models.underpainting import grounds


@pytest.mark.parametrize(
    ("size", "sizes", "shares"),
    [
        ((384, 384), [(128, 128)], [0.5]),
        ((300, 512), [(100, 171)], [0.5]),
        ((456, 810), [(51, 90), (152, 270)], [0.203125, 0.5]),
        ((1448, 1086), [(161, 121), (483, 362)], [0.5, 0.5]),
        ((240, 288), [(80, 96)], [0.25]),
        ((192, 192), [], []),
        ((1, 16), [], []),
    ],
)
def test_from_broad_to_fine(size: tuple[int, int], sizes: list[tuple[int, int]], shares: list[float]) -> None:
    found = grounds(size, 0.5)
    assert [each for each, _ in found] == sizes
    assert [part for _, part in found] == pytest.approx(shares)
    assert grounds(size, 0) == []


@given(st.integers(200, 5000), st.floats(0.01, 1))
def test_a_pixel_more_makes_no_picture_much_bolder(side: int, share: float) -> None:
    one, more = ([part for _, part in grounds((each, each), share)] for each in (side, side + 1))
    one, more = one[::-1], more[::-1]  # from fine to broad; a broader one may be new
    assert len(one) <= len(more) <= len(one) + 1
    assert all(abs(a - b) < 0.01 for a, b in zip([*one, 0.0], [*more, 0.0], strict=False))
