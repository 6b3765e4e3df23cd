"""The settings of a training: what is refused, and what becomes of the recipe's network."""

from dataclasses import fields
from typing import Any

import pytest

from impasto.errors import ConfigError
from impasto.studio.networks import NetworkConfig
from impasto.studio.settings import conform, field_docs
from impasto.studio.train import TrainConfig


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"small": "drop"}, "small is 'drop'; choose one of upscale, skip"),
        ({"device": "tpu"}, "device is 'tpu'; choose one of auto"),
        ({"batch": 0}, "batch is 0; give a number of at least 1"),
        ({"size": 8}, "size is 8; give a number of at least 16"),
        ({"held_out": -1}, "held_out is -1; give a number of at least 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; give a number over 0"),
        ({"max_minutes": float("nan")}, "max_minutes is nan"),
        ({"style_size": 256, "style_scale": 2.0}, "both set the size of the strokes"),
        ({"style_crop": (0, 0, 9)}, "style_crop is (0, 0, 9); give four whole numbers"),
        ({"style_crop": (0, 0, 9, 9.5)}, "give four whole numbers"),
        ({"color_weight": -1}, "color_weight is -1; give a number of at least 0"),
        ({"tone_weight": -1}, "tone_weight is -1; give a number of at least 0"),
        ({"tint_weight": -1}, "tint_weight is -1; give a number of at least 0"),
        ({"grain_weight": -1}, "grain_weight is -1; give a number of at least 0"),
        ({"style_layers": {}}, "style_layers are {}; give at least one layer"),
        ({"content_layers": {"relu2_2": -1.0}}, "with weights of at least 0"),
        ({"network": "unet"}, "name is 'unet'; choose one of johnson, transnet, compact"),
        ({"norm": "spectral"}, "norm is 'spectral'; choose one of batch"),
        ({"network": "compact", "residual": "valid"}, "residual is 'valid'"),
    ],
)
def test_what_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        TrainConfig(**settings)
    assert said in str(caught.value)


def test_the_network_keeps_what_was_not_said() -> None:
    published = NetworkConfig(name="johnson", norm="batch", upsampling="transposed")
    assert TrainConfig().network_changes(published) == published
    changed = TrainConfig(norm="instance", activation="sigmoid").network_changes(published)
    assert changed == NetworkConfig(
        name="johnson", norm="instance", upsampling="transposed", output="sigmoid"
    )
    other = TrainConfig(network="compact", channels=48).network_changes(published)
    assert other == NetworkConfig(name="compact", channels=48)


def test_every_setting_has_its_docstring_and_can_come_from_a_file() -> None:
    docs = field_docs(TrainConfig)
    assert set(docs) == {field.name for field in fields(TrainConfig)}
    assert all(text.endswith(".") for text in docs.values())
    values = {"style_layers": {"relu1_1": 1}, "norm": "batch", "max_minutes": 30, "style_crop": [1, 2, 3, 4]}
    read = {"style_layers": {"relu1_1": 1.0}, "max_minutes": 30.0, "style_crop": (1, 2, 3, 4)}
    assert conform(TrainConfig, values) == {**values, **read}
    assert conform(TrainConfig, {"style_crop": "1,2,3,4"}) == {"style_crop": (1, 2, 3, 4)}
    with pytest.raises(ConfigError, match="size is '64x64'; give a whole number"):
        conform(TrainConfig, {"size": "64x64"})


def test_changes_are_what_differs() -> None:
    assert TrainConfig(batch=2, small="skip").changes() == {"batch": 2, "small": "skip"}
