"""Super-resolution networks: they begin as bicubic, take any size, see as far as they say, make no grid."""

from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.image import cubic_resize
from impasto.studio.networks.blocks import LevelShuffle
from impasto.studio.networks.frame import unpack
from impasto.studio.networks.superres import Bicubic, SuperNetwork, build_super_network
from impasto.studio.networks.superres_config import SuperName, SuperNetworkConfig

NAMES: tuple[SuperName, ...] = get_args(SuperName)
OPTIONS: list[dict[str, Any]] = [
    {"name": "compact", "shuffle": "level"},
    {"name": "compact", "shuffle": "free"},
    {"name": "compact", "fine": 0},
    *({"name": "johnson", "upsampling": each} for each in ("resize", "transposed", "shuffle")),
    {"name": "johnson", "norm": "batch"},
    {"name": "johnson", "norm": "batch", "upsampling": "transposed", "base": "none"},
]


def make(**settings: Any) -> SuperNetwork:
    """A small network in evaluation mode, whose every weight is drawn."""
    torch.manual_seed(0)
    config = {"channels": 6, "blocks": 2, "factor": 4, **settings}
    if config.get("name") != "johnson":
        config = {"fine": 5, **config}
    network = build_super_network(SuperNetworkConfig(**config)).eval()
    with torch.no_grad():
        for each in network.parameters():
            each.add_(torch.randn(each.shape) * 0.1)
    return network


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def bicubic(image: Tensor, factor: int) -> Tensor:
    height, width = (factor * side for side in image.shape[2:])
    made = cubic_resize(image[0].permute(1, 2, 0).numpy(), (height, width))
    return torch.from_numpy(made).permute(2, 0, 1)[None].float()


