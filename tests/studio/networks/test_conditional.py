"""One network for every style: what a code changes, what it leaves, and that compact is in it."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from impasto.studio.networks import ARCHITECTURES
from impasto.studio.networks.compact import Compact
from impasto.studio.networks.conditional import TERMS, Conditional
from impasto.studio.networks.fitted import Fitted
from impasto.studio.networks.noise import SCALES
from impasto.studio.networks.space import StyleSpace
from impasto.studio.networks.style_encoder import StyleEncoder

SMALL = replace(ARCHITECTURES["compact"], channels=8, blocks=2)
MOVED = 3 * 8 + 2 * 12
"""Channels of the normalizations: at a quarter of the resolution, and at an eighth."""


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture(*size: int, seed: int = 1) -> Tensor:
    return torch.rand(*size, generator=seeded(seed))


@pytest.fixture
def network() -> Conditional:
    torch.manual_seed(0)
    return Conditional(SMALL).eval()


def code_of(network: Conditional, seed: int = 2) -> Tensor:
    return 0.3 * torch.randn(network.code_size, generator=seeded(seed))


def test_a_code_has_a_number_for_all_that_it_moves(network: Conditional) -> None:
    # 3 normalizations of 8 channels and 2 of 12, 10 convolutions with their terms, 3 colors.
    assert network.code_size == 2 * MOVED + 10 * TERMS + 2 * 3
    quarter, eighth = 8 * 8 * 9, 12 * 12 * 9
    first, down, up, last = (48 + len(SCALES)) * 8 * 9, 8 * 12 * 9, 12 * 8 * 9, 8 * 48 * 9
    assert network.delta_size == first + 4 * quarter + down + 2 * eighth + up + last


def deafen(network: Conditional) -> Conditional:
    """Take the noise away, but for what a code's shares add of it."""
    first: Any = network.convolutions[0]
    first.weight.data[:, -len(SCALES) :] = 0
    return network


@torch.no_grad()
def test_without_a_code_it_is_a_compact_network(network: Conditional) -> None:
    compact = Compact(SMALL).eval()
    compact.convolutions.load_state_dict(network.convolutions.state_dict())
    compact.last.load_state_dict(network.last.state_dict())
    image = picture(2, 3, 37, 26)
    made = network(image, torch.zeros(network.code_size))
    torch.testing.assert_close(made, compact(image))


@torch.no_grad()
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (5, 1), (8, 8), (17, 31)])
def test_any_size_keeps_its_shape_and_range(network: Conditional, size: tuple[int, int]) -> None:
    image = picture(2, 3, *size)
    made = network(image, code_of(network))
    assert made.shape == image.shape
    assert made.dtype == torch.float32
    assert 0 <= float(made.min()) <= float(made.max()) <= 1


@torch.inference_mode()
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 8), (17, 31)])
def test_levels_are_painted_as_numbers_are(network: Conditional, size: tuple[int, int]) -> None:
    levels = (255 * picture(1, *size, 3)).to(torch.uint8)
    code, delta = code_of(network), 0.1 * torch.randn(network.delta_size, generator=seeded(3))
    for given in [(code,), (code, delta)]:
        numbers = network(levels.permute(0, 3, 1, 2) / 255.0, *given).permute(0, 2, 3, 1) * 255
        assert float((network.paint(levels, *given) - numbers).abs().max()) < 0.51


@torch.no_grad()
def test_even_areas_are_given_something_to_paint_with(network: Conditional) -> None:
    gray = torch.full((1, 3, 64, 64), 0.5)
    made = network(gray, code_of(network))
    cells = made.unfold(2, 4, 4).unfold(3, 4, 4)[:, :, 2:-2, 2:-2]
    assert cells.std((2, 3)).mean() > 1e-3  # blocks of pixels differ from each other
    assert torch.equal(network(gray, code_of(network)), made)


