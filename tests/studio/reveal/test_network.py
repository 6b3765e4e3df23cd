"""The table of a network against the published totals, and against the encoder that is run."""

import pytest
import torch

from impasto.errors import ConfigError, ImageTooSmallError
from impasto.studio.encoders import tiny_encoder
from impasto.studio.encoders.architecture import ArchitectureName
from impasto.studio.reveal.network import LayerFigures, network_figures
from impasto.studio.reveal.receptive import ReceptiveField, receptive_field


def layers_of(architecture: ArchitectureName, *, classifier: bool = True) -> dict[str, LayerFigures]:
    return {layer.name: layer for layer in network_figures(architecture, classifier=classifier).layers}


@pytest.mark.parametrize(
    ("architecture", "with_classifier", "without"),
    [("vgg16", 138_357_544, 14_714_688), ("vgg19", 143_667_240, 20_024_384)],
)
def test_parameters_are_the_published_ones(
    architecture: ArchitectureName, with_classifier: int, without: int
) -> None:
    assert network_figures(architecture, classifier=True).parameters == with_classifier
    assert network_figures(architecture).parameters == without


@pytest.mark.parametrize(("architecture", "billions"), [("vgg16", 15.47), ("vgg19", 19.632)])
def test_multiply_adds_are_the_published_ones(architecture: ArchitectureName, billions: float) -> None:
    """As torchvision's documentation gives them, under `GFLOPS`."""
    found = network_figures(architecture, classifier=True).multiply_adds / 1e9
    assert round(found, len(str(billions).partition(".")[2])) == billions


def test_single_layers_by_hand() -> None:
    found = layers_of("vgg16")
    assert found["conv1_1"] == LayerFigures(
        name="conv1_1",
        kind="conv",
        shape=(64, 224, 224),
        kernel=3,
        stride=1,
        parameters=64 * 27 + 64,
        multiply_adds=86_704_128,
        field=ReceptiveField(size=3, stride=1, offset=-1),
    )
    assert found["conv1_2"].multiply_adds == 1_849_688_064
    assert (found["pool4"].shape, found["pool4"].kernel, found["pool4"].stride) == ((512, 14, 14), 2, 2)
    assert (found["pool4"].parameters, found["pool4"].multiply_adds) == (0, 0)
    assert (found["fc6"].shape, found["fc6"].kernel) == ((4096, 1, 1), 7)
    assert found["fc6"].parameters == 25_088 * 4096 + 4096
    assert found["fc8"].multiply_adds == 4_096_000
    assert [found[name].field.size for name in ("pool5", "fc6", "fc7", "fc8")] == [212, 404, 404, 404]
    assert layers_of("vgg19")["fc6"].field.size == 460


def test_layers_come_in_depth_order() -> None:
    names = list(layers_of("vgg16"))
    assert names[:7] == ["conv1_1", "conv1_2", "pool1", "conv2_1", "conv2_2", "pool2", "conv3_1"]
    assert names[-5:] == ["conv5_3", "pool5", "fc6", "fc7", "fc8"]
    assert len(names) == 13 + 5 + 3
    assert list(layers_of("vgg19", classifier=False))[-2:] == ["conv5_4", "pool5"]


def test_shapes_and_parameters_are_those_of_the_encoder_that_is_run() -> None:
    encoder, size = tiny_encoder(), (37, 50)
    table = network_figures("tiny", size)
    maps = encoder(torch.zeros(1, 3, *size), encoder.layer_names)
    convs = [layer for layer in table.layers if layer.kind == "conv"]
    assert [layer.name for layer in convs] == list(encoder.architecture.conv_names)
    for layer in convs:
        assert layer.shape == maps[layer.name].shape[1:]
        parameters = sum(parameter.numel() for parameter in encoder.convs[layer.name].parameters())
        assert layer.parameters == parameters
        assert layer.field == receptive_field("tiny", layer.name)


def test_a_larger_picture_takes_as_many_parameters_and_more_work() -> None:
    small, large = network_figures("vgg19"), network_figures("vgg19", (448, 672))
    assert large.parameters == small.parameters
    assert large.multiply_adds == 6 * small.multiply_adds
    assert large.size == (448, 672)
    dense = network_figures("vgg16", (256, 320), classifier=True)
    assert dense.layers[-1].shape == (1000, 2, 4)


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"'vgg11'.*vgg16, vgg19, tiny"):
        network_figures("vgg11")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"no classifier; choose vgg16 or vgg19"):
        network_figures("tiny", classifier=True)
    with pytest.raises(ImageTooSmallError, match=r"223 x 300 .* vgg16.* at least 224"):
        network_figures("vgg16", (300, 223), classifier=True)
    with pytest.raises(ImageTooSmallError, match=r"at least 32"):
        network_figures("vgg16", (31, 100))
