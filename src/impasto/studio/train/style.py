"""What a training sees of a painting, and how large: the size of the strokes that the network learns."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from impasto.errors import ConfigError
from impasto.image import fit_size

if TYPE_CHECKING:
    from impasto.image import Picture
    from impasto.studio.train.recipe import TrainRecipe


def style_size(recipe: TrainRecipe, own: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width at which a painting is seen.

    Args:
        recipe: Its style_fit, style_size and style_scale.
        own: The picture's height and width.
    """
    if recipe.style_fit == "square":
        side = max(1, round(recipe.size * recipe.style_scale))
        return side, side
    longest: float = max(own)
    if recipe.style_size is not None:
        fitted = {
            "native": min(longest, recipe.style_size),  # enlarging adds blur to its statistics
            "longest": recipe.style_size,
            "shortest": recipe.style_size * longest / min(own),
        }
        longest = fitted[recipe.style_fit]
    return fit_size(own, max(1, round(longest * recipe.style_scale)))


def cropped(picture: Picture, crop: tuple[int, int, int, int] | None) -> Picture:
    """Return the part of a painting that is its style.

    Args:
        picture: The painting.
        crop: Left, top, right and bottom, in its pixels; None for all of it.

    Raises:
        ConfigError: Where that is no part of it.
    """
    if crop is None:
        return picture
    left, top, right, bottom = crop
    height, width = picture.size
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ConfigError(
            f"style_crop is {left},{top},{right},{bottom}, and {picture.name!r} has {width} x {height} "
            "pixels; give LEFT,TOP,RIGHT,BOTTOM inside of it"
        )
    alpha = None if picture.alpha is None else picture.alpha[top:bottom, left:right]
    return replace(picture, pixels=picture.pixels[top:bottom, left:right], alpha=alpha)
