"""What is minimized at one size: the recipe's losses against the targets of one content and its styles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.losses import (
    ContentLoss,
    GramLoss,
    HistogramLoss,
    PerceptualLoss,
    Term,
    TotalVariationLoss,
    WassersteinLoss,
    blend_moments,
    channel_quantiles,
    channel_statistics,
    gram_target,
)

if TYPE_CHECKING:
    from impasto.studio.encoders import VGG
    from impasto.studio.paint.recipe import Recipe

Styles = Sequence[tuple[Tensor, float]]
"""Style pictures `(1, 3, H, W)`, each with its share of the blend; shares add up to 1."""

UNHEARD = 1e-3
"""Least share of the style loss that transport works on; left out is often the deepest, costliest layer."""


class Glance:
    """An encoder that looks at each picture once: for the losses that are made before the work begins.

    Pictures are told apart as objects. Under autograd it keeps nothing.

    Args:
        encoder: What it looks through.
        recipe: Whose layers it looks at.
    """

    def __init__(self, encoder: VGG, recipe: Recipe) -> None:
        self.encoder, self.layer_names = encoder, encoder.layer_names
        asked = (recipe.content_layers, recipe.style_layers, recipe.histogram_layers)
        self.layers = {layer for layers in asked for layer in _present(layers)}
        self.seen: list[tuple[Tensor, dict[str, Tensor]]] = []

    def __call__(self, image: Tensor, layers: Collection[str]) -> dict[str, Tensor]:
        """Return feature maps by layer, as `VGG` does."""
        if torch.is_grad_enabled() or not self.layers.issuperset(layers):
            return self.encoder(image, layers)
        for picture, features in self.seen:
            if picture is image:
                return {layer: features[layer] for layer in features if layer in layers}
        self.seen.append((image, self.encoder(image, self.layers)))
        return self(image, layers)


class Objective:
    """The loss of a picture, by term.

    Args:
        encoder: What the losses see through.
        recipe: Which losses, over which layers, with which weights.
        content: What is painted, `(1, 3, H, W)` in [0, 1] at the size that is worked at; None for a texture.
        styles: In whose style.
        bf16: Run the encoder in bfloat16; the losses stay in float32.
    """

    def __init__(
        self,
        encoder: VGG | Glance,
        recipe: Recipe,
        content: Tensor | None,
        styles: Styles,
        *,
        bf16: bool = False,
    ):
        self.encoder, self.bf16 = encoder, bf16
        with torch.no_grad():
            terms = [*self._content_terms(recipe, content), *self._style_terms(recipe, styles)]
            if recipe.histogram_weight:
                terms += self._histogram_terms(recipe, styles)
        if recipe.tv_weight:
            loss = TotalVariationLoss(form=recipe.tv_form, reduction=recipe.tv_reduction)
            terms.append(
                Term(name="tv", layer="image", loss=loss, weight=recipe.tv_weight * recipe.tv_factor)
            )
        self.loss = PerceptualLoss(terms)
        self.layers = [layer for layer in self.loss.layers if layer != "image"]

    def __call__(self, image: Tensor) -> dict[str, Tensor]:
        """Return the weighted terms, by `name/layer`, of an image `(1, 3, H, W)`."""
        terms: dict[str, Tensor] = self.loss({**self._features(image, self.layers), "image": image})
        return terms

    def _features(self, image: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        with torch.autocast(image.device.type, torch.bfloat16, enabled=self.bf16):
            return self.encoder(image, layers)

    def _content_terms(self, recipe: Recipe, content: Tensor | None) -> list[Term]:
        if content is None or not recipe.content_weight:
            return []
        layers = _present(recipe.content_layers)
        features = self._features(content, list(layers))
        terms = []
        for layer, weight in layers.items():
            make = partial(ContentLoss, features[layer], form=recipe.content_form)
            energy = _energy(features[layer]) if recipe.balance else 1.0
            share = recipe.content_weight * weight / energy
            terms.append(_weighted("content", layer, share, make, prescale=recipe.prescale))
        return terms

    def _style_terms(self, recipe: Recipe, styles: Styles) -> list[Term]:
        if not recipe.style_weight:
            return []
        layers = _present(recipe.style_layers)
        seen = [(self._features(style, list(layers)), share) for style, share in styles]
        gram = recipe.style_form != "wasserstein"
        make, prescale = (_gram, recipe.prescale) if gram else (_wasserstein, False)
        terms = []
        for layer, weight in layers.items():
            maps = [(features[layer], share) for features, share in seen]
            energy = sum(share * _energy(features) for features, share in maps) if recipe.balance else 1.0
            share = recipe.style_weight * weight / energy
            terms.append(_weighted("style", layer, share, make(recipe, maps), prescale=prescale))
        return terms

    def _histogram_terms(self, recipe: Recipe, styles: Styles) -> list[Term]:
        layers = _present(recipe.histogram_layers)
        seen = [(self._features(style, list(layers)), share) for style, share in styles]
        terms = []
        for layer, weight in layers.items():
            quantiles = _blend_quantiles([(channel_quantiles(maps[layer]), share) for maps, share in seen])
            terms.append(
                Term(
                    name="histogram",
                    layer=layer,
                    loss=HistogramLoss(quantiles),
                    weight=recipe.histogram_weight * weight,
                )
            )
        return terms


def _present(layers: Mapping[str, float]) -> dict[str, float]:
    """Leave out layers of weight 0: they cost time and change nothing."""
    return {layer: weight for layer, weight in layers.items() if weight}


def _weighted(
    name: str, layer: str, weight: float, make: Callable[..., nn.Module], *, prescale: bool
) -> Term:
    """Put a weight where the recipe has it: before the comparison, or after."""
    if prescale:
        return Term(name=name, layer=layer, loss=make(prescale=weight), weight=1.0)
    return Term(name=name, layer=layer, loss=make(), weight=weight)


def _energy(features: Tensor) -> float:
    """Return the mean square of a map: what a loss on it is in proportion to."""
    return max(float(features.float().square().mean()), 1e-12)


def _gram(recipe: Recipe, maps: Styles) -> Callable[..., nn.Module]:
    form = recipe.style_form
    assert form != "wasserstein"
    target = _blend([(gram_target(features, form=form), share) for features, share in maps])
    return partial(GramLoss, target, form=form)


def _wasserstein(_: Recipe, maps: Styles) -> Callable[..., nn.Module]:
    moments = blend_moments(
        [channel_statistics(features) for features, _ in maps], [share for _, share in maps]
    )
    return partial(WassersteinLoss, *moments)


def _blend_quantiles(targets: Styles) -> Tensor:
    """Blend as many quantiles as the largest style has: a small map has fewer positions than are kept."""
    most = max(target.shape[2] for target, _ in targets)
    return _blend([(F.interpolate(target, most, mode="linear"), share) for target, share in targets])


def _blend(targets: Styles) -> Tensor:
    return torch.stack([share * target for target, share in targets]).sum(0)


@torch.no_grad()
def heard(
    encoder: VGG | Glance,
    recipe: Recipe,
    content: Tensor | None,
    styles: Styles,
    image: Tensor,
    *,
    bf16: bool = False,
) -> Recipe:
    """Return the recipe without the deepest style layers, if they have no share in the loss of `image`.

    Args:
        encoder: As of `Objective`.
        recipe: As of `Objective`.
        content: As of `Objective`.
        styles: As of `Objective`.
        image: A picture not yet in the style, `(1, 3, H, W)`.
        bf16: As of `Objective`.
    """
    if not recipe.style_weight:
        return recipe
    shares = _shares(Objective(encoder, recipe, content, styles, bf16=bf16)(image))
    loud = [index for index, name in enumerate(encoder.layer_names) if shares.get(name, 0.0) >= UNHEARD]
    names = encoder.layer_names[: max(loud) + 1] if loud else encoder.layer_names
    return replace(
        recipe,
        style_layers={layer: weight for layer, weight in recipe.style_layers.items() if layer in names},
    )


@torch.no_grad()
def transported(
    encoder: VGG | Glance,
    recipe: Recipe,
    content: Tensor | None,
    styles: Styles,
    image: Tensor,
    *,
    bf16: bool = False,
) -> Recipe:
    """Return the recipe with its style in the Wasserstein form, each term as large on `image` as it was.

    Or `transport_weight` times as large; terms that are all but 0 there are left out.

    Args:
        encoder: As of `Objective`.
        recipe: As of `Objective`.
        content: As of `Objective`.
        styles: As of `Objective`.
        image: Where the two forms are made equal, `(1, 3, H, W)`: a picture not yet in the style.
        bf16: As of `Objective`.
    """
    if not recipe.style_weight:
        return recipe
    layers = _present(recipe.style_layers)
    plain = replace(
        recipe,
        style_form="wasserstein",
        style_weight=1.0,
        style_layers=dict.fromkeys(layers, 1.0),
        prescale=False,
    )
    own = Objective(encoder, recipe, content, styles, bf16=bf16)(image)
    moved = Objective(encoder, plain, content, styles, bf16=bf16)(image)
    ratios = {
        layer: float(own[f"style/{layer}"]) / max(float(moved[f"style/{layer}"]), 1e-12)
        for layer, share in _shares(own).items()
        if share >= UNHEARD
    }
    return replace(plain, style_weight=recipe.transport_weight, style_layers=ratios, prescale=recipe.prescale)


def _shares(losses: Mapping[str, Tensor]) -> dict[str, float]:
    """Return each style layer's share of the style loss; all have all of a loss of 0."""
    style = {key.removeprefix("style/"): float(loss) for key, loss in losses.items() if key[:6] == "style/"}
    total = sum(style.values())
    return {layer: loss / total if total else 1.0 for layer, loss in style.items()}
