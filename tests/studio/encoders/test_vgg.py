"""The encoder against a plain network, its preprocessing, its limits and its precision."""

import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import ConfigError, ImageTooSmallError, WeightsError
from impasto.studio.encoders import VGG, Padding, Pooling, tiny_encoder
from impasto.studio.encoders.architecture import ARCHITECTURES
from impasto.studio.encoders.pooling import POOLING_SCALES
from impasto.studio.encoders.vgg import CAFFE, TORCHVISION

LAYERS = tiny_encoder().layer_names


def picture(height: int = 19, width: int = 34, count: int = 2) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1))


def tiny_state() -> dict[str, Tensor]:
    return {key.removeprefix("convs."): tensor for key, tensor in tiny_encoder().state_dict().items()}


def plain_features(encoder: VGG, image: Tensor, pool: nn.Module, pad_mode: str) -> dict[str, Tensor]:
    """All feature maps by a walk with nothing clever in it."""
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    features, found = (image - mean) / std, {}
    for name in ARCHITECTURES["tiny"].conv_names:
        if name.endswith("_1") and name != "conv1_1":
            features = pool(features)
        conv = encoder.convs[name]
        assert isinstance(conv, nn.Conv2d)
        features = F.conv2d(F.pad(features, (1, 1, 1, 1), mode=pad_mode), conv.weight, conv.bias)
        found[name] = features
        features = features.clamp(min=0)
        found[f"relu{name[4:]}"] = features
    return found


@pytest.mark.parametrize(("padding", "pad_mode"), [("zero", "constant"), ("replicate", "replicate")])
@pytest.mark.parametrize(("pooling", "pool"), [("max", nn.MaxPool2d(2)), ("average", nn.AvgPool2d(2))])
def test_equals_a_plain_network_layer_by_layer(
    pooling: Pooling, pool: nn.Module, padding: Padding, pad_mode: str
) -> None:
    encoder = tiny_encoder(pooling=pooling, rescale_pooling=False, padding=padding)
    image = picture()
    found, expected = encoder(image, LAYERS), plain_features(encoder, image, pool, pad_mode)
    assert list(found) == list(expected)
    for name in LAYERS:
        torch.testing.assert_close(found[name], expected[name])


@pytest.mark.parametrize("pooling", ["average", "l2"])
def test_rescaling_multiplies_what_each_pooling_gives(pooling: Pooling) -> None:
    scaled = tiny_encoder(pooling=pooling)(picture(), ["conv1_2", "conv2_1"])["conv2_1"]
    plain = tiny_encoder(pooling=pooling, rescale_pooling=False)(picture(), ["conv2_1"])["conv2_1"]
    # The tiny encoder's biases are 0, so its convolutions are linear.
    torch.testing.assert_close(scaled, plain * POOLING_SCALES[pooling][0])
    deep_scaled = tiny_encoder(pooling=pooling)(picture(), ["conv5_1"])["conv5_1"]
    deep_plain = tiny_encoder(pooling=pooling, rescale_pooling=False)(picture(), ["conv5_1"])["conv5_1"]
    product = torch.tensor(POOLING_SCALES[pooling]).prod()
    torch.testing.assert_close(deep_scaled, deep_plain * product, rtol=1e-4, atol=1e-5)


def test_conv_is_before_the_relu_also_when_both_are_asked_for() -> None:
    encoder = tiny_encoder()
    both = encoder(picture(), ["relu3_2", "conv3_2"])
    assert list(both) == ["conv3_2", "relu3_2"]
    assert (both["conv3_2"] < 0).any()
    assert torch.equal(both["conv3_2"].clamp(min=0), both["relu3_2"])
    assert torch.equal(encoder(picture(), ["conv3_2"])["conv3_2"], both["conv3_2"])
    assert torch.equal(encoder(picture(), ["relu3_2"])["relu3_2"], both["relu3_2"])


@pytest.mark.parametrize("deepest", ["conv1_1", "relu1_1", "conv3_4", "relu4_2", "relu5_4"])
def test_stops_at_the_deepest_layer(deepest: str) -> None:
    encoder = tiny_encoder()
    ran = []
    for name, conv in encoder.convs.items():
        conv.register_forward_hook(lambda *_, name=name: ran.append(name))
    encoder(picture(), {"conv1_1", deepest})
    names = encoder.architecture.conv_names
    assert ran == list(names[: names.index(f"conv{deepest[4:]}") + 1])


