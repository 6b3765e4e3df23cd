"""Convolutions, residual blocks, up-sampling and output, each against what it is said to compute."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.studio.networks.blocks import (
    LevelShuffle,
    ResidualBlock,
    Squash,
    alike,
    convolution,
    reflected,
    upsampling,
)
from impasto.studio.networks.config import Output, Upsampling
from impasto.studio.networks.frame import unpack

UPSAMPLINGS: tuple[Upsampling, ...] = ("transposed", "resize", "shuffle")


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_convolutions_pad_as_named() -> None:
    x = torch.rand(1, 2, 7, 9)
    for padding, mode in (("reflect", "reflect"), ("zeros", "constant")):
        layer = convolution(2, 3, 5, padding=padding)  # type: ignore[arg-type]
        wanted = F.conv2d(F.pad(x, (2, 2, 2, 2), mode), layer.weight, layer.bias)
        torch.testing.assert_close(layer(x), wanted)
    layer = convolution(2, 3, 5, padding="valid", bias=False)
    assert layer.bias is None
    assert torch.equal(layer(x), F.conv2d(x, layer.weight))
    assert convolution(2, 3, 3, stride=2)(torch.rand(1, 2, 8, 10)).shape == (1, 3, 4, 5)


def test_a_residual_block_adds_to_what_came_in() -> None:
    x = torch.randn(2, 4, 6, 7)
    block = ResidualBlock(4, "none")
    first, second = (each for each in block.modules() if isinstance(each, nn.Conv2d))
    torch.testing.assert_close(block(x), x + second(first(x).relu()))
    nn.init.zeros_(second.weight)
    nn.init.zeros_(second.bias)  # type: ignore[arg-type]
    assert torch.equal(block(x), x)
    block.relu_after = True
    assert torch.equal(block(x), x.relu())


def test_a_valid_block_adds_the_middle() -> None:
    x = torch.randn(1, 4, 8, 9)
    block = ResidualBlock(4, "none", padding="valid")
    first, second = (each for each in block.modules() if isinstance(each, nn.Conv2d))
    made = block(x)
    assert made.shape == (1, 4, 4, 5)
    inner = F.conv2d(F.conv2d(x, first.weight, first.bias).relu(), second.weight, second.bias)
    torch.testing.assert_close(made, x[..., 2:-2, 2:-2] + inner)


@pytest.mark.parametrize("method", UPSAMPLINGS)
def test_up_sampling_doubles_the_size(method: Upsampling) -> None:
    module = upsampling(method, 6, 5)
    assert module(torch.rand(2, 6, 3, 4)).shape == (2, 5, 6, 8)
    assert any(name.endswith("bias") for name, _ in module.named_parameters())
    assert not [
        name for name, _ in upsampling(method, 6, 5, bias=False).named_parameters() if name.endswith("bias")
    ]


@pytest.mark.parametrize("method", UPSAMPLINGS)
def test_only_the_transposed_convolution_begins_with_a_checkerboard(method: Upsampling) -> None:
    made = upsampling(method, 6, 5)(torch.ones(1, 6, 8, 8))[..., 4:-4, 4:-4]
    flat = torch.allclose(made, made[..., :1, :1].expand_as(made), atol=1e-6)
    assert flat == (method != "transposed")


def test_shuffle_begins_as_resize_does() -> None:
    wide = upsampling("shuffle", 3, 2)
    assert isinstance(wide, nn.Sequential)
    x = torch.rand(1, 3, 4, 5)
    made = wide(x)
    assert torch.equal(made[..., ::2, ::2], made[..., 1::2, 1::2])
    assert torch.equal(made[..., ::2, ::2], made[..., ::2, 1::2])


def test_alike_keeps_the_filters_of_different_channels_apart() -> None:
    layer = convolution(3, 8, 3)
    alike(layer, 4)
    rows = layer.weight.detach().flatten(1)
    assert torch.equal(rows[0], rows[3])
    assert not torch.equal(rows[3], rows[4])
    assert layer.bias is not None
    assert len(set(layer.bias.tolist())) == 2


@pytest.mark.parametrize(
    ("output", "at_zero", "slope"), [("tanh", 0.5, 0.5), ("sigmoid", 0.5, 0.25), ("clamp", 0.0, 1.0)]
)
def test_output_is_in_range(output: Output, at_zero: float, slope: float) -> None:
    squash = Squash(output).eval()
    made = squash(torch.linspace(-20, 20, 101))
    assert float(made.min()) >= 0
    assert float(made.max()) <= 1
    x = torch.zeros(1, requires_grad=True)
    squash(x).backward()
    assert squash(x).item() == at_zero
    assert x.grad is not None
    assert x.grad.item() == slope


def test_clamp_lets_gradients_through_while_training() -> None:
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    made = Squash("clamp").train()(x)
    made.sum().backward()
    assert torch.equal(made, x)
    assert x.grad is not None
    assert x.grad.tolist() == [1, 1]


def trained(*, pixels_first: bool = True, straight: bool) -> LevelShuffle:
    """Return a level shuffle after steps of training, through which what it holds must hold."""
    layer = LevelShuffle(6, 3, 4, pixels_first=pixels_first, straight=straight)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (layer(torch.randn(1, 6, 5, 5)) * torch.randn(48, 1, 1)).sum().backward()
        optimizer.step()
    return layer.requires_grad_(False)


def painted(layer: LevelShuffle, features: Tensor) -> Tensor:
    """Return the pixels, (1, 3, H, W), without the border, which zeros beside it change."""
    made = layer(features)[..., 1:-1, 1:-1]
    if layer.pixels_first:
        return unpack(made.permute(0, 2, 3, 1), 4).permute(0, 3, 1, 2)
    return F.pixel_shuffle(made, 4)


def unlike(pixels: Tensor) -> float:
    """Return how far the pixels of blocks of 4 differ."""
    blocks = F.pixel_unshuffle(pixels, 4)
    return float(blocks.view(len(blocks), 3, 16, *blocks.shape[2:]).std(2).mean())


@pytest.mark.parametrize("pixels_first", [True, False])
@pytest.mark.parametrize("straight", [True, False])
def test_a_level_shuffle_has_no_grid_where_features_are_flat(*, straight: bool, pixels_first: bool) -> None:
    layer = trained(straight=straight, pixels_first=pixels_first)
    pixels = painted(layer, torch.randn(1, 6, 1, 1).expand(1, 6, 7, 7))
    torch.testing.assert_close(pixels, pixels[..., :1, :1].expand_as(pixels), atol=1e-4, rtol=1e-5)
    assert float(pixels[0, :, 0, 0].std()) > 0.1
    # And nowhere else is it held: the pixels of a block are free to differ.
    assert unlike(painted(layer, torch.randn(1, 6, 7, 7))) > 0.1


@pytest.mark.parametrize("pixels_first", [True, False])
@pytest.mark.parametrize("axis", [2, 3])
def test_a_straight_level_shuffle_keeps_lines(axis: int, *, pixels_first: bool) -> None:
    """Features that are the same all along a direction give pixels that are; across it they are free."""
    across = [1, 6, 7, 7]
    across[axis] = 1
    features = torch.randn(*across).expand(1, 6, 7, 7)
    spread = {}
    for straight in (True, False):
        pixels = painted(trained(straight=straight, pixels_first=pixels_first), features)
        spread[straight] = float(pixels.std(axis).mean())
        assert unlike(pixels) > 0.1
    assert spread[True] < 1e-4
    assert spread[False] > 0.1


@pytest.mark.parametrize("straight", [True, False])
def test_a_plain_level_shuffle_is_the_same(*, straight: bool) -> None:
    layer, x = LevelShuffle(6, 3, 2, straight=straight), torch.randn(1, 6, 5, 5)
    nn.init.normal_(layer.weight)
    nn.init.normal_(layer.bias)
    assert not isinstance(layer.plain(), LevelShuffle)
    torch.testing.assert_close(layer.plain()(x), layer(x))


def test_pixels_of_a_level_shuffle_begin_alike() -> None:
    made = LevelShuffle(6, 3, 2)(torch.randn(1, 6, 5, 5)).unflatten(1, (4, 3))
    torch.testing.assert_close(made, made[:, :1].expand_as(made))


def test_a_reflection_is_torch_s_and_keeps_its_precision() -> None:
    """Autocast would widen what is reflected; pixels only move, so nothing is won by that."""
    module = convolution(4, 6, 3)
    plain = nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect")
    plain.load_state_dict(module.state_dict())
    features = torch.randn(2, 4, 9, 12)
    torch.testing.assert_close(module(features), plain(features))

    with torch.autocast("cpu", torch.bfloat16):
        around = reflected(features.bfloat16(), 2)
        torch.testing.assert_close(module(features.bfloat16()), plain(features.bfloat16()))
    assert around.dtype == torch.bfloat16
    assert torch.equal(around, F.pad(features.bfloat16(), (2, 2, 2, 2), mode="reflect"))
