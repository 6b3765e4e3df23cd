"""One picture over another."""

import numpy as np

from impasto.image import blend_levels


def test_values_by_hand() -> None:
    below = np.array([[[0, 100, 255], [10, 20, 30], [9, 8, 7]]], np.uint8)
    above = np.array([[[255, 200, 255], [0, 0, 0], [70, 80, 90]]], np.uint8)
    made = blend_levels(below, above, np.array([[51, 255, 0]], np.uint8))
    assert made.tolist() == [[[51, 120, 255], [0, 0, 0], [9, 8, 7]]]
