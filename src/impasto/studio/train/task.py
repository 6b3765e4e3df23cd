"""What a style network is trained for: its pictures' content and style, as an encoder sees them.

Johnson, Alahi & Fei-Fei, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from impasto.studio.encoders.vgg import CAFFE
from impasto.studio.losses import (
    content_loss,
    contrasts,
    grain_loss,
    gram_loss,
    gram_target,
    palette,
    palette_loss,
    palette_variance,
    quiet_contrast,
    tint_loss,
    tint_variance,
    tone_loss,
    tone_variance,
    total_variation,
)
from impasto.studio.networks.underpainted import Underpainted
from impasto.studio.train.sheet import mean_losses, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractContextManager

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from impasto.studio.encoders import VGG
    from impasto.studio.train.recipe import TrainRecipe, Units

INPUT_SCALE = {"caffe": 255.0, "torchvision": 1 / 0.226}
"""What preprocessing multiplies pixels in [0, 1] by; torchvision's three deviations are 0.226 on average."""

SOFTEST = 0.3
"""Share of the distance of photos that a style is measured against at least: less, and it diverges."""

PALEST = 2e-3
"""Variance of colors, and of tones, that distances are measured against at least: of a painting that has
hardly any."""

UNSCALED = ("color", "tone", "tint", "grain")
"""Terms in units of the painting, which photos do not change."""

_LEAST = 1e-12