@torch.no_grad()
def test_every_part_of_a_code_matters(network: Conditional) -> None:
    image, code = picture(1, 3, 24, 24), code_of(network)
    plain = network(image, code)
    moved = 2 * MOVED
    parts = {"scale": 0, "shift": moved // 2, "share": moved, "contrast": -6, "tint": -1}
    for name, index in parts.items():
        changed = code.clone()
        changed[index] += 1
        assert (network(image, changed) - plain).abs().max() > 1e-4, name


@torch.no_grad()
def test_a_share_of_a_term_is_an_outer_product_added_to_the_filters(network: Conditional) -> None:
    code, delta = torch.zeros(network.code_size), torch.zeros(network.delta_size)
    code[2 * MOVED + 3] = 0.7  # the fourth term of the first convolution
    outer = 0.7 * torch.outer(network.ups[0][3], network.downs[0][3])
    delta[: outer.numel()] = outer.flatten()
    image = picture(1, 3, 24, 24)
    with_share = network(image, code)
    torch.testing.assert_close(with_share, network(image, torch.zeros_like(code), delta))
    assert (with_share - network(image, torch.zeros_like(code))).abs().max() > 1e-4


@torch.no_grad()
def test_without_its_noise_even_colors_stay_even_whatever_the_code(network: Conditional) -> None:
    code = code_of(network)
    code[-6 - TERMS * len(network.shapes) : -6] = 0
    made = deafen(network)(picture(1, 3, 1, 1).expand(1, 3, 216, 216), code)
    middle = made[..., 100:116, 100:116]
    assert (middle - middle[..., :1, :1]).abs().max() < 1e-5


def test_gradients_reach_the_code_and_the_weights(network: Conditional) -> None:
    code = code_of(network).requires_grad_()
    network(picture(1, 3, 24, 24), code).square().mean().backward()
    assert code.grad is not None
    assert bool((code.grad != 0).float().mean() > 0.9)
    for name, weight in network.named_parameters():
        if name != "last.bias" and not name.startswith("convolutions.0.bias"):
            assert weight.grad is not None, name


@torch.no_grad()
def test_paintings_are_told_apart_and_strokes_too() -> None:
    torch.manual_seed(0)
    encoder = StyleEncoder(20).eval()
    paintings = [picture(1, 3, 40, 50, seed=seed) ** (1 + seed) for seed in range(6)]
    blunt = torch.cat([encoder.statistics(each) for each in paintings])
    encoder.tell_apart(paintings)
    known = (blunt - encoder.center) @ encoder.basis
    kept = known[:, :5]
    torch.testing.assert_close(kept.mean(0), torch.zeros(5), atol=1e-3, rtol=0)
    assert (known[:, 5:] == 0).all(), "six paintings differ in five directions"
    assert float(kept[:, 0].square().mean()) == pytest.approx(1, abs=0.01)
    one, other = (encoder(each, torch.zeros(1)) for each in paintings[:2])
    assert (one - other).abs().max() > 1e-2
    assert not torch.equal(one, encoder(paintings[0], torch.ones(1)))


@torch.no_grad()
def test_the_encoder_sees_no_layout() -> None:
    torch.manual_seed(0)
    encoder, painting = StyleEncoder(20).eval(), picture(1, 3, 64, 64)
    turned = encoder(painting.flip(3), torch.zeros(1))
    torch.testing.assert_close(encoder(painting, torch.zeros(1)).mean(), turned.mean(), atol=0.02, rtol=0)


@torch.no_grad()
def test_a_space_paints_each_group_in_its_own_style() -> None:
    torch.manual_seed(0)
    space = StyleSpace(SMALL).eval()
    space.encode.straight.weight.normal_(std=0.3)
    photos, looks = picture(4, 3, 24, 24), [picture(1, 3, 30, 40), picture(1, 3, 50, 33, seed=5)]
    strokes = torch.tensor([0.0, 1.0])
    made = space(photos, looks, strokes)
    for group in range(2):
        code = space.encode(looks[group], strokes[group : group + 1])[0]
        part = slice(2 * group, 2 * group + 2)
        torch.testing.assert_close(made[part], space.transform(photos[part], code))
    assert (made[:2] - space(photos, looks[::-1], strokes)[:2]).abs().max() > 1e-3


def test_what_is_fitted_begins_as_the_code_alone_and_leaves_the_base(network: Conditional) -> None:
    code = code_of(network)
    fitted = Fitted(network, code, rank=3)
    image = picture(1, 3, 24, 24)
    torch.testing.assert_close(fitted(image), network(image, code))
    kept = {name: value.clone() for name, value in network.state_dict().items()}
    trained = [each for each in fitted.parameters() if each.requires_grad]
    assert sum(each.numel() for each in trained) < 0.8 * network.delta_size
    optimizer = torch.optim.Adam(trained, 0.05)
    for _ in range(3):
        optimizer.zero_grad()
        fitted(image).square().mean().backward()
        optimizer.step()
    assert all(torch.equal(value, kept[name]) for name, value in network.state_dict().items())
    with torch.no_grad():
        delta = torch.cat([(up @ down).flatten() for up, down in fitted.filters])
        assert delta.abs().max() > 1e-4
        torch.testing.assert_close(fitted(image), network(image, fitted.code, delta))
        assert (fitted(image) - network(image, code)).abs().max() > 1e-3


def test_rank_0_is_a_code_alone(network: Conditional) -> None:
    fitted = Fitted(network, code_of(network), rank=0)
    assert fitted.delta is None
    assert fitted.filters == []
    assert [name for name, each in fitted.named_parameters() if each.requires_grad] == ["moved"]


@torch.no_grad()
def test_folded_it_is_a_compact_network_of_one_style(network: Conditional) -> None:
    image, code = picture(2, 3, 37, 26), code_of(network)
    delta = 0.1 * torch.randn(network.delta_size, generator=seeded(4))
    compact = Compact(SMALL).eval()
    compact.load_state_dict(network.folded(code, delta))
    torch.testing.assert_close(compact(image), network(image, code, delta))
    compact.load_state_dict(network.folded(code))
    torch.testing.assert_close(compact(image), network(image, code))
