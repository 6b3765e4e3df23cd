"""Bicubic resizing: Keys's kernel worked out by hand, MATLAB's borders, and its antialiasing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import ConfigError
from impasto.image import cubic_matrix, cubic_resize
from impasto.image.cubic import keys

# Keys's cubic at 1/4, 3/4, 5/4 and 7/4, by hand: 1.5 x^3 - 2.5 x^2 + 1 and -0.5 x^3 + 2.5 x^2 - 4 x + 2.
NEAR, NEXT, FAR, FARTHEST = 0.8671875, 0.2265625, -0.0703125, -0.0234375


def test_the_kernel_by_hand() -> None:
    distances = np.array([0, 0.25, -0.75, 1, 1.25, 1.75, 2, 3])
    assert keys(distances).tolist() == [1, NEAR, NEXT, 0, FAR, FARTHEST, 0, 0]


def test_twice_as_large_by_hand() -> None:
    row = cubic_resize(np.array([[0.0, 0, 0, 1, 0, 0, 0]]), (1, 14))[0]
    one_side = [0, 0, 0, FARTHEST, FAR, NEXT, NEAR]
    assert row == pytest.approx([*one_side, *one_side[::-1]], abs=1e-12)


def test_half_as_large_is_antialiased() -> None:
    """The kernel is twice as wide, and half as high."""
    row = cubic_resize(np.array([[0.0, 0, 0, 0, 1, 0, 0, 0, 0, 0]]), (1, 5))[0]
    assert row == pytest.approx([FARTHEST / 2 + 0, NEXT / 2, NEAR / 2, FAR / 2, 0], abs=1e-12)


def test_borders_are_mirrored_with_the_last_pixel_repeated() -> None:
    row = cubic_resize(np.array([[1.0, 0, 0, 0]]), (1, 8))[0]
    # The first pixel lies at -1/4: itself, its mirrored self at -1, and 0 for all others.
    assert row[:2] == pytest.approx([NEAR + NEXT, NEAR + FAR], abs=1e-12)
    assert cubic_matrix(1, 5) == pytest.approx(np.ones((5, 1)))


@given(before=st.integers(1, 40), after=st.integers(1, 40))
def test_rows_sum_to_one_and_both_directions_are_treated_alike(before: int, after: int) -> None:
    matrix = cubic_matrix(before, after)
    assert matrix.shape == (after, before)
    assert matrix.sum(1) == pytest.approx(np.ones(after))
    assert matrix == pytest.approx(matrix[::-1, ::-1], abs=1e-12)


def test_a_ramp_stays_a_ramp_away_from_the_ends() -> None:
    """Keys's kernel reproduces polynomials of the second degree; antialiased, of the first."""
    ramp = np.arange(40.0)[None]
    assert cubic_resize(ramp, (1, 160))[0, 8:-8] == pytest.approx((np.arange(160) + 0.5)[8:-8] / 4 - 0.5)
    assert cubic_resize(ramp, (1, 10))[0, 2:-2] == pytest.approx((np.arange(10) + 0.5)[2:-2] * 4 - 0.5)


def test_channels_and_sides_are_apart() -> None:
    pixels = np.random.default_rng(0).random((9, 7, 3))
    made = cubic_resize(pixels, (18, 21))
    assert made.shape == (18, 21, 3)
    assert made[..., 1] == pytest.approx(cubic_resize(pixels[..., 1], (18, 21)))
    assert made.swapaxes(0, 1) == pytest.approx(cubic_resize(pixels.swapaxes(0, 1), (21, 18)))


def test_no_side_is_nothing() -> None:
    with pytest.raises(ConfigError, match="a row of 4 pixels cannot become 0"):
        cubic_resize(np.ones((4, 4)), (0, 4))
