"""Recipes: complete configurations of an optimization, the published ones exact, and the default."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from impasto.errors import ConfigError
from impasto.studio.paint.config import Pooling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from impasto.studio.paint.config import OptimizerName, PaintConfig

ContentForm: TypeAlias = Literal["mean", "half-sum", "gradient-normalized"]
StyleForm: TypeAlias = Literal[
    "gatys",
    "johnson",
    "positions",
    "elements-mean",
    "tutorial",
    "layer",
    "gradient-normalized",
    "wasserstein",
]
TVForm: TypeAlias = Literal["l1", "l2", "nine-point"]
Unit: TypeAlias = Literal["unit", "byte", "standardized"]
StyleFit: TypeAlias = Literal["longest", "native", "content"]


def _equal(*layers: str, weight: float = 1.0) -> Mapping[str, float]:
    return MappingProxyType(dict.fromkeys(layers, weight))


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides how pixels are optimized, but for the pictures, the seed and the machine."""

    name: str
    """What the recipe is called on the command line."""

    source: str
    """Where it was published."""

    weights: str = "vgg19-original"
    """Encoder weights."""

    pooling: Pooling = "max"
    """How the encoder halves its maps."""

    rescale_pooling: bool = False
    """Keep the activations' scale when pooling is not max."""

    padding: Literal["zero", "replicate"] = "zero"
    """What the encoder's convolutions see beyond the border."""

    centered: bool = True
    """Subtract the mean color that the weights were trained with."""

    content_form: ContentForm = "mean"
    """How content features are compared."""

    content_layers: Mapping[str, float]
    """Content layers and their weights."""

    content_weight: float
    """Weight of the whole content term."""

    style_form: StyleForm
    """How style statistics are normalized and compared."""

    style_layers: Mapping[str, float]
    """Style layers and their weights."""

    style_weight: float
    """Weight of the whole style term."""

    histogram_weight: float = 0.0
    """Weight of the feature-histogram loss over `histogram_layers`."""

    histogram_layers: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Layers of the feature-histogram loss and their weights."""

    balance: bool = False
    """Divide each layer's term by the mean square of its target, so that layers and encoders weigh alike."""

    prescale: bool = False
    """Multiply features and Gram matrices by their weight before comparing them, not the loss after."""

    tv_form: TVForm = "l2"
    """Form of the total variation."""

    tv_weight: float = 0.0
    """Weight of the total variation loss."""

    tv_reduction: Literal["mean", "sum"] = "mean"
    """Whether the total variation is a mean or a sum over pixels."""

    tv_factor: float = 1.0
    """Constant factor of the total variation: carries the units that a recipe was published in."""

    unit: Unit = "unit"
    """Units of the variable that the optimizer moves: [0, 1], 0..255, or ImageNet's standard deviations."""

    spectrum: float = 0.0
    """Exponent of the variable's 1/f frequency weights; 0 moves pixels themselves. See `Canvas`."""

    transport: float = 0.0
    """Share of each size's evaluations that come first and match style as `wasserstein` does.

    Whatever the form is. Its gradient carries features straight to the style's distribution, in all
    directions alike; the gradient of a Gram loss all but ignores those of small variance. The rest of the
    evaluations then have less left to do.
    """

    init: str = "content"
    """Picture to start from."""

    noise: float = 0.25
    """Standard deviation of a noise start, in [0, 1] pixel values, around mid-gray."""

    optimizer: OptimizerName = "lbfgs"
    """What moves the variable."""

    learning_rate: float = 1.0
    """Step size of the optimizer, in the variable's units."""

    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of Adam's moments."""

    history: int = 100
    """Pairs that L-BFGS remembers."""

    clamp: Literal["no", "before", "after"] = "no"
    """Hold the picture in [0, 1]: never, before each evaluation, or after each step."""

    average: float = 0.0
    """Decay of the running average of iterates that is the result; 0 takes the last iterate."""

    size: int | tuple[int, int] = 512
    """Longest side in pixels, or the exact (height, width) that pictures are squashed to."""

    iterations: int = 500
    """Evaluations at the final size."""

    coarsest: int | None = None
    """Longest side of the first, smallest picture; None works at the final size alone."""

    growth: float = 2**0.5
    """Ratio between successive sizes."""

    effort: float = 1.0
    """How many times more evaluations each coarser size takes than the next finer one."""

    style_fit: StyleFit = "longest"
    """Size of the style: longest side as the result's; so, but never enlarged; or the result's own."""

    style_scale: float = 1.0
    """Size of the style against the result."""


_CONVS = _equal("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
_RELUS = _equal("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")

IMPASTO = Recipe(
    name="impasto",
    source="this project; docs/recipes.md says what each choice was measured to give",
    balance=True,
    content_form="mean",
    content_layers=_equal("relu4_2"),
    content_weight=1.0,
    style_form="wasserstein",
    style_layers=_RELUS,
    style_weight=5.0,
    init="content",
    optimizer="lbfgs",
    unit="byte",
    spectrum=0.4,
    history=30,
    iterations=25,
    coarsest=128,
    effort=1.3,
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
    "lbfgs": {"learning_rate": 1.0, "unit": "byte", "average": 0.0},
}
"""What else changes with an optimizer that is not the recipe's own: steps and units that suit it."""


def find_recipe(name: str) -> Recipe:
    """Return a published recipe by its name.

    Raises:
        ConfigError: For a name that no recipe has; it lists those that exist.
    """
    if name in RECIPES:
        return RECIPES[name]
    close = get_close_matches(name, RECIPES, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ConfigError(f"no recipe {name!r}; choose one of {', '.join(RECIPES)}{hint}")


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
