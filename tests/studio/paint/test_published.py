"""Published recipes: their constants, and each term against its formula, worked out in plain NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from impasto.errors import ConfigError
from impasto.studio import encoders, losses
from impasto.studio.encoders import VGG, tiny_encoder
from impasto.studio.encoders.vgg import CAFFE, TORCHVISION
from impasto.studio.paint import RECIPES, PaintConfig, Recipe
from impasto.studio.paint import config as config_module
from impasto.studio.paint import recipe as recipe_module
from impasto.studio.paint.objective import Objective
from impasto.studio.paint.published import SWITCHED, find_recipe, resolve

Array = NDArray[np.float64]
Features = dict[str, Array]

CONVS = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")
RELUS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
DEPTHS = (2, 2, 4, 4, 4)


def state() -> dict[str, torch.Tensor]:
    """Float64 weights of few channels; the biases are not zero, so that no layer is homogeneous."""
    generator = torch.Generator().manual_seed(8)
    convs = tiny_encoder(1).convs.items()
    found: dict[str, torch.Tensor] = {}
    for name, conv in convs:
        weight = conv.weight
        assert isinstance(weight, torch.Tensor)
        found[f"{name}.weight"] = weight.detach().double()
        found[f"{name}.bias"] = 0.1 * torch.randn(len(weight), generator=generator).double()
    return found


def encoder_of(recipe: Recipe) -> VGG:
    """What a job would load for the recipe, with few channels."""
    return VGG(
        "tiny",
        state(),
        CAFFE if recipe.weights == "vgg19-original" else TORCHVISION,
        pooling=recipe.pooling,
        rescale_pooling=recipe.rescale_pooling,
        padding=recipe.padding,
        centered=recipe.centered,
    ).double()


def network(image: torch.Tensor, pool: Callable[[torch.Tensor, int], torch.Tensor]) -> Features:
    """Every layer of VGG-19 as Simonyan & Zisserman draw it: (C, M) maps by name."""
    weights = state()
    found: Features = {}
    for block, depth in enumerate(DEPTHS, 1):
        image = pool(image, 2) if block > 1 else image
        for index in range(1, depth + 1):
            name = f"{block}_{index}"
            image = F.conv2d(image, weights[f"conv{name}.weight"], weights[f"conv{name}.bias"], padding=1)
            found[f"conv{name}"] = image[0].flatten(1).numpy()
            image = image.relu()
            found[f"relu{name}"] = image[0].flatten(1).numpy()
    return found


def caffe(image: torch.Tensor) -> torch.Tensor:
    blue, green, red = image[0, 2] * 255, image[0, 1] * 255, image[0, 0] * 255
    return torch.stack([blue - 103.939, green - 116.779, red - 123.68])[None]


def imagenet(image: torch.Tensor) -> torch.Tensor:
    means, deviations = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return torch.stack([(image[0, c] - means[c]) / deviations[c] for c in range(3)])[None]


def pictures(*sizes: tuple[int, int]) -> Sequence[torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return [torch.rand(1, 3, *size, generator=generator, dtype=torch.float64) for size in sizes]


def terms_of(
    recipe: Recipe, image: torch.Tensor, content: torch.Tensor, style: torch.Tensor
) -> dict[str, float]:
    objective = Objective(encoder_of(recipe), recipe, content, [(style, 1.0)])
    return {name: term.item() for name, term in objective(image).items()}


def test_gatys_by_its_equations() -> None:
    image, content, style = pictures((32, 48), (32, 48), (32, 48))
    f, p, a = (network(caffe(x), F.avg_pool2d) for x in (image, content, style))
    expected = {"content/conv4_2": 1.0 * 0.5 * ((f["conv4_2"] - p["conv4_2"]) ** 2).sum()}  # equation 1
    for layer in CONVS:
        channels, positions = f[layer].shape
        gram, wanted = f[layer] @ f[layer].T, a[layer] @ a[layer].T  # equation 3
        error = ((gram - wanted) ** 2).sum() / (4 * channels**2 * positions**2)  # equation 4
        expected[f"style/{layer}"] = 1e3 * error / 5  # equations 5 and 7, alpha / beta = 1e-3
    assert terms_of(RECIPES["gatys"], image, content, style) == pytest.approx(expected, rel=1e-5)


def test_neural_style_by_its_code() -> None:
    image, content, style = pictures((32, 48), (32, 48), (40, 32))
    f, p, a = (network(caffe(x), F.max_pool2d) for x in (image, content, style))
    expected = {"content/relu4_2": 5 * ((f["relu4_2"] - p["relu4_2"]) ** 2).mean()}
    for layer in RELUS:
        grams = [features[layer] @ features[layer].T / features[layer].size for features in (f, a)]
        expected[f"style/{layer}"] = 100 * ((grams[0] - grams[1]) ** 2).mean()
    found = terms_of(RECIPES["neural-style"], image, content, style)
    found.pop("tv/image")
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_variation_of_neural_style_has_the_gradient_of_its_code() -> None:
    recipe = replace(RECIPES["neural-style"], content_weight=0.0, style_weight=0.0)
    image, other = pictures((9, 11), (9, 11))
    levels = (image * 255).requires_grad_()
    loss = Objective(encoder_of(recipe), recipe, other, [(other, 1.0)])(levels / 255)
    assert list(loss) == ["tv/image"]
    (gradient,) = torch.autograd.grad(loss["tv/image"], levels)
    # TVLoss:updateGradInput on x in 0..255: differences to the right and below, added where they start and
    # taken away where they end, times the strength.
    x = (image * 255)[0].numpy()
    across, down = x[:, :-1, :-1] - x[:, :-1, 1:], x[:, :-1, :-1] - x[:, 1:, :-1]
    wanted = np.zeros_like(x)
    wanted[:, :-1, :-1] += across + down
    wanted[:, :-1, 1:] -= across
    wanted[:, 1:, :-1] -= down
    inner = (slice(None), slice(1, -1), slice(1, -1))  # its border lacks the last row's and column's own
    np.testing.assert_allclose(gradient[0].numpy()[inner], 1e-3 * wanted[inner], rtol=1e-6, atol=1e-9)


def test_pytorch_tutorial_by_its_code() -> None:
    image, content, style = pictures((32, 48), (32, 48), (32, 48))
    f, p, a = (network(x, F.max_pool2d) for x in (image, content, style))  # straight in [0, 1], RGB

    def gram(features: Array) -> Array:
        return features @ features.T / features.size  # a * b * c * d for a batch of 1

    expected = {"content/conv2_2": ((f["conv2_2"] * 1 - p["conv2_2"] * 1) ** 2).mean()}
    for layer in ("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"):
        difference = gram(f[layer]) * 1000 - gram(a[layer]) * 1000  # weights multiply what is compared
        expected[f"style/{layer}"] = (difference**2).mean()
    assert terms_of(RECIPES["pytorch-tutorial"], image, content, style) == pytest.approx(expected, rel=1e-5)


def test_the_weight_of_the_tutorial_works_squared() -> None:
    image, content, style = pictures((32, 32), (32, 32), (32, 32))
    twice = replace(RECIPES["pytorch-tutorial"], content_weight=2.0)
    ratio = [terms_of(r, image, content, style)["content/conv2_2"] for r in (twice, RECIPES[twice.name])]
    assert ratio[0] / ratio[1] == pytest.approx(4)


def test_multi_layer_by_its_code() -> None:
    image, content, style = pictures((32, 48), (32, 48), (32, 48))
    f, p, a = (network(imagenet(x), F.max_pool2d) for x in (image, content, style))
    expected: dict[str, float] = {}
    for layer in CONVS:
        expected[f"content/{layer}"] = ((f[layer] - p[layer]) ** 2).mean()
        grams = [features[layer] @ features[layer].T for features in (f, a)]
        expected[f"style/{layer}"] = 100 * ((grams[0] - grams[1]) ** 2).mean() / f[layer].size
    assert terms_of(RECIPES["multi-layer"], image, content, style) == pytest.approx(expected, rel=1e-5)


CONSTANTS: dict[str, dict[str, Any]] = {
    "gatys": {
        "weights": "vgg19-original", "pooling": "average", "rescale_pooling": False, "padding": "zero",
        "centered": True, "content_weight": 1.0, "style_weight": 1000.0, "tv_weight": 0.0, "init": "noise",
        "optimizer": "lbfgs", "learning_rate": 1.0, "clamp": "no", "size": 512, "coarsest": None,
        "style_fit": "content", "average": 0.0, "spectrum": 0.0, "transport": 0.0, "histogram_weight": 0.0,
        "balance": False, "prescale": False,
    },
    "neural-style": {
        "weights": "vgg19-original", "pooling": "max", "padding": "zero", "centered": True,
        "content_weight": 5.0, "style_weight": 100.0, "tv_weight": 1e-3, "init": "noise",
        "noise": 0.001 / 255, "optimizer": "lbfgs", "learning_rate": 1.0, "history": 100, "clamp": "no",
        "size": 512, "iterations": 1000, "coarsest": None, "style_fit": "longest", "style_scale": 1.0,
        "unit": "byte", "average": 0.0, "spectrum": 0.0, "transport": 0.0, "histogram_weight": 0.0,
        "balance": False, "prescale": False,
    },
    "pytorch-tutorial": {
        "weights": "vgg19-torchvision", "pooling": "max", "padding": "zero", "centered": False,
        "content_weight": 1.0, "style_weight": 1000.0, "tv_weight": 0.0, "init": "content",
        "optimizer": "lbfgs", "learning_rate": 1.0, "clamp": "before", "size": (512, 512), "iterations": 300,
        "coarsest": None, "style_fit": "content", "unit": "unit", "average": 0.0, "spectrum": 0.0,
        "transport": 0.0, "histogram_weight": 0.0, "balance": False, "prescale": True,
    },
    "multi-layer": {
        "weights": "vgg19-torchvision", "pooling": "max", "padding": "zero", "centered": True,
        "content_weight": 1.0, "style_weight": 100.0, "tv_weight": 0.0, "init": "content",
        "optimizer": "adam", "learning_rate": 0.003, "betas": (0.5, 0.999), "clamp": "no", "size": 400,
        "iterations": 2000, "coarsest": None, "style_fit": "content", "unit": "standardized", "average": 0.0,
        "spectrum": 0.0, "transport": 0.0, "histogram_weight": 0.0, "balance": False, "prescale": False,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", CONSTANTS)
def test_the_constants_are_those_published(name: str) -> None:
    recipe = RECIPES[name]
    assert {key: getattr(recipe, key) for key in CONSTANTS[name]} == CONSTANTS[name]
    assert recipe.source


def test_recipes_are_known_by_name() -> None:
    assert list(RECIPES) == ["impasto", "gatys", "neural-style", "pytorch-tutorial", "multi-layer"]
    assert all(recipe.name == name for name, recipe in RECIPES.items())
    assert PaintConfig().recipe in RECIPES


def test_an_unknown_recipe_is_refused_with_those_that_exist() -> None:
    with pytest.raises(
        ConfigError, match=r"no recipe 'gaty'; choose one of impasto, .*; did you mean gatys\?"
    ):
        find_recipe("gaty")
    with pytest.raises(ConfigError, match=r"multi-layer$"):
        resolve(PaintConfig(recipe="zzz"))


def test_resolve_without_changes_is_the_recipe() -> None:
    assert all(resolve(PaintConfig(recipe=name)) == recipe for name, recipe in RECIPES.items())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", (30, 40)),
        ("iterations", 7),
        ("content_weight", 0.0),
        ("style_weight", 2.5),
        ("tv_weight", 3.5),
        ("content_layers", {"relu3_1": 2.0}),
        ("style_layers", {"relu2_1": 2.0}),
        ("pooling", "l2"),
        ("init", "style-stats"),
        ("weights", "tiny"),
        ("style_scale", 1.5),
    ],
)
def test_each_setting_replaces_the_recipes_own_and_nothing_else(name: str, value: Any) -> None:
    recipe = resolve(PaintConfig(recipe="neural-style", **{name: value}))
    assert recipe == replace(RECIPES["neural-style"], **{name: value})


def test_another_optimizer_brings_steps_and_units_that_suit_it() -> None:
    adam = resolve(PaintConfig(recipe="gatys", optimizer="adam"))
    assert adam == replace(RECIPES["gatys"], optimizer="adam", **SWITCHED["adam"])
    assert adam.learning_rate < 0.1
    lbfgs = resolve(PaintConfig(recipe="multi-layer", optimizer="lbfgs"))
    assert (lbfgs.optimizer, lbfgs.learning_rate, lbfgs.average) == ("lbfgs", 1.0, 0.0)


def test_the_recipes_own_optimizer_changes_nothing() -> None:
    assert resolve(PaintConfig(recipe="multi-layer", optimizer="adam")) == RECIPES["multi-layer"]


def test_a_texture_starts_from_the_colors_of_its_style() -> None:
    assert resolve(PaintConfig(recipe="pytorch-tutorial"), texture=True).init == "style-stats"
    assert resolve(PaintConfig(recipe="gatys"), texture=True).init == "noise"
    assert resolve(PaintConfig(recipe="pytorch-tutorial", init="noise"), texture=True).init == "noise"


def test_a_recipe_of_ones_own_stands_in(small: Recipe) -> None:
    assert resolve(PaintConfig(recipe="no such recipe", iterations=3), small) == replace(small, iterations=3)


def test_recipes_know_the_forms_that_losses_and_encoders_take() -> None:
    assert get_args(recipe_module.ContentForm) == get_args(losses.ContentForm)
    assert set(get_args(recipe_module.StyleForm)) == {*get_args(losses.StyleForm), "wasserstein"}
    assert get_args(recipe_module.TVForm) == get_args(losses.VariationForm)
    assert get_args(config_module.Pooling) == get_args(encoders.Pooling)
