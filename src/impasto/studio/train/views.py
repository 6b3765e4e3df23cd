"""Paintings as a training of many styles sees them: a few views of each, measured once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from impasto.errors import ImageError, ImageReadError, ImageTooSmallError
from impasto.image import decode_picture, fit_size, resize
from impasto.models.base import NARROWEST
from impasto.models.base_files import LOOK
from impasto.studio.losses import gram_target
from impasto.studio.pixels import to_tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray
    from torch import Tensor

    from impasto.image import Picture
    from impasto.studio.encoders import VGG
    from impasto.studio.train.photos import Photo
    from impasto.studio.train.recipe import TrainRecipe

    Pixels = NDArray[np.float32]

VARIANTS = 3
"""Views of each painting; the first is the whole painting, the others are parts of it in other colors."""

STROKES = (-1.0, 0.0, 1.0)
"""Logarithms to base 2 of the sizes of strokes that are trained."""

CHANCES = (0.25, 0.5, 0.25)

_KEPT = 1100
"""Longest side that a painting is kept at."""

_MEASURED = 448
"""Longest side of what is measured of a painting: of a larger one the middle, whose strokes are as large."""

_PART = 0.7
"""Side of the smallest part of a painting that is a view of it, against its own."""


class View(NamedTuple):
    """One painting, seen in one way."""

    painting: int
    variant: int
    stroke: int
    """Of `STROKES`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Gallery:
    """The paintings of a training, decoded."""

    names: tuple[str, ...]
    pictures: tuple[Pixels, ...]
    skipped: Mapping[str, str]
    """Paintings that could not be used, and why."""


def read_paintings(files: Sequence[Photo], recipe: TrainRecipe, least: int, max_pixels: int) -> Gallery:
    """Read paintings, and keep those that can be seen in every way.

    Args:
        files: At least one.
        recipe: At which size they are seen.
        least: Shorter side, in pixels, that the deepest layer needs.
        max_pixels: The most that a painting may have.

    Raises:
        ImageReadError: Not one can be read.
    """
    names, pictures, skipped = [], [], {}
    for file in files:
        try:
            picture = decode_picture(file.read(), file.name, max_pixels=max_pixels)
            _check_size(picture, recipe, least)
        except (ImageError, OSError) as error:
            skipped[file.name] = str(error)
            continue
        names.append(file.name)
        longest = min(_KEPT, max(picture.size))
        pictures.append(resize(picture.pixels, fit_size(picture.size, longest)))
    if not pictures:
        name, why = next(iter(skipped.items()))
        raise ImageReadError(
            f"none of the {len(skipped)} paintings can be used; of {name!r} it was said: {why}"
        )
    return Gallery(names=tuple(names), pictures=tuple(pictures), skipped=skipped)


def _check_size(picture: Picture, recipe: TrainRecipe, least: int) -> None:
    """See that the smallest view of a painting is large enough for the encoders."""
    smallest = min(_longest(recipe, min(STROKES)), max(picture.size))
    shorter = _PART * min(fit_size(picture.size, smallest))
    if shorter < least or _PART * min(fit_size(picture.size, LOOK)) < NARROWEST:
        raise ImageTooSmallError(
            f"{picture.name!r} has only {picture.size[1]} x {picture.size[0]} pixels, or is too narrow; give "
            "a larger one"
        )


def _longest(recipe: TrainRecipe, octaves: float) -> int:
    """Return the longest side of a painting whose strokes are of a size."""
    return round((recipe.style_size or 512) * 2**octaves)