def test_no_layer_asked_for_runs_nothing() -> None:
    assert tiny_encoder()(picture(), []) == {}


@pytest.mark.parametrize("layer", LAYERS)
def test_minimum_size_is_the_least_that_works(layer: str) -> None:
    encoder = tiny_encoder()
    least = encoder.min_size([layer])
    found = encoder(picture(least, least), [layer])[layer]
    assert found.shape == (2, encoder.channels(layer), 1, 1)
    if least > 1:
        with pytest.raises(
            ImageTooSmallError, match=f"{least + 1} x {least - 1} .* {layer}.* at least {least}"
        ):
            encoder(picture(least - 1, least + 1), ["conv1_1", layer])


def test_strides_channels_and_sizes() -> None:
    encoder = tiny_encoder()
    assert [encoder.stride(f"relu{b}_1") for b in range(1, 6)] == [1, 2, 4, 8, 16]
    assert encoder.min_size(["relu2_1", "conv4_2"]) == 8
    for name, features in encoder(picture(40, 50), LAYERS).items():
        stride = encoder.stride(name)
        assert features.shape == (2, encoder.channels(name), 40 // stride, 50 // stride)


def test_unknown_layers_are_named_with_the_valid_ones() -> None:
    with pytest.raises(ConfigError, match=r"'relu4_5'.*conv1_1 \.\.\. conv5_4.*did you mean.*relu4_4"):
        tiny_encoder()(picture(), ["relu4_5"])
    with pytest.raises(ConfigError, match="collection of names"):
        tiny_encoder()(picture(), "relu4_2")
    with pytest.raises(ConfigError):
        tiny_encoder().min_size(["pool1"])


@pytest.mark.parametrize(
    "image", [torch.rand(3, 8, 8), torch.rand(1, 1, 8, 8), torch.zeros(1, 3, 8, 8).byte()]
)
def test_pictures_of_another_shape_are_refused(image: Tensor) -> None:
    with pytest.raises(ConfigError, match=r"\(N, 3, H, W\)"):
        tiny_encoder()(image, ["relu1_1"])


def test_caffe_preprocessing_of_one_pixel_by_hand() -> None:
    pixel = torch.tensor([0.2, 0.4, 0.6]).view(1, 3, 1, 1)
    encoder = VGG("tiny", tiny_state(), CAFFE)
    expected = [153 - 103.939, 102 - 116.779, 51 - 123.68]
    assert encoder.preprocess(pixel).flatten().tolist() == pytest.approx(expected, abs=1e-4)
    bare = VGG("tiny", tiny_state(), CAFFE, centered=False)
    assert bare.preprocess(pixel).flatten().tolist() == pytest.approx([153, 102, 51], abs=1e-4)


def test_torchvision_preprocessing_of_one_pixel_by_hand() -> None:
    pixel = torch.tensor([0.2, 0.4, 0.6]).view(1, 3, 1, 1)
    encoder = VGG("tiny", tiny_state(), TORCHVISION)
    expected = [(0.2 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (0.6 - 0.406) / 0.225]
    assert encoder.preprocess(pixel).flatten().tolist() == pytest.approx(expected, abs=1e-6)
    bare = VGG("tiny", tiny_state(), TORCHVISION, centered=False)
    assert bare.preprocess(pixel).flatten().tolist() == pytest.approx([0.2, 0.4, 0.6])


def test_zero_padding_stands_for_the_mean_color() -> None:
    encoder = VGG("tiny", tiny_state(), CAFFE)
    mean = torch.tensor([123.68, 116.779, 103.939]).view(1, 3, 1, 1) / 255
    features = encoder(mean.expand(1, 3, 5, 5), ["conv1_1"])["conv1_1"]
    # The biases are 0: nothing is left, not even at the border.
    torch.testing.assert_close(features, torch.zeros_like(features), atol=1e-3, rtol=0)


@pytest.mark.parametrize("pooling", ["max", "average", "l2"])
def test_gradient_reaches_the_picture(pooling: Pooling) -> None:
    encoder = tiny_encoder(pooling=pooling)
    image = picture().requires_grad_()
    found = encoder(image, ["relu1_1", "conv2_2", "relu5_1"])
    loss = torch.stack([(features**2).mean() for features in found.values()]).sum()
    (gradient,) = torch.autograd.grad(loss, image)
    assert gradient.isfinite().all()
    assert (gradient != 0).float().mean() > 0.99


def test_gradient_equals_that_of_a_plain_network() -> None:
    encoder = tiny_encoder()
    layers = ["conv1_2", "relu1_2", "relu2_1", "conv4_2"]
    image = picture().requires_grad_()
    both = (encoder(image, layers), plain_features(encoder, image, nn.MaxPool2d(2), "constant"))
    losses = [torch.stack([(found[layer] ** 2).mean() for layer in layers]).sum() for found in both]
    torch.testing.assert_close(*(torch.autograd.grad(loss, image)[0] for loss in losses))


def test_a_flat_black_picture_has_a_finite_l2_gradient() -> None:
    image = torch.zeros(1, 3, 32, 32, requires_grad=True)
    features = tiny_encoder(pooling="l2")(image, ["relu5_1"])["relu5_1"]
    assert torch.autograd.grad(features.sum(), image)[0].isfinite().all()


def test_weights_are_frozen() -> None:
    encoder = tiny_encoder()
    assert not encoder.training
    assert not any(parameter.requires_grad for parameter in encoder.parameters())


@pytest.mark.parametrize("padding", ["zero", "replicate"])
def test_bfloat16_autocast_in_channels_last(padding: Padding) -> None:
    encoder = tiny_encoder(padding=padding, pooling="average")
    exact = encoder(picture(), ["conv1_1", "relu4_1"])
    encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    assert encoder.preprocess(picture()).is_contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16):
        rough = encoder(picture(), ["conv1_1", "relu4_1"])
    for name, features in rough.items():
        assert features.dtype == torch.bfloat16
        error = (features.float() - exact[name]).norm() / exact[name].norm()
        assert error < 0.03


def test_runs_in_other_precisions() -> None:
    double = tiny_encoder().double()(picture().double(), ["relu2_1"])["relu2_1"]
    assert double.dtype == torch.float64
    assert tiny_encoder().bfloat16()(picture(), ["relu2_1"])["relu2_1"].dtype == torch.bfloat16


def test_survives_pickling() -> None:
    encoder = pickle.loads(pickle.dumps(tiny_encoder()))
    expected = tiny_encoder()(picture(), ["relu3_1"])["relu3_1"]
    assert torch.equal(encoder(picture(), ["relu3_1"])["relu3_1"], expected)


def test_a_part_of_the_network_knows_what_it_has() -> None:
    state = {key: tensor for key, tensor in tiny_state().items() if key < "conv3_1"}
    encoder = VGG("tiny", state, TORCHVISION, weights_name="half")
    assert encoder.layer_names[-1] == "relu2_2"
    with pytest.raises(ConfigError, match=r"'relu3_1'.*'half'.*conv1_1 \.\.\. conv2_2"):
        encoder(picture(), ["relu3_1"])


def test_weights_with_a_gap_or_of_another_shape_are_refused() -> None:
    state = tiny_state()
    del state["conv2_1.weight"]
    with pytest.raises(WeightsError, match="lack conv2_1"):
        VGG("tiny", state, TORCHVISION)
    with pytest.raises(WeightsError, match=r"conv1_1.weight has shape .*\(64, 3, 3, 3\)"):
        VGG("vgg19", tiny_state(), TORCHVISION)
    with pytest.raises(WeightsError, match="lack conv1_1"):
        VGG("tiny", {}, TORCHVISION)
    state = tiny_state()
    del state["conv1_2.bias"]
    with pytest.raises(WeightsError, match=r"conv1_2.bias has shape None"):
        VGG("tiny", state, TORCHVISION)


@pytest.mark.parametrize(
    "setting",
    [{"pooling": "avg"}, {"padding": "reflect"}, {"architecture": "vgg11"}],
    ids=lambda s: next(iter(s)),
)
def test_settings_that_do_not_exist_are_refused(setting: dict[str, str]) -> None:
    (name, value), *_ = setting.items()
    given = {"architecture": "tiny", **setting}
    with pytest.raises(ConfigError, match=f"{name} is '{value}', but must be one of"):
        VGG(state=tiny_state(), preprocessing=TORCHVISION, **given)  # type: ignore[arg-type]
