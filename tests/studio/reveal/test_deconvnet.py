"""The deconvnet against transposed linear maps, the switches it goes by, and what lies outside a field."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import ConfigError, ImageTooSmallError
from impasto.studio.encoders import VGG, Padding, Pooling, tiny_encoder
from impasto.studio.encoders.vgg import CAFFE
from impasto.studio.reveal.deconvnet import (
    Activations,
    Deconvnet,
    isolate,
    strongest_channels,
    strongest_unit,
)
from impasto.studio.reveal.receptive import receptive_field

SEED = 5


def picture(height: int, width: int, count: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(SEED)
    return torch.rand(count, 3, height, width, generator=generator, dtype=torch.float64)


def noise(maps: Tensor) -> Tensor:
    return torch.randn(maps.shape, generator=torch.Generator().manual_seed(SEED), dtype=maps.dtype)


def caffe_encoder() -> VGG:
    state = {key.removeprefix("convs."): tensor for key, tensor in tiny_encoder().state_dict().items()}
    return VGG("tiny", state, CAFFE).double()


def linear_network(encoder: VGG, image: Tensor, activations: Activations) -> Tensor:
    """The encoder with no ReLU and no bias, that takes from each window what the switches name."""
    pixels, mode = encoder.preprocess(image), "replicate" if encoder.padding == "replicate" else "constant"
    last = f"conv{activations.layer[4:]}"
    for name, conv in encoder.convs.items():
        if name.endswith("_1") and name != "conv1_1":
            switches = activations.switches[int(name[4]) - 2]
            pixels = pixels.flatten(2).gather(2, switches.flatten(2)).view(switches.shape)
        pixels = F.conv2d(F.pad(pixels, (1, 1, 1, 1), mode=mode), conv.get_parameter("weight"))
        if name == last:
            break
    return pixels


@pytest.mark.parametrize("padding", ["zero", "replicate"])
@pytest.mark.parametrize("size", [(40, 48), (45, 39)])
@pytest.mark.parametrize("layer", ["conv1_1", "conv1_2", "conv2_1", "relu3_1", "conv4_2"])
def test_without_relus_it_is_the_transposed_linear_map(
    layer: str, size: tuple[int, int], padding: Padding
) -> None:
    net = Deconvnet(tiny_encoder(padding=padding).double())
    image = picture(*size, count=2).requires_grad_()
    activations = net.forward(image, layer)
    signal = noise(activations.maps)
    output = linear_network(net.encoder, image, activations)
    (expected,) = torch.autograd.grad(output, image, signal)
    found = net.project(activations, signal, rectify=False)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_the_first_convolution_has_no_relu_to_pass() -> None:
    for encoder in (tiny_encoder().double(), caffe_encoder()):
        net, image = Deconvnet(encoder), picture(12, 9).requires_grad_()
        activations = net.forward(image, "conv1_1")
        signal = noise(activations.maps)
        (expected,) = torch.autograd.grad(encoder(image, ["conv1_1"])["conv1_1"], image, signal)
        torch.testing.assert_close(net.project(activations, signal), expected, rtol=1e-9, atol=1e-9)


def test_rectifies_the_signal_before_each_filter() -> None:
    net = Deconvnet(tiny_encoder().double())
    activations = net.forward(picture(8, 8), "conv1_2")
    signal = noise(activations.maps)
    weights = [net.encoder.convs[name].get_parameter("weight") for name in ("conv1_1", "conv1_2")]
    std = net.encoder.std
    middle = F.conv_transpose2d(signal, weights[1], padding=1)
    expected = F.conv_transpose2d(middle.clamp(min=0), weights[0], padding=1) / std
    torch.testing.assert_close(net.project(activations, signal), expected)
    own = net.forward(picture(8, 8), "relu1_2")
    middle = F.conv_transpose2d(signal.clamp(min=0), weights[1], padding=1)
    expected = F.conv_transpose2d(middle.clamp(min=0), weights[0], padding=1) / std
    torch.testing.assert_close(net.project(own, signal), expected)


def test_the_maps_are_the_encoders_and_each_switch_is_where_its_maximum_was() -> None:
    net, image = Deconvnet(tiny_encoder().double()), picture(27, 34)
    found = net.forward(image, "conv3_2")
    before = net.encoder(image, ["relu1_2", "relu2_2", "conv3_2"])
    assert torch.equal(found.maps, before["conv3_2"])
    assert found.sizes == ((27, 34), (13, 17), (6, 8))
    for switches, name in zip(found.switches, ("relu1_2", "relu2_2"), strict=True):
        values = before[name].flatten(2).gather(2, switches.flatten(2)).view(switches.shape)
        assert torch.equal(values, F.max_pool2d(before[name], 2))


@pytest.mark.parametrize("row", [4, 5])
@pytest.mark.parametrize("column", [6, 7])
def test_unpools_to_where_the_maximum_was(row: int, column: int) -> None:
    """An encoder of identities: one pixel comes back, where the bright one was, not a corner or a mean."""
    state = {}
    for key, tensor in tiny_encoder().state_dict().items():
        state[key.removeprefix("convs.")] = torch.zeros_like(tensor)
        if key.endswith("weight"):
            state[key.removeprefix("convs.")][0, 0, 1, 1] = 1
    net = Deconvnet(VGG("tiny", state, CAFFE, centered=False))
    image = torch.full((1, 3, 9, 11), 0.25)
    image[0, 2, row, column] = 1.0  # the first channel of BGR
    activations = net.forward(image, "relu2_1")
    assert strongest_unit(activations.maps, 0) == (2, 3)
    found = net.project(activations, isolate(activations.maps, 0))
    expected = torch.zeros_like(image)
    expected[0, 2, row, column] = 255.0 * 255.0
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("layer", "size"), [("relu2_2", (37, 41)), ("relu3_3", (95, 90)), ("conv4_1", (90, 111))]
)
def test_a_unit_reaches_no_further_than_its_receptive_field(layer: str, size: tuple[int, int]) -> None:
    net = Deconvnet(tiny_encoder().double())
    activations = net.forward(picture(*size), layer)
    channel = strongest_channels(activations.maps, 1, "max")[0]
    found = net.project(activations, isolate(activations.maps, channel))
    unit = strongest_unit(activations.maps, channel)
    box = receptive_field("tiny", layer).box(*unit).clipped(*size)
    inside = found[:, :, box.top : box.bottom, box.left : box.right].clone()
    assert inside.abs().amax() > 0
    found[:, :, box.top : box.bottom, box.left : box.right] = 0
    assert found.count_nonzero() == 0


def test_a_part_of_the_signal_is_projected_as_the_whole() -> None:
    """Working on a window alone changes nothing: a sum of parts is what they give together."""
    net = Deconvnet(tiny_encoder().double())
    activations = net.forward(picture(45, 39), "conv3_1")
    signal = noise(activations.maps)
    whole, parts = net.project(activations, signal, rectify=False), torch.zeros(1, 3, 45, 39).double()
    for row in range(signal.shape[2]):
        for column in range(signal.shape[3]):
            unit = torch.zeros_like(signal)
            unit[:, :, row, column] = signal[:, :, row, column]
            parts += net.project(activations, unit, rectify=False)
    torch.testing.assert_close(parts, whole)


def test_nothing_in_nothing_out() -> None:
    net = Deconvnet(tiny_encoder())
    activations = net.forward(picture(16, 18).float(), "relu2_1")
    assert torch.equal(
        net.project(activations, torch.zeros_like(activations.maps)), torch.zeros(1, 3, 16, 18)
    )


def test_channels_are_ranked_by_mean_or_by_maximum() -> None:
    maps = torch.zeros(2, 4, 2, 2)
    maps[:, 1] = 1.0
    maps[1, 2, 0, 1] = 7.0
    maps[0, 3] = 0.5
    assert strongest_channels(maps, 4) == [1, 2, 3, 0]
    assert strongest_channels(maps, 3, "max") == [2, 1, 3]
    assert strongest_channels(torch.zeros(1, 3, 1, 1), 3) == [0, 1, 2]


def test_isolating_keeps_a_channel_or_its_strongest_position() -> None:
    maps = torch.arange(24.0).view(2, 3, 2, 2)
    maps[0, 1] = torch.tensor([[1.0, 9.0], [3.0, 4.0]])
    whole, patch = isolate(maps, 1, "map"), isolate(maps, 1)
    assert torch.equal(whole[:, 1], maps[:, 1])
    assert torch.equal(whole.sum((0, 2, 3)) > 0, torch.tensor([False, True, False]))
    assert patch[0, 1].tolist() == [[0, 9], [0, 0]]
    assert patch[1, 1].tolist() == [[0, 0], [0, 19]]
    assert patch.count_nonzero() == 2


def test_what_is_not_valid_is_refused() -> None:
    net = Deconvnet(tiny_encoder())
    activations = net.forward(picture(16, 16).float(), "relu2_1")
    with pytest.raises(ConfigError, match=r"\(1, 12, 8, 7\).*relu2_1 has \(1, 12, 8, 8\)"):
        net.project(activations, torch.zeros(1, 12, 8, 7))
    with pytest.raises(ConfigError, match=r"top is 13.*1 to 12"):
        strongest_channels(activations.maps, 13)
    with pytest.raises(ConfigError, match=r"'median'.*mean, max"):
        strongest_channels(activations.maps, 1, "median")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"channel is 12.*0 to 11"):
        isolate(activations.maps, 12)
    with pytest.raises(ConfigError, match=r"'all'.*patch, map"):
        isolate(activations.maps, 0, "all")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="2 pictures"):
        strongest_unit(torch.zeros(2, 3, 4, 4), 0)
    with pytest.raises(ConfigError, match=r"no layer 'pool1'"):
        net.forward(picture(16, 16), "pool1")
    with pytest.raises(ImageTooSmallError, match="at least 16"):
        net.forward(picture(15, 20).float(), "relu5_1")


@pytest.mark.parametrize("pooling", ["average", "l2"])
def test_other_poolings_have_no_switches(pooling: Pooling) -> None:
    with pytest.raises(ConfigError, match=f"'{pooling}'.*pooling='max'"):
        Deconvnet(tiny_encoder(pooling=pooling))
