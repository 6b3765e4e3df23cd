"""What a super-resolution network is trained for: a photo's pixels, or its features, from a small copy of it.

Johnson, Alahi & Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016,
section 3.2: the pixel loss, and the feature reconstruction loss of equation 2. Sajjadi, Schölkopf & Hirsch,
"EnhanceNet", ICCV 2017: the texture loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional as F

from impasto.image import Cell, draw_sheet
from impasto.studio.losses import content_loss, grid_loss, texture_loss
from impasto.studio.pixels import to_pixels
from impasto.studio.train.sheet import mean_losses
from impasto.studio.train.superres.scale import larger, smaller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from impasto.studio.encoders import VGG
    from impasto.studio.train.superres.recipe import PixelForm, SuperRecipe

PIXEL_LOSSES: Mapping[PixelForm, Callable[[Tensor, Tensor], Tensor]] = {"l1": F.l1_loss, "mse": F.mse_loss}

GRID = "grid"
"""What a picture differs from the photo by in step with its blocks of pixels, or with pairs of them: where
only the first cost, dots came to lie in every other block."""

PATCH = 16
"""Side of the squares, in pixels, whose textures are compared, as in EnhanceNet."""

_LEAST = 1e-12


class SuperTask:
    """The loss of a batch, by term and layer.

    Args:
        encoder: What the feature loss sees through; None where features weigh nothing.
        recipe: Factor, degradation, losses and their weights.
        autocast: Makes the context that the encoder runs in; the losses stay in float32.
        begins_as_bicubic: Whether the network's first output is the bicubic up-scaling.
    """

    def __init__(
        self,
        encoder: VGG | None,
        recipe: SuperRecipe,
        autocast: Callable[[], AbstractContextManager[None]],
        *,
        begins_as_bicubic: bool = False,
    ) -> None:
        self.encoder, self.recipe, self.autocast = encoder, recipe, autocast
        self.factor = recipe.network.factor
        self.weights = term_weights(recipe)
        """What each term is multiplied by: `pixel`, `feature/layer`, `texture/layer`, `grid`."""
        known = begins_as_bicubic and recipe.calibrate
        self.expected = sum(self.weights.values()) if known else 0.0
        """Calibrated terms are 1 for bicubic up-scaling."""

    def losses(self, model: Callable[..., Any], photos: Tensor, step: int) -> dict[str, Tensor]:
        """Make photos small, and return the weighted terms of what a network makes of them."""
        # A pixel of a block would always be the same one of those that VGG pools together, and learn to be
        # the greatest of them: a weave. So what VGG sees begins at another pixel of the block at every step.
        cut = divmod(step % self.factor**2, self.factor)
        return self._weighted(self._compared(model, photos, cut))

    def painter(self, network: nn.Module) -> nn.Module:
        """Return the network itself."""
        return network

    def show(self, network: nn.Module, photos: Tensor, title: str) -> NDArray[np.float32]:
        """Draw small photos made larger bicubically, below them by the network, and below that themselves."""
        small = [self._smaller(photo[None]) for photo in photos]
        with torch.no_grad():
            made = [network(each) for each in small]  # one by one: memory counts, and time does not
        rows = [[larger(each, self.factor) for each in small], made, [photo[None] for photo in photos]]
        cells = [[Cell(pixels=to_pixels(each)) for each in row] for row in rows]
        return draw_sheet(cells, title=title, row_labels=("bicubic", "made", "photo"))

    @torch.no_grad()
    def measure(self, network: nn.Module, photos: Tensor) -> dict[str, float]:
        """Return the mean losses of photos, by term and layer."""
        return mean_losses(self._weighted(self._compared(network, photo[None])) for photo in photos)

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Weigh every term against what it is for bicubic up-scaling, so that their scales no longer matter.

        Args:
            batches: Photos, `(N, 3, H, W)`.
        """
        sums = dict.fromkeys(self.weights, 0.0)
        count = 0
        for photos in batches:
            for name, term in self._compared(self._bicubic, photos).items():
                sums[name] += term.item()
            count += 1
        self.weights = {
            name: weight / max(sums[name] / count, _LEAST) for name, weight in self.weights.items()
        }

    def _bicubic(self, small: Tensor) -> Tensor:
        return larger(small, self.factor)

    def _smaller(self, photos: Tensor) -> Tensor:
        return smaller(photos, self.factor, self.recipe.degradation)

    def _weighted(self, terms: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return {name: weight * terms[name] for name, weight in self.weights.items()}

    def _compared(
        self, model: Callable[..., Any], photos: Tensor, cut: tuple[int, int] = (0, 0)
    ) -> dict[str, Tensor]:
        made = model(self._smaller(photos))
        terms: dict[str, Tensor] = {}
        if "pixel" in self.weights:
            terms["pixel"] = PIXEL_LOSSES[self.recipe.pixel_form](made.float(), photos)
        if GRID in self.weights:
            terms[GRID] = self._grid(made, photos)
        if self.encoder is not None and (layers := layers_of(self.weights)):
            top, left = cut
            seen = self._features(made[..., top:, left:], layers)
            wanted = self._features(photos[..., top:, left:], layers)
            for name in self.weights:
                kind, _, layer = name.partition("/")
                if kind == "feature":
                    terms[name] = content_loss(seen[layer], wanted[layer])
                elif kind == "texture":
                    side = PATCH // self.encoder.stride(layer)
                    terms[name] = texture_loss(seen[layer], wanted[layer], side)
        return terms

    def _grid(self, made: Tensor, photos: Tensor) -> Tensor:
        found = []
        for side in (self.factor, 2 * self.factor):
            height, width = (size // side * side for size in made.shape[2:])
            found.append(grid_loss(made[..., :height, :width], photos[..., :height, :width], side))
        return torch.stack(found).mean()

    def _features(self, image: Tensor, layers: set[str]) -> dict[str, Tensor]:
        assert self.encoder is not None
        with self.autocast():
            return self.encoder(image, layers)


def term_weights(recipe: SuperRecipe) -> dict[str, float]:
    """Return what a recipe multiplies each term by, before any calibration, without those of weight 0."""
    weights = {"pixel": recipe.loss.get("pixel", 0.0)}
    for kind, layers in (("feature", recipe.feature_layers), ("texture", recipe.texture_layers)):
        for layer, weight in layers.items():
            weights[f"{kind}/{layer}"] = recipe.loss.get(kind, 0.0) * weight
    weights[GRID] = recipe.loss.get(GRID, 0.0)
    return {name: weight for name, weight in weights.items() if weight}


def layers_of(terms: Iterable[str]) -> set[str]:
    """Return the layers that pictures are compared at, out of the names of terms."""
    return {layer for _, _, layer in (name.partition("/") for name in terms) if layer}
