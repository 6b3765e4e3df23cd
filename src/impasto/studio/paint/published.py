"""Recipes by name: the published ones exact, and the default; and how settings change them."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from impasto.errors import ConfigError
from impasto.studio.paint.recipe import Recipe
from impasto.studio.settings import find_named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impasto.studio.paint.config import OptimizerName, PaintConfig


def _equal(*layers: str, weight: float = 1.0) -> Mapping[str, float]:
    return MappingProxyType(dict.fromkeys(layers, weight))


_CONVS = _equal("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
_RELUS = _equal("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

IMPASTO = Recipe(
    name="impasto",
    source="this project; docs/recipes.md says what each choice was measured to give",
    padding="replicate",
    balance=True,
    content_form="mean",
    content_layers=_equal("relu4_2"),
    content_weight=1.0,
    style_form="wasserstein",
    # Without relu5_1, which knows things by name: it laid the painting's own, such as a head, over the photo.
    style_layers=_equal("relu1_1", "relu2_1", "relu3_1", "relu4_1"),
    style_weight=4.0,
    init="content",
    optimizer="lbfgs",
    unit="picture",
    spectrum=0.2,
    history=30,
    reach=2.0,
    iterations=20,
    coarsest=128,
    effort=1.0,
    style_fit="native",
)

GATYS = Recipe(
    name="gatys",
    source=(
        "Gatys, Ecker & Bethge 2016, Image Style Transfer Using Convolutional Neural Networks, "
        "eq. 1-7 and figure 3"
    ),
    pooling="average",
    content_form="half-sum",
    content_layers=_equal("conv4_2"),
    content_weight=1.0,
    style_form="gatys",
    style_layers=_equal(*_CONVS, weight=1 / 5),
    style_weight=1e3,  # alpha / beta = 1e-3
    init="noise",
    unit="byte",
    iterations=1000,
    style_fit="content",
)

NEURAL_STYLE = Recipe(
    name="neural-style",
    source="J. Johnson 2015, neural_style.lua with its default flags",
    content_form="mean",
    content_layers=_equal("relu4_2"),
    content_weight=5.0,
    style_form="elements-mean",
    style_layers=_RELUS,
    style_weight=100.0,
    tv_weight=1e-3,
    tv_reduction="sum",
    tv_factor=255.0**2 / 2,  # its layer adds the gradient of half the sum of squares, on a 0..255 scale
    init="noise",
    noise=1e-3 / 255,
    unit="byte",
    iterations=1000,
)

PYTORCH_TUTORIAL = Recipe(
    name="pytorch-tutorial",
    source="A. Jacq 2017, Neural Transfer Using PyTorch, first edition",
    weights="vgg19-torchvision",
    centered=False,
    content_form="mean",
    content_layers=_equal("conv2_2"),
    content_weight=1.0,
    style_form="tutorial",
    style_layers=_equal("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"),
    style_weight=1000.0,
    prescale=True,
    init="content",
    clamp="before",
    size=(512, 512),
    iterations=300,
    style_fit="content",
)

MULTI_LAYER = Recipe(
    name="multi-layer",
    source="Y. Choi 2017, PyTorch Tutorial for Deep Learning Researchers, neural style transfer",
    weights="vgg19-torchvision",
    content_form="mean",
    content_layers=_CONVS,
    content_weight=1.0,
    style_form="layer",
    style_layers=_CONVS,
    style_weight=100.0,
    init="content",
    unit="standardized",
    optimizer="adam",
    learning_rate=3e-3,
    betas=(0.5, 0.999),
    size=400,
    iterations=2000,
    style_fit="content",
)

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {recipe.name: recipe for recipe in (IMPASTO, GATYS, NEURAL_STYLE, PYTORCH_TUTORIAL, MULTI_LAYER)}
)

SWITCHED: Mapping[OptimizerName, Mapping[str, Any]] = {
    "adam": {"learning_rate": 0.02, "betas": (0.9, 0.99), "unit": "unit", "spectrum": 0.0, "average": 0.99},
    "lbfgs": {"learning_rate": 1.0, "unit": "picture", "average": 0.0},
}
"""What else changes with an optimizer that is not the recipe's own: steps and units that suit it."""


def find_recipe(name: str) -> Recipe:
    """Return a published recipe by its name.

    Raises:
        ConfigError: For a name that no recipe has; it lists those that exist.
    """
    return find_named(name, RECIPES, "recipe")


def resolve(config: PaintConfig, recipe: Recipe | None = None, *, texture: bool = False) -> Recipe:
    """Return the recipe that a configuration asks for, with the configuration's own values in it.

    Args:
        config: Its fields that are not None replace the recipe's.
        recipe: Stands in for the one that `config` names.
        texture: Without content, what would start from it starts from noise of the style's colors.

    Raises:
        ConfigError: For a recipe that does not exist, or in which every weight is 0.
    """
    recipe = recipe or find_recipe(config.recipe)
    if texture and recipe.init == "content":
        recipe = replace(recipe, init="style-stats")
    if config.optimizer is not None and config.optimizer != recipe.optimizer:
        recipe = replace(recipe, **SWITCHED[config.optimizer])
    names = (
        "size", "iterations", "content_weight", "style_weight", "tv_weight", "content_layers", "style_layers",
        "pooling", "init", "optimizer", "weights", "style_scale",
    )  # fmt: skip
    given: dict[str, Any] = {
        name: getattr(config, name) for name in names if getattr(config, name) is not None
    }
    recipe = replace(recipe, **given)
    _check_terms(recipe, texture)
    return recipe


def _check_terms(recipe: Recipe, texture: bool) -> None:
    """Refuse a recipe in which nothing is left to minimize."""
    terms = [(recipe.style_weight, recipe.style_layers), (recipe.histogram_weight, recipe.histogram_layers)]
    if not texture:
        terms.append((recipe.content_weight, recipe.content_layers))
    if not recipe.tv_weight and not any(weight and any(layers.values()) for weight, layers in terms):
        raise ConfigError(
            "all weights are 0, which leaves nothing to do; give content_weight, style_weight or tv_weight a "
            "number over 0, and a layer too"
        )
