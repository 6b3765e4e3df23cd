"""Which square of a photo is cut out, and whether it is flipped: by the number of the photo in the stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from impasto.image import Square

if TYPE_CHECKING:
    from impasto.studio.train.assignment import Course
    from impasto.studio.train.config import Small


@dataclass(frozen=True, kw_only=True)
class Augment:
    """How photos become squares."""

    scale: int
    """What a photo's shorter side is scaled to at least, in pixels; squares are of it, or smaller."""

    zoom: float
    """And at most, as a factor of that, at random."""

    center: bool
    """Take the middle, and never flip."""

    small: Small
    """Whether a photo smaller than the square is enlarged, or left out."""

    seed: int
    """Of the randomness."""

    @classmethod
    def of(cls, recipe: Course, small: Small, seed: int) -> Augment:
        """Return that of a recipe."""
        return cls(scale=recipe.size, zoom=recipe.zoom, center=recipe.center, small=small, seed=seed)

    def choose(self, photo: tuple[int, int], size: int, number: int) -> tuple[Square, bool] | None:
        """Choose a square.

        Args:
            photo: Its height and width.
            size: Side of the square in pixels, after scaling.
            number: Of the photo in the stream: the same one gives the same square.

        Returns:
            The square, in the photo's own pixels, and whether to flip it; None to leave the photo out.
        """
        shorter = min(photo)
        if shorter < self.scale and self.small == "skip":
            return None
        random = np.random.default_rng((self.seed, number))
        wanted = self.scale * (1 if self.center else random.uniform(1, self.zoom))
        # Zooming never enlarges: a photo enlarged has no detail that a style could be put on.
        scaled = max(self.scale, min(wanted, shorter))
        side = size * shorter / scaled
        down, across = (0.5, 0.5) if self.center else random.uniform(size=2)
        square = Square(top=down * (photo[0] - side), left=across * (photo[1] - side), side=side)
        return square, not self.center and bool(random.integers(2))