@pytest.mark.parametrize(("factor", "side"), [(2, 2), (4, 4), (8, 8), (2, 1), (4, 2), (8, 2), (8, 1)])
def test_the_fixed_convolution_is_imresize(factor: int, side: int) -> None:
    """Inside, where no border counts, whatever is left in blocks."""
    image = picture(11, 9)
    blocks = Bicubic(factor, side)(image)  # (1, 3 * side * side, factor / side * 7, factor / side * 5)
    assert blocks.shape == (1, 3 * side**2, factor // side * 7, factor // side * 5)
    made = unpack(blocks.permute(0, 2, 3, 1), side).permute(0, 3, 1, 2)
    inside = slice(2 * factor, -2 * factor)
    assert torch.allclose(made, bicubic(image, factor)[:, :, inside, inside], atol=1e-6)


@pytest.mark.parametrize("size", [(17, 13), (4, 5), (2, 3), (1, 1)])
@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("name", NAMES)
def test_it_begins_as_bicubic(name: SuperName, factor: int, size: tuple[int, int]) -> None:
    network = build_super_network(SuperNetworkConfig(name=name, factor=factor, channels=4, blocks=1)).eval()
    assert network.begins_as_bicubic
    image = picture(*size)
    with torch.no_grad():
        made = network(image)
    assert torch.allclose(made, bicubic(image, factor).clamp(0, 1), atol=1e-6)
    with torch.no_grad():
        network.train()
        assert torch.allclose(network(image), bicubic(image, factor), atol=1e-6)  # not held in [0, 1]


@pytest.mark.parametrize("settings", OPTIONS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_any_size_and_a_range(settings: dict[str, Any]) -> None:
    for factor in (2, 4, 8):
        network = make(factor=factor, **settings)
        for height, width in ((1, 1), (7, 12)):
            with torch.no_grad():
                made = network(picture(height, width))
            assert made.shape == (1, 3, factor * height, factor * width)
            assert made.min() >= 0
            assert made.max() <= 1


@pytest.mark.parametrize("settings", OPTIONS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_it_sees_as_far_as_it_says_and_no_further(settings: dict[str, Any]) -> None:
    network = make(**settings)
    image, place, factor = picture(61, 61), 30, network.factor
    other = image.clone()
    other[:, :, place, place] = 1 - other[:, :, place, place]
    with torch.no_grad():
        changed = (network(image) - network(other)).abs().amax((0, 1)) > 0
    rows = torch.nonzero(changed.any(1)).flatten() // factor
    assert rows.min() >= place - network.reach
    assert rows.max() <= place + network.reach
    assert rows.min() <= place - network.reach + 2  # what is read beyond a tile is not wasted, either


@pytest.mark.parametrize("settings", OPTIONS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_every_weight_learns(settings: dict[str, Any]) -> None:
    network = make(**settings).train()
    (network(picture(8, 8)) - 0.5).square().sum().backward()
    for name, each in network.named_parameters():
        assert each.grad is not None, name
        assert each.grad.abs().max() > 0, name


def test_the_bicubic_part_is_exact_under_autocast() -> None:
    network = build_super_network(SuperNetworkConfig(channels=4, blocks=1)).eval()
    image = picture(9, 9)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        made = network(image)
    assert made.dtype == torch.float32
    assert torch.allclose(made, bicubic(image, 4).clamp(0, 1), atol=1e-6)


@pytest.mark.parametrize(("factor", "side"), [(2, 2), (4, 2), (8, 2), (4, 1)])
def test_of_levels_the_bicubic_part_is_nearly_exact_in_bfloat16(factor: int, side: int) -> None:
    """An engine rounds what goes into a convolution, its weights, and what comes out, and adds in float32."""
    levels = torch.floor(256 * picture(40, 40))
    levels[:, :, :20] = torch.linspace(180, 255, 40).floor()  # where bfloat16 holds each whole number, just
    base, inside = Bicubic(factor, side), slice(2 * factor, -2 * factor)
    wanted = bicubic(levels, factor)[:, :, inside, inside]

    def rounded(values: Tensor) -> Tensor:
        return values.bfloat16().float()

    def wrong(differences: Tensor) -> Tensor:
        blocks = torch.pixel_shuffle(levels[:, base.color, 2:-2, 2:-2] + differences, base.spread)
        return (unpack(blocks.permute(0, 2, 3, 1), side).permute(0, 3, 1, 2) - wanted).abs()

    differences = torch.conv2d(rounded(torch.cat([levels, levels], 1)), rounded(base.kernel))
    assert wrong(differences).max() < 0.005
    kept = wrong(rounded(differences))
    assert kept.max() <= 0.5  # of noise from black to white
    assert kept[:, :, : 16 * factor].max() < 0.01


@pytest.mark.parametrize("settings", OPTIONS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_the_unit_of_pixels_does_not_matter(settings: dict[str, Any]) -> None:
    network, arranged = make(**settings), picture(12, 12)
    with torch.no_grad():
        wanted = network.compute(arranged)
        assert torch.allclose(network.compute(arranged * 255, 255) / 255, wanted, atol=1e-5)


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("fine", [0, 5])
def test_flat_pictures_stay_flat_whatever_the_weights_are(fine: int, factor: int) -> None:
    """To the last pixel of the border: what the level shuffle is for, and what a free one does not do."""
    flat = torch.full((1, 3, 16, 16), 0.4)
    spread = {}
    for shuffle in ("level", "free"):
        with torch.no_grad():
            made = make(shuffle=shuffle, fine=fine, factor=factor)(flat)
        spread[shuffle] = float((made.amax((2, 3)) - made.amin((2, 3))).max())
    assert spread["level"] < 1e-6
    assert spread["free"] > 0.01


@pytest.mark.parametrize("settings", OPTIONS, ids=lambda settings: "-".join(map(str, settings.values())))
def test_a_border_is_a_mirror(settings: dict[str, Any]) -> None:
    """What is made of a picture is what is made of its middle among its mirror images: nothing sees zeros."""
    network, image = make(**settings), picture(9, 12)
    around = torch.cat([image.flip(2), image, image.flip(2)], 2)
    around = torch.cat([around.flip(3), around, around.flip(3)], 3)
    factor = network.factor
    with torch.no_grad():
        made, whole = network(image), network(around)
    middle = whole[:, :, 9 * factor : 18 * factor, 12 * factor : 24 * factor]
    assert torch.allclose(made, middle, atol=1e-5)


def test_a_free_shuffle_begins_alike_for_the_pixels_of_a_block() -> None:
    network: Any = build_super_network(SuperNetworkConfig(channels=4, blocks=1, shuffle="free"))
    assert not isinstance(network.last, LevelShuffle)
    before = network.fine[0]
    assert torch.equal(before.weight[0], before.weight[3])
    assert not torch.equal(before.weight[3], before.weight[4])


def test_the_same_seed_gives_the_same_network() -> None:
    one, other = make().state_dict(), make().state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert "base.kernel" not in one  # fixed, and not learned


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("factor", [2, 4, 8])
def test_the_default_ones_weigh_under_2_mb(name: SuperName, factor: int) -> None:
    network = build_super_network(SuperNetworkConfig(name=name, factor=factor))
    assert 4 * sum(each.numel() for each in network.parameters()) < 1.9e6
    assert network.width == {"compact": {2: 128, 4: 128, 8: 256}[factor], "johnson": 64 * factor**2}[name]


def test_the_papers_network() -> None:
    """Its output goes through a scaled tanh, and is added to nothing."""
    network = make(name="johnson", norm="batch", upsampling="transposed", base="none")
    assert not network.begins_as_bicubic
    with torch.no_grad():
        network.last.weight.zero_()  # type: ignore[union-attr,operator]
        network.last.bias.zero_()  # type: ignore[union-attr,operator]
        assert torch.equal(network(picture(5, 5)), torch.full((1, 3, 20, 20), 0.5))


def test_bytes_are_surrounded_as_they_are() -> None:
    levels = torch.arange(12, dtype=torch.uint8).view(1, 2, 2, 3)
    network = make()
    assert network.margin == network.reach  # so that zeros beyond are not seen
    assert network.train().margin == 2  # a square in training has its border, and as little as bicubic wants
    around = network.arrange(levels)
    assert (around.dtype, around.shape) == (torch.uint8, (1, 6, 6, 3))
    assert around[0, :, 2, 0].tolist() == [6, 0, 0, 6, 6, 0]
    assert np.array_equal(around[0, 2:4, 2:4].numpy(), levels[0].numpy())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"factor": 3}, "factor is 3; choose one of 2, 4, 8"),
        ({"name": "edsr"}, "name is 'edsr'; choose one of compact, johnson"),
        ({"norm": "instance", "name": "johnson"}, "norm is 'instance'; choose one of none, batch"),
        ({"channels": 0}, "channels is 0; give a whole number of at least 1"),
        ({"blocks": -1}, "blocks is -1"),
        ({"fine": -1}, "fine is -1; give a whole number of at least 0"),
        ({"name": "johnson", "fine": 8}, "fine is 8, and johnson is built without it"),
        ({"norm": "batch"}, "norm is 'batch', and compact is built with none alone; .* network johnson"),
        ({"base": "none"}, "base is 'none', and compact is built with bicubic alone"),
        ({"name": "johnson", "shuffle": "free"}, "shuffle is 'free', and johnson is built with level alone"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        SuperNetworkConfig(**settings)
