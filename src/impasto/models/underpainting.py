"""Painting twice: broadly, and over that once more.

A network sees a few dozen pixels around each, so that what it paints is small, whatever the painting.
Painters lay in the whole with a broad brush first. So a photo is painted at a third of its size, that is laid
over the photo in part, and the network paints the mix, with broad strokes to go by: at a ninth more of the
cost, and with no more weights. (That coarse goes before fine is an old idea, of Gatys et al. 2017 for
optimization, and of Ulyanov et al. 2016, whose network of textures has a branch for every size.)
"""

from __future__ import annotations

from impasto.image import fit_size

TIMES = 3
"""How many times as broad the strokes are that are painted first."""

MIN_SIDE = 16
"""The longest side of a picture has at least so many pixels: fewer hold no stroke."""


def under_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size, (H, W), at which a picture of another one is painted first."""
    return fit_size(size, max(MIN_SIDE, round(max(size) / TIMES)))
