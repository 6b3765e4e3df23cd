"""A photo becomes a painting: broadly at first, and each time over what there is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from impasto.image import blend_levels, quantized, resize, resize_levels
from impasto.models.underpainting import DETAIL, broader, grounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from impasto.models.session import Session

    Pixels = NDArray[np.float32]
    Levels = NDArray[np.uint8]


class Kind(NamedTuple):
    """What is done with pixels of one type."""

    white: float
    resized: Callable[[Any, tuple[int, int]], Any]
    mixed: Callable[[Any, Any, float], Any]
    """The one below, the one above, its share."""
    held: Callable[[Pixels], Any]
    """Numbers that may lie beyond black and white, as pixels."""
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
    ground = photo = photos.pop()
    for _, part in steps:
        broad = _with_details(kind.run(session, ground, True), photo, kind)
        photo = photos.pop()
        ground = kind.mixed(photo, kind.resized(broad, photo.shape[:2]), part)
    return kind.run(session, ground, False)


def _with_details(made: Any, photo: Any, kind: Kind) -> Any:
    """Put the details of a photo in the place of a painting's own, where it has any."""
    size = photo.shape[:2]
    third = broader(size)
    details, own = (
        np.subtract(each, kind.resized(kind.resized(each, third), size), dtype=np.float32)
        for each in (photo, made)
    )
    contrast = resize(np.abs(details) @ np.full(3, 1 / (3 * kind.white), np.float32), third, soft=True)
    share = resize(np.minimum(1, contrast / np.float32(DETAIL)), size, soft=True)
    details -= own
    details *= share[..., np.newaxis]
    details += made
    return kind.held(details)


def _run_levels(session: Session, levels: Levels, rough: bool) -> Levels:
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


def _mixed(below: Pixels, above: Pixels, share: float) -> Pixels:
    return below + np.float32(share) * (above - below)


def _held(numbers: Pixels) -> Pixels:
    return np.clip(numbers, 0, 1)


def _held_levels(numbers: Pixels) -> Levels:
    return np.clip(np.rint(numbers), 0, 255).astype(np.uint8)


NUMBERS = Kind(1.0, partial(resize, soft=True), _mixed, _held, _run)
LEVELS = Kind(255.0, partial(resize_levels, soft=True), blend_levels, _held_levels, _run_levels)
