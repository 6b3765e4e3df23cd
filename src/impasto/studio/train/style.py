"""The size at which a painting is seen by a training: the size of the strokes that the network learns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impasto.image import fit_size

if TYPE_CHECKING:
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