class Views:
    """Views of paintings, each cut and measured when it is first asked for.

    Args:
        gallery: The paintings.
        recipe: At which size they are seen, and which layers style is compared at.
        encoder: What measures them.
        autocast: Makes the context that it runs in.
        device: Where it runs.
        seed: Of the parts and the colors.
    """

    def __init__(
        self,
        gallery: Gallery,
        recipe: TrainRecipe,
        encoder: VGG,
        autocast: Callable[[], AbstractContextManager[None]],
        device: torch.device,
        seed: int,
    ) -> None:
        self.gallery, self.recipe, self.encoder, self.autocast = gallery, recipe, encoder, autocast
        self.device, self.seed = device, seed
        self.layers = [layer for layer, weight in recipe.style_layers.items() if weight]
        self._looks: dict[tuple[int, int], Tensor] = {}
        self._targets: dict[View, dict[str, Tensor]] = {}

    def draw(self, number: int) -> View:
        """Choose a view by its number in the training: every painting once, before any comes again."""
        passes, place = divmod(number, len(self.gallery.pictures))
        order = np.random.default_rng((self.seed, passes)).permutation(len(self.gallery.pictures))
        random = np.random.default_rng((self.seed, 1, number))
        stroke = int(random.choice(len(STROKES), p=CHANCES))
        return View(int(order[place]), int(random.integers(VARIANTS)), stroke)

    def look(self, view: View) -> Tensor:
        """Return what the style encoder sees of a view, (1, 3, H, W)."""
        key = (view.painting, view.variant)
        if key not in self._looks:
            self._looks[key] = look_at(self._cut(*key)).to(self.device)
        return self._looks[key]

    @torch.no_grad()
    def targets(self, view: View) -> dict[str, Tensor]:
        """Return the Gram matrices of a view, (1, C, C), by layer."""
        if view not in self._targets:
            pixels = self._cut(view.painting, view.variant)
            longest = min(_longest(self.recipe, STROKES[view.stroke]), max(pixels.shape))
            pixels = _middle(pixels, round(_MEASURED * max(pixels.shape) / longest))
            sized = resize(pixels, fit_size(pixels.shape[:2], min(longest, _MEASURED)))
            image = to_tensor(sized).to(self.device)
            with self.autocast():
                seen = self.encoder(image, self.layers)
            form = self.recipe.style_form
            self._targets[view] = {layer: gram_target(seen[layer], form=form) for layer in self.layers}
        return self._targets[view]

    def _cut(self, painting: int, variant: int) -> Pixels:
        pixels = self.gallery.pictures[painting]
        if variant == 0:
            return pixels
        random = np.random.default_rng((self.seed, 2, painting, variant))
        height, width = pixels.shape[:2]
        high, wide = (max(1, round(side * random.uniform(_PART, 1))) for side in (height, width))
        top, left = int(random.integers(height - high + 1)), int(random.integers(width - wide + 1))
        part = pixels[top : top + high, left : left + wide]
        return _recolored(part[:, ::-1] if random.integers(2) else part, random)


def look_at(pixels: Pixels) -> Tensor:
    """Return a painting as the style encoder sees it, (1, 3, H, W)."""
    return to_tensor(resize(pixels, fit_size(pixels.shape[:2], LOOK)))


def _middle(pixels: Pixels, most: int) -> Pixels:
    height, width = pixels.shape[:2]
    top, left = max(0, height - most) // 2, max(0, width - most) // 2
    return pixels[top : top + most, left : left + most]


def _recolored(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Change brightness, contrast, saturation and hue a little."""
    gray = pixels.mean(2, keepdims=True)
    saturated = gray + np.float32(random.uniform(0.7, 1.3)) * (pixels - gray)
    angle = random.uniform(-0.4, 0.4)  # around the gray axis, in radians (Rodrigues)
    third, root = (1 - np.cos(angle)) / 3, np.sin(angle) / np.sqrt(3)
    turned = np.full((3, 3), third) + np.cos(angle) * np.eye(3)
    turned += root * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    contrast, light = random.uniform(0.85, 1.15), random.uniform(-0.06, 0.06)
    mean = pixels.mean()
    made = (saturated @ turned.T.astype(np.float32) - mean) * contrast + mean + light
    recolored: Pixels = np.clip(made, 0, 1).astype(np.float32)
    return recolored
