"""Sizes to work at, from coarse to fine, and how much work each takes (Gatys et al. 2017, section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from impasto.image import fit_size

if TYPE_CHECKING:
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

    @property
    def cost(self) -> int:
        """Pixels times evaluations: what its time is in proportion to."""
        return self.size[0] * self.size[1] * self.iterations


def final_size(recipe: Recipe, content: tuple[int, int]) -> tuple[int, int]:
    """Return the height and width of the result for a content picture's height and width."""
    return fit_size(content, recipe.size) if isinstance(recipe.size, int) else recipe.size


def levels(recipe: Recipe, size: tuple[int, int], least: int) -> list[Level]:
    """Return the sizes to work at, coarsest first, the final one last.

    Args:
        recipe: Gives the coarsest size, the ratio between sizes, and the iterations.
        size: Final height and width.
        least: Least side that the encoder can take; coarser sizes with a shorter one are left out.
    """
    found = [Level(size=size, ratio=1.0, iterations=recipe.iterations)]
    while recipe.coarsest is not None:
        steps = len(found)
        ratio = recipe.growth**-steps
        smaller = (round(size[0] * ratio), round(size[1] * ratio))
        if max(smaller) < recipe.coarsest or min(smaller) < least:
            break
        found.append(Level(size=smaller, ratio=ratio, iterations=round(recipe.iterations * recipe.effort**steps)))
    return found[::-1]
