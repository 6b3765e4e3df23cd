"""The distance of features: by hand, without a unit, and in the order in which pictures get worse."""

import numpy as np
import pytest
import torch
from skimage.data import chelsea

from impasto.errors import ConfigError
from impasto.image import cubic_resize
from impasto.studio.encoders import load_encoder
from impasto.studio.metrics import DISTANCE_LAYERS, feature_distance
from impasto.studio.pixels import to_tensor


def test_by_hand_and_without_a_unit() -> None:
    target = {"relu1_2": torch.tensor([3.0, 4.0]).view(1, 2, 1, 1), "relu2_2": torch.ones(1, 1, 2, 2)}
    made = {"relu1_2": torch.tensor([3.0, 5.0]).view(1, 2, 1, 1), "relu2_2": torch.zeros(1, 1, 2, 2)}
    assert feature_distance(made, target) == pytest.approx((1 / 25 + 1) / 2)
    larger = {name: 1000 * maps for name, maps in target.items()}
    assert feature_distance({name: 1000 * maps for name, maps in made.items()}, larger) == pytest.approx(0.52)
    assert feature_distance(target, target) == 0


def test_nothing_to_be_close_to_is_no_division_by_zero() -> None:
    nothing = {"relu1_2": torch.zeros(1, 1, 2, 2)}
    assert feature_distance(nothing, nothing) == 0


def test_a_blurred_photo_is_further_away_the_more_it_is_blurred() -> None:
    encoder = load_encoder("vgg19-original")
    photo = chelsea()[100:196, 150:246].astype(np.float32) / 255  # type: ignore[no-untyped-call]
    target = encoder(to_tensor(photo), DISTANCE_LAYERS)
    distances = []
    for factor in (2, 4, 8):
        blurred = cubic_resize(cubic_resize(photo, (96 // factor, 96 // factor)), (96, 96)).clip(0, 1)
        distances.append(
            feature_distance(encoder(to_tensor(blurred.astype(np.float32)), DISTANCE_LAYERS), target)
        )
    assert 0 < distances[0] < distances[1] < distances[2] < 1


def test_layers_and_shapes_must_be_the_same() -> None:
    one = {"relu1_2": torch.ones(1, 1, 2, 2)}
    with pytest.raises(ConfigError, match="features are of relu1_2, and the target's of no layer"):
        feature_distance(one, {})
    with pytest.raises(ConfigError, match="the shapes"):
        feature_distance(one, {"relu1_2": torch.ones(1, 1, 2, 3)})
