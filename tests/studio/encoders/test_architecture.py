"""Names, shapes and torchvision indices of the layers."""

import pytest

from impasto.studio.encoders.architecture import ARCHITECTURES


def test_the_layers_of_vgg19_and_vgg16() -> None:
    nineteen, sixteen = ARCHITECTURES["vgg19"].conv_names, ARCHITECTURES["vgg16"].conv_names
    assert len(nineteen) == 16
    assert len(sixteen) == 13
    assert (nineteen[0], nineteen[-1], sixteen[-1]) == ("conv1_1", "conv5_4", "conv5_3")
    assert set(sixteen) < set(nineteen)
    assert ARCHITECTURES["tiny"].conv_names == nineteen


@pytest.mark.parametrize(
    ("conv", "shape"),
    [
        ("conv1_1", (64, 3, 3, 3)),
        ("conv1_2", (64, 64, 3, 3)),
        ("conv2_1", (128, 64, 3, 3)),
        ("conv3_4", (256, 256, 3, 3)),
        ("conv4_1", (512, 256, 3, 3)),
        ("conv5_1", (512, 512, 3, 3)),
    ],
)
def test_weight_shapes(conv: str, shape: tuple[int, ...]) -> None:
    assert ARCHITECTURES["vgg19"].weight_shape(conv) == shape


def test_torchvision_indices_are_those_of_its_published_files() -> None:
    nineteen, sixteen = ARCHITECTURES["vgg19"], ARCHITECTURES["vgg16"]
    expected19 = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    expected16 = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]
    assert [nineteen.torchvision_index(name) for name in nineteen.conv_names] == expected19
    assert [sixteen.torchvision_index(name) for name in sixteen.conv_names] == expected16