class StyleTask:
    """The loss of a batch, by term and layer.

    Args:
        encoder: What the losses see through.
        recipe: Which losses, over which layers, with which weights.
        style: The painting, `(1, 3, H, W)` in [0, 1] at the size that gives its strokes theirs.
        autocast: Makes the context that the encoder runs in; the losses stay in float32.
    """

    expected = 0.0
    """What the loss is at first depends on the painting."""

    def __init__(
        self,
        encoder: VGG,
        recipe: TrainRecipe,
        style: Tensor,
        autocast: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.encoder, self.recipe, self.autocast = encoder, recipe, autocast
        self.content = [layer for layer, weight in recipe.content_layers.items() if weight]
        self.style = [layer for layer, weight in recipe.style_layers.items() if weight]
        self.weights = published_weights(recipe, encoder)
        """What each term is multiplied by, by `name/layer`, or `color`, `tv`, `tone`, `tint` and `grain`."""
        with torch.no_grad():
            seen = self._features(style, self.style)
            self.targets = {layer: gram_target(seen[layer], form=recipe.style_form) for layer in self.style}
            self.colors = palette(style) if recipe.color_weight else None
        self.unit = 1.0 if self.colors is None else max(palette_variance(self.colors).item(), PALEST)
        """What distances of colors are divided by."""
        self.range = max(tone_variance(style).item(), PALEST)
        """What distances of tones are divided by."""
        self.gamut = max(tint_variance(style).item(), PALEST)
        """What distances of tints are divided by."""
        self.quiet = quiet_contrast(style).item()
        """Contrast that even parts of photos may get."""
        self.contrast = max(contrasts(style).mean().item(), PALEST**0.5)
        """What contrasts are divided by."""

    def __call__(
        self, output: Tensor, photos: Tensor, wanted: Mapping[str, Tensor] | None = None
    ) -> dict[str, Tensor]:
        """Return the weighted terms of what a network made of photos; they add up to the loss.

        Args:
            output: What it made, `(N, 3, H, W)`.
            photos: Of what, the same shape.
            wanted: What `look` made of the photos, where they come again and again.
        """
        wanted = self.look(photos) if wanted is None else wanted
        terms = self._terms(output, self._features(output, [*self.content, *self.style]), wanted)
        if self.recipe.tone_weight:
            terms["tone"] = tone_loss(output, photos) / self.range
        if self.recipe.tint_weight:
            terms["tint"] = tint_loss(output, photos) / self.gamut
        if self.recipe.grain_weight:
            terms["grain"] = grain_loss(output, photos, self.quiet) / self.contrast
        return {name: self.weights[name] * term for name, term in terms.items()}

    def losses(self, model: Callable[..., Any], photos: Tensor, step: int) -> dict[str, Tensor]:  # noqa: ARG002
        """Return the weighted terms of what a network makes of photos."""
        return self(model(photos), photos)

    def painter(self, network: nn.Module) -> nn.Module:
        """Return what paints: the network itself, or one that has it paint twice."""
        share = self.recipe.underpainting
        return Underpainted(network, share) if share else network

    def show(self, network: nn.Module, photos: Tensor, title: str) -> NDArray[np.float32]:
        """Draw photos, and below each what the network makes of it."""
        return show(self.painter(network), photos, title)

    @torch.no_grad()
    def measure(self, network: nn.Module, photos: Tensor) -> dict[str, float]:
        """Return the mean losses of photos, by term and layer."""
        paint = self.painter(network)
        return mean_losses(self(paint(photo[None]), photo[None]) for photo in photos)

    @torch.no_grad()
    def look(self, photos: Tensor) -> dict[str, Tensor]:
        """Return the features that content is compared by, of photos."""
        return self._features(photos, self.content)  # no deeper than content, which is not deep

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Weigh every term against what it is for untouched photos.

        Content against the mean square of the photos' own features, style and total variation against their
        loss. So the scale of a layer, of the encoder and of the painting no longer matter. Colors, tones,
        tints and grain have no such scale, and stay as they are.

        A soft painting is far from photos for what they have and it has not: a gray picture would be close to
        it. Its style is then measured against that of nothing at all, so that what it has weighs as well.

        Args:
            batches: Photos, `(N, 3, H, W)`.
        """
        sums = dict.fromkeys(self.weights, 0.0)
        count = 0
        for photos in batches:
            seen = self._features(photos, [*self.content, *self.style])
            nothing = {layer: torch.zeros_like(features) for layer, features in seen.items()}
            empty = self._terms(photos, nothing, nothing)
            for name, term in self._terms(photos, seen, nothing).items():
                soft = name.startswith("style/") and empty[name] < term
                sums[name] += max(empty[name].item(), SOFTEST * term.item()) if soft else term.item()
            count += 1
        self.weights = {
            name: weight if name in UNSCALED else weight / max(sums[name] / count, _LEAST)
            for name, weight in self.weights.items()
        }

    def _terms(
        self, image: Tensor, seen: Mapping[str, Tensor], wanted: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Return the terms of an image, whose features are `seen`, without their weights."""
        recipe = self.recipe
        terms = {
            f"content/{layer}": content_loss(seen[layer], wanted[layer], form=recipe.content_form)
            for layer in self.content
        }
        for layer in self.style:
            features = pooled(seen[layer]) if recipe.style_pooled else seen[layer]
            terms[f"style/{layer}"] = gram_loss(
                features, self.targets[layer], form=recipe.style_form, rounded=True
            )
        if self.colors is not None:
            terms["color"] = palette_loss(image, self.colors) / self.unit
        if recipe.tv_weight:
            variation = total_variation(image, form=recipe.tv_form, reduction=recipe.tv_reduction)
            terms["tv"] = variation / (len(image) if recipe.tv_reduction == "sum" else 1)
        return terms

    def _features(self, image: Tensor, layers: Iterable[str]) -> dict[str, Tensor]:
        with self.autocast():
            return self.encoder(image, set(layers))


def pooled(features: Tensor, count: int | None = None) -> Tensor:
    """Lay feature maps (N, C, H, W), or each `count` of them, below each other: (N / count, C, count * H, W).

    The Gram matrix of such a map is that of all positions of its pictures. Together they must then have what
    a painting has; none has to have all of it, an empty sky least of all. Nothing is copied where the maps
    are in channels_last.
    """
    groups = features.view(-1, count or len(features), *features.shape[1:])
    return groups.transpose(1, 2).flatten(2, 3)


def published_weights(recipe: TrainRecipe, encoder: VGG) -> dict[str, float]:
    """Return what a recipe multiplies each term by, before any calibration.

    Where the encoder takes brighter pictures than the one that the recipe was published for, its features are
    larger by about that factor, content losses by its square, and those of Gram matrices by its fourth power.
    """
    brighter = 1.0
    if recipe.units is not None:
        brighter = INPUT_SCALE[_units(encoder)] / INPUT_SCALE[recipe.units]
    weights = {
        f"content/{layer}": recipe.content_weight * weight / brighter**2
        for layer, weight in recipe.content_layers.items()
    }
    for layer, weight in recipe.style_layers.items():
        weights[f"style/{layer}"] = recipe.style_weight * weight / brighter**4
    weights["color"] = recipe.color_weight
    weights["tv"] = recipe.tv_weight * recipe.tv_factor
    weights["tone"] = recipe.tone_weight
    weights["tint"] = recipe.tint_weight
    weights["grain"] = recipe.grain_weight
    return {name: weight for name, weight in weights.items() if weight}


def _units(encoder: VGG) -> Units:
    return "caffe" if encoder.preprocessing.scale == CAFFE.scale else "torchvision"
