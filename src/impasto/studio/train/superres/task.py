"""What a super-resolution network is trained for: a photo's pixels, or its features, from a small copy of it.

Johnson, Alahi & Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016,
section 3.2: the pixel loss, and the feature reconstruction loss of equation 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional as F

from impasto.image import Cell, draw_sheet
from impasto.studio.losses import content_loss
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

SHIFT = "shift"
"""How much what is made of a photo changes where the photo is cut some pixels on, and moved back."""

BORDER = 2
"""Pixels of the small picture at its border that this leaves out: what lies beyond is not the same."""

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
        """What each term is multiplied by: `pixel`, `feature/layer` and `shift`."""
        known = begins_as_bicubic and recipe.calibrate
        self.expected = sum(self.weights.values()) if known else 0.0
        """Calibrated terms are 1 for bicubic up-scaling."""

    def losses(self, model: Callable[..., Any], photos: Tensor, step: int) -> dict[str, Tensor]:
        """Make photos small, and return the weighted terms of what a network makes of them."""
        # A pixel of a block would always be the same one of those that VGG pools together, and learn to be
        # the greatest of them: a weave. So what VGG sees begins at another pixel of the block at every step.
        places = self.factor**2
        cut = divmod(step % places, self.factor)
        moved = divmod(1 + step % (places - 1), self.factor)
        return self._weighted(self._compared(model, photos, cut=cut, moved=moved))

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
        self,
        model: Callable[..., Any],
        photos: Tensor,
        *,
        cut: tuple[int, int] = (0, 0),
        moved: tuple[int, int] | None = None,
    ) -> dict[str, Tensor]:
        """Return the terms of what a network makes of photos, and of the same cut `moved` pixels on.

        That is half a block both ways where nothing else is said.
        """
        if SHIFT not in self.weights:
            return self._terms(model(self._smaller(photos)), photos, cut)
        height, width = (side - self.factor for side in photos.shape[2:])
        top, left = moved or (self.factor // 2, self.factor // 2)
        whole, other = photos[..., :height, :width], photos[..., top : top + height, left : left + width]
        made, again = model(self._smaller(torch.cat([whole, other]))).float().chunk(2)
        rim = BORDER * self.factor
        inner = (..., slice(top + rim, height - rim), slice(left + rim, width - rim))
        same = (..., slice(rim, height - rim - top), slice(rim, width - rim - left))
        return {**self._terms(made, whole, cut), SHIFT: F.l1_loss(made[inner], again[same])}

    def _terms(self, made: Tensor, photos: Tensor, cut: tuple[int, int] = (0, 0)) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = {}
        if "pixel" in self.weights:
            terms["pixel"] = PIXEL_LOSSES[self.recipe.pixel_form](made.float(), photos)
        if layers := feature_layers(self.weights):
            top, left = cut
            seen = self._features(made[..., top:, left:], layers)
            wanted = self._features(photos[..., top:, left:], layers)
            terms |= {f"feature/{layer}": content_loss(seen[layer], wanted[layer]) for layer in layers}
        return terms

    def _features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        assert self.encoder is not None
        with self.autocast():
            return self.encoder(image, set(layers))


def term_weights(recipe: SuperRecipe) -> dict[str, float]:
    """Return what a recipe multiplies each term by, before any calibration, without those of weight 0."""
    weights = {"pixel": recipe.loss.get("pixel", 0.0)}
    feature = recipe.loss.get("feature", 0.0)
    for layer, weight in recipe.feature_layers.items():
        weights[f"feature/{layer}"] = feature * weight
    weights[SHIFT] = recipe.loss.get(SHIFT, 0.0)
    return {name: weight for name, weight in weights.items() if weight}


def feature_layers(terms: Iterable[str]) -> list[str]:
    """Return the layers that features are compared at, out of the names of terms."""
    return [name.removeprefix("feature/") for name in terms if name.startswith("feature/")]
