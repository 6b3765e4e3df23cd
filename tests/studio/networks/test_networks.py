"""What all networks keep: shape, range, determinism, any size, gradients; and what is each one's own."""

import dataclasses
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn

from impasto.studio.networks import ARCHITECTURES, NETWORKS, NetworkConfig, build_network
from impasto.studio.networks.compact import Compact
from impasto.studio.networks.config import NetworkName, Norm
from impasto.studio.networks.johnson import Johnson
from impasto.studio.networks.noise import SCALES

NAMES: tuple[NetworkName, ...] = get_args(NetworkName)
SIZES = [(1, 1), (1, 9), (2, 3), (4, 4), (5, 1), (8, 8), (17, 31), (33, 47)]
SMALL: dict[str, Any] = {"channels": 8, "blocks": 1}
OPTIONS: list[dict[str, Any]] = [
    *({"name": name} for name in NAMES),
    *({"name": name, "norm": norm} for name in NAMES for norm in get_args(Norm)),
    *({"name": "johnson", "upsampling": each} for each in ("transposed", "resize", "shuffle")),
    *({"name": "johnson", "output": each} for each in ("tanh", "sigmoid", "clamp")),
    *({"name": "johnson", "residual": "valid", "upsampling": each} for each in ("transposed", "resize")),
    *({"name": "compact", "output": each} for each in ("tanh", "sigmoid", "clamp")),
]


def build(seed: int = 0, **settings: Any) -> nn.Module:
    torch.manual_seed(seed)
    return build_network(NetworkConfig(**settings))


def picture(*size: int) -> Tensor:
    return torch.rand(*size, generator=torch.Generator().manual_seed(1))


def count(network: nn.Module) -> int:
    return sum(each.numel() for each in network.parameters())


def spelled(settings: dict[str, Any]) -> str:
    return "-".join(settings.values())


@torch.inference_mode()
@pytest.mark.parametrize("settings", OPTIONS, ids=spelled)
def test_any_size_keeps_its_shape_and_range(settings: dict[str, Any]) -> None:
    network = build(**SMALL, **settings).eval()
    for size in SIZES:
        image = picture(2, 3, *size)
        kept = image.clone()
        made = network(image)
        assert made.shape == image.shape
        assert made.dtype == torch.float32
        assert float(made.min()) >= 0
        assert float(made.max()) <= 1
        assert torch.equal(image, kept)
        assert torch.equal(network(image), made)


@torch.inference_mode()
@pytest.mark.parametrize("name", NAMES)
def test_levels_are_painted_as_numbers_are(name: NetworkName) -> None:
    network: Any = build(**SMALL, name=name).eval()
    for size in SIZES:
        levels = (255 * picture(1, *size, 3)).to(torch.uint8)
        made = network.paint(levels)
        assert made.shape == levels.shape
        assert made.dtype == torch.uint8
        numbers = network(levels.permute(0, 3, 1, 2) / 255.0).permute(0, 2, 3, 1) * 255
        assert float((made - numbers).abs().max()) < 0.51


@torch.inference_mode()
@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_the_weights(name: NetworkName) -> None:
    image = picture(1, 3, 20, 24)
    one, same, other = (build(seed, name=name).eval()(image) for seed in (0, 0, 1))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert float(one.std()) > 0.01


