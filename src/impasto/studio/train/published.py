"""Training recipes by name: the published ones, and the default; and how settings change them."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from impasto.errors import ConfigError
from impasto.studio.networks.config import NetworkConfig
from impasto.studio.settings import find_named
from impasto.studio.train.recipe import TrainRecipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impasto.studio.train.config import TrainConfig


def _equal(*layers: str, weight: float = 1.0) -> Mapping[str, float]:
    return MappingProxyType(dict.fromkeys(layers, weight))


_CONTENT = _equal("relu2_2")
_STYLE = _equal("relu1_2", "relu2_2", "relu3_3", "relu4_3")  # of VGG-16, and of the same names in VGG-19

IMPASTO = TrainRecipe(
    name="impasto",
    source="this project; docs/models.md says what was tried",
    network=NetworkConfig(name="compact"),
    calibrate=True,
    # relu2_2 alone, as is published, holds a photo's own texture, and leaves strokes no room; without any of
    # it edges fray into steps of a few pixels.
    content_layers=MappingProxyType({"relu2_2": 0.15, "relu3_3": 0.6, "relu4_3": 0.25}),
    content_weight=1.0,
    style_form="positions",
    style_layers=_equal(*_STYLE, weight=1 / 4),
    style_weight=6.0,
    style_pooled=True,
    color_weight=2.0,
    tone_weight=2.0,
    tint_weight=1.0,
    grain_weight=2.0,
    tv_weight=0.05,
    style_fit="native",
    style_size=512,
    growth=((0.25, 0.5),),  # in small squares every part of a picture must have all that a painting has
    zoom=1.5,
    batch=4,
    iterations=1_000,
    schedule="one-cycle",
    learning_rate=2e-3,
    betas=(0.9, 0.99),
    clip=10.0,  # about what most photos' is; some have ten times as much, and one such step can be the end
)

JOHNSON = TrainRecipe(
    name="johnson",
    source=(
        "Johnson, Alahi & Fei-Fei 2016, Perceptual Losses for Real-Time Style Transfer, section 4.1; "
        "the weights of content and style are those of its program, fast-neural-style"
    ),
    network=NetworkConfig(name="johnson", norm="batch", upsampling="transposed", residual="valid"),
    weights="vgg19-original",  # of the same authors, program and scale as the VGG-16 of the paper
    units="caffe",
    content_layers=_CONTENT,
    content_weight=1.0,
    style_form="elements-mean",
    style_layers=_STYLE,
    style_weight=5.0,
    tv_weight=1e-6,  # the paper: 1e-6 to 1e-4, by the painting
    tv_reduction="sum",
    tv_factor=255.0**2 / 2 * 4,  # it adds the gradient of half the sum of squares of 4 photos, 0 to 255
    style_fit="shortest",
    style_size=256,
    center=True,
    iterations=40_000,
)

PYTORCH_EXAMPLES = TrainRecipe(
    name="pytorch-examples",
    source="pytorch/examples, fast_neural_style, with its default flags",
    network=NetworkConfig(name="johnson", norm="instance", upsampling="resize", output="clamp"),
    weights="vgg16-torchvision",
    units="torchvision",
    content_layers=_CONTENT,
    content_weight=1e5,
    style_form="elements-mean",
    style_layers=_STYLE,
    style_weight=1e10,
    style_fit="native",
    center=True,
    epochs=2,
)

TRANSNET = TrainRecipe(
    name="transnet",
    source="TransNet: MSE of un-normalized Gram matrices weighted 8e-9, Adam at 1e-3, batches of 2",
    network=NetworkConfig(name="transnet"),
    weights="vgg16-torchvision",
    units="torchvision",
    content_layers=_CONTENT,
    content_weight=1.0,
    style_form="plain-mean",
    style_layers=_STYLE,
    style_weight=8e-9,
    style_fit="square",  # without a normalization, both Gram matrices must be of equally many positions
    center=True,
    batch=2,
    epochs=2,
)

FALLBACK = "vgg19-original"
"""Encoder weights that are always there."""

RECIPES: Mapping[str, TrainRecipe] = MappingProxyType(
    {recipe.name: recipe for recipe in (IMPASTO, JOHNSON, PYTORCH_EXAMPLES, TRANSNET)}
)


def find_recipe(name: str) -> TrainRecipe:
    """Return a training recipe by its name.

    Raises:
        ConfigError: For a name that no recipe has; it lists those that exist.
    """
    return find_named(name, RECIPES, "training recipe")


def resolve(config: TrainConfig, recipe: TrainRecipe | None = None) -> TrainRecipe:
    """Return the recipe that a configuration asks for, with the configuration's own values in it.

    Args:
        config: Its fields that are not None replace the recipe's.
        recipe: Stands in for the one that `config` names.

    Raises:
        ConfigError: For a recipe that does not exist, or in which neither content nor style weighs anything.
    """
    recipe = recipe or find_recipe(config.recipe)
    names = (
        "size", "batch", "iterations", "learning_rate", "content_weight", "style_weight", "color_weight",
        "tone_weight", "tint_weight", "grain_weight", "tv_weight", "content_layers", "style_layers",
        "style_size", "style_scale", "underpainting", "weights",
    )  # fmt: skip
    given: dict[str, Any] = {
        name: getattr(config, name) for name in names if getattr(config, name) is not None
    }
    if config.iterations is not None or config.max_images is not None:
        given["epochs"] = None
    if config.style_size is not None:
        given["style_fit"] = "longest"
    recipe = replace(recipe, network=config.network_changes(recipe.network), **given)
    weighed = ((recipe.content_weight, recipe.content_layers), (recipe.style_weight, recipe.style_layers))
    if not all(weight and any(layers.values()) for weight, layers in weighed):
        raise ConfigError(
            "content or style weighs nothing, which teaches a network nothing of use; give content_weight "
            "and style_weight, and a layer of each, a number over 0"
        )
    return recipe


def weights_at_hand(weights: str) -> str:
    """Return the encoder weights that a recipe means, or where they would have to be downloaded, those here.

    `vgg19-original` comes with the studio. Its layers of the same names have as many convolutions before them
    in their block as VGG-16's, and as large features; see `TrainRecipe.units` for their scale.
    """
    from impasto.studio.encoders.weights import is_at_hand

    return weights if is_at_hand(weights) else FALLBACK
