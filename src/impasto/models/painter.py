"""A photo becomes a painting: broadly at first, and each time over what there is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from impasto.image import blend_levels, quantized, resize, resize_levels
from impasto.models.underpainting import DETAIL, SPARED, broader, grounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from impasto.models.session import Session

    Pixels = NDArray[np.float32]


class Kind(NamedTuple):
    """What is done with pixels of one type."""

    white: float
    resized: Callable[[Any, tuple[int, int]], Any]
    mixed: Callable[[Any, Any, Pixels], Any]
    """The one below, the one above, its shares, which may be of another size."""
    run: Callable[[Session, Any, bool], Any]
    """The picture, and whether it is rough."""


def painted(canvas: Any, share: float, session: Session, kind: Kind) -> Any:
    """Paint a photo.

    Args:
        canvas: It, (H, W, 3), at the size that it is painted at.
        share: How much of each broad painting is laid over what comes next; 0 paints once.
        session: The style.
        kind: Of its pixels.
    """
    steps = grounds(canvas.shape[:2], share)
    photos = [canvas]
    for size, _ in reversed(steps):
        photos.append(kind.resized(photos[-1], size))
    made = small = photos.pop()
    for _, part in steps:
        made = kind.run(session, made, True)
        shares, small = _shares(small, part, kind), photos.pop()
        made = kind.mixed(small, kind.resized(made, small.shape[:2]), shares)
    return kind.run(session, made, False)


def _shares(photo: Any, share: float, kind: Kind) -> Pixels:
    """Return how much of a painting of this photo is laid over what comes next, (H, W) of its third."""
    third = broader(photo.shape[:2])
    left = kind.resized(kind.resized(photo, third), photo.shape[:2])
    mean = np.full(3, 1 / (3 * kind.white), np.float32)
    lost = resize(np.abs(np.subtract(photo, left, dtype=np.float32)) @ mean, third, soft=True)
    shares: Pixels = share * (1 - SPARED * np.minimum(1, lost / DETAIL))
    return shares.astype(np.float32)


def _run_levels(session: Session, levels: NDArray[np.uint8], rough: bool) -> NDArray[np.uint8]:
    if session.dtype == np.uint8:
        return session.run(levels, rough=rough)
    numbers = session.run(levels.astype(np.float32) / np.float32(255), rough=rough)
    return quantized(numbers, 255).astype(np.uint8)


def _run(session: Session, photo: Pixels, rough: bool) -> Pixels:
    if session.dtype == np.uint8:
        made = session.run(quantized(photo, 255).astype(np.uint8), rough=rough).astype(np.float32)
        made /= 255
        return made
    numbers: Pixels = np.clip(session.run(photo, rough=rough), 0, 1)
    return numbers


def _mixed(below: Pixels, above: Pixels, shares: Pixels) -> Pixels:
    return below + resize(shares, below.shape[:2], soft=True)[..., np.newaxis] * (above - below)


def _mixed_levels(below: NDArray[np.uint8], above: NDArray[np.uint8], shares: Pixels) -> NDArray[np.uint8]:
    levels = quantized(shares, 255).astype(np.uint8)
    return blend_levels(below, above, resize_levels(levels, below.shape[:2], soft=True))


NUMBERS = Kind(1.0, partial(resize, soft=True), _mixed, _run)
LEVELS = Kind(255.0, partial(resize_levels, soft=True), _mixed_levels, _run_levels)