@torch.inference_mode()
@pytest.mark.parametrize("name", NAMES)
def test_pictures_of_a_batch_do_not_depend_on_each_other(name: NetworkName) -> None:
    network, images = build(**SMALL, name=name).eval(), picture(2, 3, 18, 21)
    alone = torch.cat([network(each[None]) for each in images])
    torch.testing.assert_close(network(images), alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", OPTIONS, ids=spelled)
def test_gradients_reach_every_weight_and_every_pixel(settings: dict[str, Any]) -> None:
    network = build(**SMALL, **settings)
    image = picture(2, 3, 14, 19).requires_grad_()
    (network(image) * picture(2, 3, 14, 19)).sum().backward()
    for name, each in network.named_parameters():
        assert each.grad is not None, name
        assert each.grad.isfinite().all(), name
    weights = [each.grad for name, each in network.named_parameters() if name.endswith("weight")]
    assert all(float(each.abs().max()) > 0 for each in weights if each is not None)
    assert image.grad is not None
    assert float(image.grad.abs().amin()) > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_few_steps_teach_it_a_color(name: NetworkName) -> None:
    network = build(**SMALL, name=name)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    wanted = torch.tensor([0.9, 0.5, 0.2])[:, None, None]
    errors = []
    for _ in range(12):
        error = (network(picture(1, 3, 16, 16)) - wanted).square().mean()
        optimizer.zero_grad()
        error.backward()
        optimizer.step()
        errors.append(error.item())
    assert errors[-1] < errors[0] / 2


def test_johnson_has_the_papers_weights() -> None:
    # The count of pytorch/examples' network, which is this one with resize-convolution and instance norm.
    assert count(build(name="johnson")) == 1_679_235
    assert count(build(name="johnson", residual="valid", upsampling="transposed")) == 1_679_235
    shapes = [
        tuple(each.weight.shape) for each in build(name="johnson").modules() if isinstance(each, nn.Conv2d)
    ]
    assert shapes == [
        (32, 3, 9, 9), (64, 32, 3, 3), (128, 64, 3, 3), *[(128, 128, 3, 3)] * 10,
        (64, 128, 3, 3), (32, 64, 3, 3), (3, 32, 9, 9),
    ]  # fmt: skip


def test_the_valid_johnson_works_on_the_papers_sizes() -> None:
    network = build(name="johnson", residual="valid").eval()
    assert isinstance(network, Johnson)
    sizes: list[tuple[int, ...]] = []
    for each in (network.down[0], network.down[2], network.residual[0], network.residual, network.up[0]):
        each.register_forward_hook(lambda *given: sizes.append(tuple(given[2].shape[1:])))
    with torch.inference_mode():
        network(picture(1, 3, 256, 256))
    # Table 1 of the supplementary.
    assert sizes == [(32, 336, 336), (128, 84, 84), (128, 80, 80), (128, 64, 64), (64, 128, 128)]


def test_transnet_has_no_biases_and_no_padding_but_zeros() -> None:
    network = build(name="transnet", norm="none")
    assert count(network) == 2 * (3 * 32 * 81) + 2 * 9 * (32 * 64 + 64 * 128) + 10 * 9 * 128 * 128
    assert count(build(name="transnet")) - count(network) == 2 * (2 * 32 + 2 * 64 + 11 * 128)
    assert {each.padding_mode for each in network.modules() if isinstance(each, nn.Conv2d)} == {"zeros"}


def test_compact_is_compact() -> None:
    assert 100_000 <= count(build(name="compact")) <= 225_000


@torch.inference_mode()
def test_compact_begins_without_a_grid() -> None:
    # A picture of one color has nothing at any pixel that another pixel has not, but for the noise: away from
    # the borders, whose padding is seen, what comes out is of one color too. A shuffle of filters that differ
    # would show a grid.
    network = build(name="compact").eval()
    assert isinstance(network, Compact)
    network.convolutions[0].weight[:, -len(SCALES) :] = 0  # type: ignore[operator]
    made = network(torch.full((1, 3, 320, 320), 0.3))[..., 152:168, 152:168]
    torch.testing.assert_close(made, made[..., :1, :1].expand_as(made), atol=1e-5, rtol=0)


def test_compact_sees_164_pixels() -> None:
    image = picture(1, 3, 320, 320).requires_grad_()
    build(name="compact", norm="none").eval()(image)[..., 160, 160].sum().backward()
    assert image.grad is not None
    rows = image.grad.abs().amax((0, 1, 3)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 164


def test_every_network_has_its_default() -> None:
    assert set(NETWORKS) == set(ARCHITECTURES) == set(NAMES)
    for name in NAMES:
        for field, value in dataclasses.asdict(ARCHITECTURES[name]).items():
            assert getattr(NetworkConfig(**{"name": name, field: value}), field) == value
