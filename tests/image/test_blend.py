"""One picture over another."""

import numpy as np

from impasto.image import blend_levels


def test_values_by_hand() -> None:
    below = np.array([[[0, 100, 255], [10, 20, 30]]], np.uint8)
    above = np.array([[[255, 200, 255], [0, 0, 0]]], np.uint8)
    assert np.abs(blend_levels(below, above, 0.25).astype(int) - [[[64, 125, 255], [7, 15, 22]]]).max() <= 1
    assert np.array_equal(blend_levels(below, above, 0), below)
    assert np.array_equal(blend_levels(below, above, 1), above)
