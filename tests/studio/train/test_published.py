"""Recipes: their constants against their sources, worked out by hand, and how settings change them."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import ConfigError
from impasto.studio import losses
from impasto.studio.encoders import tiny_encoder
from impasto.studio.encoders.vgg import CAFFE
from impasto.studio.networks import NetworkConfig
from impasto.studio.train import RECIPES, TrainConfig, TrainRecipe
from impasto.studio.train import recipe as recipe_module
from impasto.studio.train.published import resolve, weights_at_hand
from impasto.studio.train.schedule import total_steps
from impasto.studio.train.task import StyleTask, published_weights

LAYERS = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")


def noise(seed: int, batch: int = 1, size: int = 32) -> Tensor:
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(seed))


def gram(features: Tensor) -> Tensor:
    flat = features.flatten(2)
    return flat @ flat.mT


def seen(picture: Tensor) -> dict[str, Tensor]:
    return tiny_encoder()(picture, LAYERS)


def task_of(recipe: TrainRecipe, style: Tensor) -> StyleTask:
    return StyleTask(tiny_encoder(), recipe, style, torch.no_grad)


def total(recipe: TrainRecipe, output: Tensor, photos: Tensor, style: Tensor) -> float:
    return sum(term.item() for term in task_of(recipe, style)(output, photos).values())


def test_pytorch_examples_is_what_that_program_minimizes() -> None:
    output, photos, style = noise(1, 2), noise(2, 2), noise(3)
    made, wanted, target = seen(output), seen(photos), seen(style)
    expected = 1e5 * F.mse_loss(made["relu2_2"], wanted["relu2_2"])
    for layer in LAYERS:
        _, c, h, w = made[layer].shape
        goal = gram(target[layer]) / (c * h * w)
        expected += 1e10 * F.mse_loss(gram(made[layer]) / (c * h * w), goal.expand(2, -1, -1))
    found = total(RECIPES["pytorch-examples"], output, photos, style)
    assert found == pytest.approx(expected.item(), rel=1e-4)


def test_transnet_takes_gram_matrices_as_they_are() -> None:
    output, photos, style = noise(1, 2), noise(2, 2), noise(3)
    made, wanted, target = seen(output), seen(photos), seen(style)
    expected = F.mse_loss(made["relu2_2"], wanted["relu2_2"])
    for layer in LAYERS:
        expected += 8e-9 * F.mse_loss(gram(made[layer]), gram(target[layer]).expand(2, -1, -1))
    assert total(RECIPES["transnet"], output, photos, style) == pytest.approx(expected.item(), rel=1e-4)


def test_johnson_sums_total_variation_on_bytes() -> None:
    output, photos, style = noise(1, 2), noise(2, 2), noise(3)
    recipe = replace(RECIPES["johnson"], units="torchvision")  # as the tiny encoder has it
    terms = task_of(recipe, style)(output, photos)
    pixels = 255 * output
    down, across = pixels.diff(dim=2).square().sum(), pixels.diff(dim=3).square().sum()
    assert terms["tv"].item() == pytest.approx(1e-6 / 2 * (down + across).item() / 2 * 4, rel=1e-4)
    content = F.mse_loss(seen(output)["relu2_2"], seen(photos)["relu2_2"])
    assert terms["content/relu2_2"].item() == pytest.approx(content.item(), rel=1e-4)
    features, goal = seen(output)["relu4_3"], seen(style)["relu4_3"]
    elements = features[0].numel()
    style_loss = 5 * F.mse_loss(gram(features) / elements, (gram(goal) / elements).expand(2, -1, -1))
    assert terms["style/relu4_3"].item() == pytest.approx(style_loss.item(), rel=1e-4)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
def test_layers_are_those_of_the_paper_or_our_own_and_exist_in_every_encoder(recipe: TrainRecipe) -> None:
    own = {"relu2_2": 0.15, "relu3_3": 0.6, "relu4_3": 0.25}
    assert dict(recipe.content_layers) == (own if recipe.name == "impasto" else {"relu2_2": 1.0})
    assert recipe.style_pooled == (recipe.name == "impasto")
    assert tuple(recipe.style_layers) == LAYERS
    assert set(LAYERS) < set(tiny_encoder().layer_names)


def test_what_was_published() -> None:
    johnson, examples, transnet = (RECIPES[name] for name in ("johnson", "pytorch-examples", "transnet"))
    assert (johnson.batch, johnson.size, johnson.learning_rate, johnson.iterations) == (4, 256, 1e-3, 40_000)
    assert johnson.network == NetworkConfig(
        name="johnson", norm="batch", upsampling="transposed", residual="valid"
    )
    assert (examples.batch, examples.size, examples.learning_rate, examples.epochs) == (4, 256, 1e-3, 2)
    assert examples.tv_weight == 0
    assert (transnet.batch, transnet.learning_rate, transnet.network.name) == (2, 1e-3, "transnet")
    assert RECIPES["impasto"].network.name == "compact"
    assert all(
        recipe.schedule == "constant" and not recipe.growth for recipe in (johnson, examples, transnet)
    )


def test_two_epochs_are_counted_in_photos() -> None:
    def steps(max_images: int | None, iterations: int | None) -> int:
        recipe = RECIPES["pytorch-examples"]
        return total_steps(recipe, photos=9, images_a_step=4, max_images=max_images, iterations=iterations)

    assert steps(None, None) == 5
    assert steps(10, None) == 3
    assert steps(None, 7) == 7
    assert steps(10, 7) == 3


def test_weights_are_scaled_to_encoders_that_take_brighter_pictures() -> None:
    recipe = RECIPES["pytorch-examples"]
    encoder = tiny_encoder()
    plain = published_weights(recipe, encoder)
    encoder.preprocessing = CAFFE
    bright = published_weights(recipe, encoder)
    factor = 255 * 0.226
    assert plain["content/relu2_2"] == 1e5
    assert bright["content/relu2_2"] == pytest.approx(1e5 / factor**2)
    assert bright["style/relu1_2"] == pytest.approx(1e10 / factor**4)
    default = RECIPES["impasto"]
    assert published_weights(default, encoder) == published_weights(default, tiny_encoder())


def test_settings_take_the_place_of_the_recipe_s() -> None:
    config = TrainConfig(
        recipe="pytorch-examples", batch=2, iterations=9, style_size=300, norm="batch", style_weight=3.0
    )
    recipe = resolve(config)
    assert (recipe.batch, recipe.iterations, recipe.epochs) == (2, 9, None)
    assert (recipe.style_fit, recipe.style_size, recipe.style_weight) == ("longest", 300, 3.0)
    assert recipe.network.norm == "batch"
    assert recipe.network.output == "clamp"
    assert resolve(TrainConfig()) == RECIPES["impasto"]


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"no training recipe 'jonson'.*did you mean johnson\?"):
        resolve(TrainConfig(recipe="jonson"))
    with pytest.raises(ConfigError, match="content or style weighs nothing"):
        resolve(TrainConfig(style_layers={"relu1_1": 0.0}))


def test_weights_that_would_be_downloaded_are_stood_in_for() -> None:
    assert weights_at_hand("vgg16-torchvision") == "vgg19-original"
    assert weights_at_hand("vgg19-original") == "vgg19-original"
    assert weights_at_hand("tiny") == "tiny"


def test_forms_are_those_of_the_losses() -> None:
    assert get_args(recipe_module.StyleForm) == get_args(losses.StyleForm)
    assert get_args(recipe_module.ContentForm) == get_args(losses.ContentForm)
    assert get_args(recipe_module.TVForm) == get_args(losses.VariationForm)
