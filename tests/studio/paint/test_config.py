"""Settings are checked when they are made; what is refused is named, with what would be valid."""

import dataclasses
import re
from typing import Any

import pytest

from impasto.errors import ConfigError
from impasto.studio.paint import PaintConfig

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"pooling": "median"}, "pooling is 'median'; choose one of max, average, l2"),
        ({"optimizer": "sgd"}, "optimizer is 'sgd'; choose one of lbfgs, adam"),
        ({"keep_color": "all"}, "keep_color is 'all'; choose one of none, luminance, histogram, linear"),
        ({"device": "tpu"}, "device is 'tpu'; choose one of auto, cpu, cuda, mps"),
        ({"precision": "fp16"}, "precision is 'fp16'; choose one of auto, fp32, bf16"),
        ({"content_weight": -0.5}, "content_weight is -0.5; give a number of at least 0"),
        ({"style_weight": NAN}, "style_weight is nan; give a number of at least 0"),
        ({"tv_weight": INF}, "tv_weight is inf; give a number of at least 0"),
        ({"iterations": 0}, "iterations is 0; give a number of at least 1"),
        ({"style_size": 0}, "style_size is 0; give a number of at least 1"),
        ({"seed": -1}, "seed is -1; give a number of at least 0"),
        ({"preview_every": -1}, "preview_every is -1; give a number of at least 0"),
        ({"size": 0}, "size is 0; give a longest side, or a height and a width, of at least 1 pixel"),
        ({"size": (512, 0)}, "size is (512, 0); give a longest side, or a height and a width"),
        ({"size": (512,)}, "size is (512,); give a longest side, or a height and a width"),
        ({"size": (5, 5, 5)}, "size is (5, 5, 5); give a longest side, or a height and a width"),
        ({"size": ()}, "size is (); give a longest side, or a height and a width"),
        ({"style_scale": 0}, "style_scale is 0; give a number over 0"),
        ({"style_scale": INF}, "style_scale is inf; give a number over 0"),
        ({"style_scale": NAN}, "style_scale is nan; give a number over 0"),
        (
            {"style_scale": 1.5, "style_size": 9},
            "style_size and style_scale both set the size of the strokes",
        ),
        ({"style_weights": ()}, "style_weights are (); give one number of at least 0 a style, not all 0"),
        ({"style_weights": (0, 0.0)}, "style_weights are (0, 0.0); give one number of at least 0"),
        ({"style_weights": (2, -1)}, "style_weights are (2, -1); give one number of at least 0"),
        ({"style_weights": (1, INF)}, "style_weights are (1, inf); give one number of at least 0"),
        ({"content_layers": {}}, "content_layers are {}; give at least one layer"),
        ({"style_layers": {"relu1_1": -1}}, "style_layers are {'relu1_1': -1}; give at least one layer"),
        ({"style_layers": {"relu1_1": NAN}}, "style_layers are {'relu1_1': nan}; give at least one layer"),
    ],
)
def test_what_is_not_valid_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        PaintConfig(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"size": 1},
        {"size": (1, 1)},
        {"iterations": 1, "seed": 0, "preview_every": 0, "style_size": 1},
        {"content_weight": 0, "style_weight": 0.0, "tv_weight": 0},
        {"style_weights": (0, 1)},
        {"style_layers": {"relu1_1": 0}},
        {"style_scale": 0.01},
        {"pooling": "average", "optimizer": "adam", "device": "mps", "precision": "bf16"},
    ],
)
def test_the_edges_of_what_is_valid(settings: dict[str, Any]) -> None:
    config = PaintConfig(**settings)
    assert {name: getattr(config, name) for name in settings} == settings


def test_it_is_frozen_and_by_keyword() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        PaintConfig().seed = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        PaintConfig("gatys")  # type: ignore[call-arg]


def test_changes_are_what_differs_from_the_defaults() -> None:
    assert PaintConfig().changes() == {}
    assert PaintConfig(seed=0, size=300, keep_color="none").changes() == {"size": 300}
