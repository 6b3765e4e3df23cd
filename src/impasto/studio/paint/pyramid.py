"""Sizes to work at, from coarse to fine, and how much work each takes (Gatys et al. 2017, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impasto.image import fit_size

if TYPE_CHECKING:
    from impasto.studio.paint.prepare import Materials
    from impasto.studio.paint.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Level:
    """One size of the pyramid."""

    size: tuple[int, int]
    """Height and width of the picture in pixels."""

    ratio: float
    """This size against the final one, at most 1."""

    iterations: int
    """Evaluations of the loss at this size."""

    transport: bool = False
    """Match style by transport, whatever the recipe's form; see `Recipe.transport`."""

    @property
    def pixels(self) -> int:
        """Number of pixels: what the time of one evaluation is in proportion to."""
        return self.size[0] * self.size[1]

    @property
    def cost(self) -> int:
        """Pixels times evaluations."""
        return self.pixels * self.iterations


def final_size(recipe: Recipe, materials: Materials) -> tuple[int, int]:
    """Return the height and width of the result; a texture given one side is shaped as its first style."""
    picture = materials.content or materials.styles[0]
    return fit_size(picture.size, recipe.size) if isinstance(recipe.size, int) else recipe.size


def levels(recipe: Recipe, size: tuple[int, int], least: int) -> list[Level]:
    """Return the sizes to work at, coarsest first, the final one last.

    Args:
        recipe: Gives the coarsest size, the ratio between sizes, and the iterations.
        size: Final height and width.
        least: Least side that the encoder can take; coarser sizes with a shorter one are left out.
    """
    found: list[Level] = []
    for steps in range(64):
        ratio = recipe.growth**-steps
        smaller = (round(size[0] * ratio), round(size[1] * ratio))
        if steps and (recipe.coarsest is None or max(smaller) < recipe.coarsest or min(smaller) < least):
            break
        iterations = round(recipe.iterations * recipe.effort**steps)
        first = round(iterations * recipe.transport)
        both = ((iterations - first, False), (first, True))
        found += [
            Level(size=smaller, ratio=ratio, iterations=count, transport=transport)
            for count, transport in both
            if count
        ]
    return found[::-1]
