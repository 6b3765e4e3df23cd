"""Settings and recipes of super-resolution trainings: what is refused, and what they come to."""

from dataclasses import fields
from typing import Any

import pytest

from impasto.errors import ConfigError
from impasto.image import Degradation
from impasto.studio.train import TrainConfig
from impasto.studio.train.superres import SUPER_RECIPES, SuperConfig
from impasto.studio.train.superres import recipe as recipe_module
from impasto.studio.train.superres.config import OF_EVERY_TRAINING, OF_THE_NETWORK, OF_THE_RECIPE


def test_by_default_it_is_what_the_paper_trains_with() -> None:
    recipe = SuperConfig().resolve()
    assert recipe == SUPER_RECIPES["superres"]
    assert (recipe.size, recipe.batch, recipe.iterations, recipe.schedule) == (288, 4, 20_000, "one-cycle")
    assert (dict(recipe.loss), recipe.pixel_form) == ({"pixel": 1.0}, "l1")
    assert dict(recipe.feature_layers) == {"relu2_2": 1.0}
    assert (recipe.network.name, recipe.network.factor, recipe.network.norm) == ("compact", 4, "none")


def test_the_published_recipe() -> None:
    recipe = SuperConfig(recipe="johnson", factor=8).resolve()
    network = recipe.network
    assert (network.name, network.norm, network.base, network.factor) == ("johnson", "batch", "none", 8)
    assert network.width == 64
    assert (recipe.degradation, dict(recipe.loss), recipe.schedule) == ("blur", {"feature": 1.0}, "constant")
    assert (recipe.batch, recipe.size, recipe.learning_rate, recipe.iterations) == (4, 288, 1e-3, 200_000)


def test_settings_go_before_the_recipes() -> None:
    config = SuperConfig(
        factor=2,
        loss={"pixel": 0.1, "feature": 1.0},
        degradation="blur",
        size=64,
        channels=8,
        network="johnson",
    )
    recipe = config.resolve()
    assert (recipe.degradation, recipe.size) == ("blur", 64)
    assert (recipe.network.name, recipe.network.factor, recipe.network.width) == ("johnson", 2, 8)
    assert config.changes() == {
        "factor": 2, "loss": {"pixel": 0.1, "feature": 1.0}, "degradation": "blur", "size": 64, "channels": 8,
        "network": "johnson",
    }  # fmt: skip


def test_every_setting_reaches_something() -> None:
    names = {field.name for field in fields(SuperConfig)}
    assert names - {*OF_EVERY_TRAINING, *OF_THE_NETWORK, *OF_THE_RECIPE} == {"recipe", "network", "start"}
    assert set(OF_EVERY_TRAINING) <= {field.name for field in fields(TrainConfig)}
    training = SuperConfig(batch=3, seed=5, held_out=1, max_minutes=2).training()
    assert (training.batch, training.seed, training.held_out, training.max_minutes) == (3, 5, 1, 2)
    assert training.small == "skip"  # a photo that was enlarged teaches to blur


def test_degradations_are_those_that_there_are() -> None:
    assert recipe_module.Degradation == Degradation


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"factor": 3}, "factor is 3; choose one of 2, 4, 8"),
        ({"recipe": "best"}, "no super-resolution recipe 'best'; choose one of superres, johnson"),
        (
            {"loss": {"pixels": 1.0}},
            "no loss 'pixels'; choose pixel, feature, texture, or pixel:0.1,feature:1,grid:1",
        ),
        ({"loss": {}}, "loss is {}; give weights of at least 0, not all of them 0"),
        ({"loss": {"pixel": 0.0}}, "not all of them 0"),
        ({"loss": {"grid": 1.0, "pixel": 0.0}}, "grid alone compares nothing to photos"),
        ({"loss": {"pixel": -1.0, "feature": 1.0}}, "give weights of at least 0"),
        ({"feature_layers": {"relu2_2": float("nan")}}, "feature_layers is"),
        ({"degradation": "jpeg"}, "degradation is 'jpeg'; choose one of bicubic, blur"),
        ({"pixel_form": "l2"}, "pixel_form is 'l2'; choose one of l1, mse"),
        ({"size": 90}, "size is 90; give a multiple of the factor 4"),
        ({"norm": "batch"}, "norm is 'batch', and compact is built with none alone"),
        ({"batch": 0}, "batch is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0"),
    ],
)
def test_what_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        SuperConfig(**settings)
