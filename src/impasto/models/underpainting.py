"""Painting more than once: broadly, and over that finely.

A network sees a few dozen pixels around each, so that what it paints is small, whatever the painting.
Painters lay in the whole with a broad brush first. So a photo is painted at a third of its size, that is laid
over the photo in part, and the network paints the mix, with broad strokes to go by, for an eighth more of
pixels and with no more weights. Where the third is large, it is painted over a broader one in turn. (That
coarse goes before fine is an old idea, of Gatys et al. 2017 for optimization, and of Ulyanov et al. 2016,
whose network of textures has a branch for every size.)

A broad brush cannot paint an eye. So where a photo has details that are a few pixels wide at a third of its
size, the broad painting gets them in the place of its own marks, under its own tones.
"""

from __future__ import annotations

from impasto.image import fit_size

TIMES = 3
"""How many times as broad as the next the strokes are that are painted before."""

LEAST = 64
"""Longest side, in pixels, up to which a broad painting counts nothing: too little is left of the photo. It
counts ever more up to twice that, so that of two pictures of nearly one size none is much bolder."""

DETAIL = 0.05
"""Mean contrast of details, in sRGB of [0, 1] around each pixel, from which on a broad painting has the
photo's in full: eyes and crowded roofs have it. Skin has half of it, a sky hardly any."""


def grounds(size: tuple[int, int], share: float) -> list[tuple[tuple[int, int], float]]:
    """Return how a picture is painted before it is painted.

    Args:
        size: Its height and width.
        share: How much of a broad painting is laid over what comes next, 0 to 1.

    Returns:
        From broad to fine, the size (H, W) of each painting, and the share of it in what is painted next.
    """
    found = []
    side = max(size) / TIMES
    while (part := share * min(1.0, side / LEAST - 1)) > 0:
        found.append((fit_size(size, round(side)), part))
        side /= TIMES
    return found[::-1]


def broader(size: tuple[int, int]) -> tuple[int, int]:
    """Return a third of a size, (H, W), at which what is left of a picture has none of its details."""
    return fit_size(size, max(1, round(max(size) / TIMES)))
