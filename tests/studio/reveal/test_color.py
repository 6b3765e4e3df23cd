"""The mean color, by hand."""

import pytest
import torch

from impasto.studio.encoders import VGG, tiny_encoder
from impasto.studio.encoders.vgg import CAFFE
from impasto.studio.reveal.color import mean_color


def test_is_rgb_between_0_and_1_for_either_weights() -> None:
    state = {key.removeprefix("convs."): tensor for key, tensor in tiny_encoder().state_dict().items()}
    caffe = VGG("tiny", state, CAFFE)
    assert mean_color(caffe).shape == (1, 3, 1, 1)
    assert mean_color(caffe).flatten().tolist() == pytest.approx([123.68 / 255, 116.779 / 255, 103.939 / 255])
    assert mean_color(tiny_encoder()).flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])


def test_preprocessing_turns_it_into_zeros() -> None:
    encoder = tiny_encoder()
    found = encoder.preprocess(mean_color(encoder).expand(1, 3, 4, 5))
    torch.testing.assert_close(found, torch.zeros(1, 3, 4, 5), atol=1e-6, rtol=0)
