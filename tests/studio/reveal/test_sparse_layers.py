"""Two layers: coded from the pixels up, taken down again, and shown in pixels."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import (
    DictionaryLearner,
    Pooling,
    SparseConfig,
    SparseLayer,
    encode_layers,
    layer_inputs,
    project_down,
    project_filters,
    psnr,
    random_filters,
    receptive_size,
    sparse_codes,
    synthesize,
)

POOLINGS = [None, Pooling(maps=2, space=2)]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def random_layer(count: int, channels: int, seed: int, pooling: Pooling | None = None) -> SparseLayer:
    filters = random_filters(count, channels, 3, torch.Generator().manual_seed(seed)).double()
    return SparseLayer(filters=filters, weight=5.0, pooling=pooling, scale=0.5 if seed else 1.0)


def stack(pooling: Pooling | None) -> list[SparseLayer]:
    return [random_layer(4, 1, 0), random_layer(3, 4 if pooling is None else 2, 1, pooling)]


def test_layers_without_pooling_are_convolutions() -> None:
    layers, pictures = stack(None), noise(2, 1, 10, 10)
    codes = encode_layers(pictures, layers, steps=10)
    assert [tuple(code.maps.shape) for code in codes] == [(2, 4, 12, 12), (2, 3, 14, 14)]
    first = sparse_codes(pictures, layers[0].filters, weight=5.0, steps=10)
    torch.testing.assert_close(codes[0].maps, first.maps)
    second = sparse_codes(first.maps / 0.5, layers[1].filters, weight=5.0, steps=10)
    torch.testing.assert_close(codes[1].maps, second.maps)
    top = noise(2, 3, 14, 14, seed=3)
    expected = synthesize(0.5 * synthesize(top, layers[1].filters), layers[0].filters)
    torch.testing.assert_close(project_down(top, layers, codes), expected)


def test_pooled_maps_go_down_through_their_switches() -> None:
    pooling = Pooling(maps=2, space=2)
    layers, pictures = stack(pooling), noise(2, 1, 10, 10)
    codes = encode_layers(pictures, layers, steps=10)
    assert codes[1].inputs.shape == (2, 2, 6, 6)
    # Maps that make the inputs exactly would give back what pooling kept of the first layer's maps.
    exact = SparseLayer(
        filters=torch.eye(2, dtype=torch.float64).view(2, 2, 1, 1), weight=1.0, pooling=pooling, scale=0.5
    )
    down = project_down(codes[1].inputs, [layers[0], exact], codes)
    kept = torch.zeros_like(codes[0].maps)
    blocks = codes[0].maps.view(2, 2, 2, 6, 2, 6, 2)
    largest = blocks.abs().amax((2, 4, 6), keepdim=True)
    kept = torch.where((blocks.abs() == largest) & (largest > 0), blocks, 0.0).reshape(kept.shape)
    torch.testing.assert_close(down, synthesize(kept, layers[0].filters))


@pytest.mark.parametrize("pooling", POOLINGS)
def test_filters_are_shown_where_they_paint(pooling: Pooling | None) -> None:
    """The crop holds all that the strongest coefficient paints, for one that is well inside."""
    layers, pictures = stack(pooling), noise(3, 1, 24, 24)
    pictures[:, :, :8] = 0
    pictures[:, :, -8:] = 0
    pictures[..., :8] = 0
    pictures[..., -8:] = 0
    codes = encode_layers(pictures, layers, steps=30)
    shown = project_filters(layers, codes)
    size = receptive_size(layers)
    assert size == (5 if pooling is None else 3 * 2 + 2)
    assert shown.shape == (3, 1, size, size)
    for index in range(3):
        strength = codes[1].maps[:, index].abs()
        alone = torch.zeros_like(codes[1].maps)
        alone[:, index] = torch.where(strength == strength.max(), strength, 0.0)
        assert int((alone != 0).sum()) == 1
        painted = project_down(alone, layers, codes)
        torch.testing.assert_close(shown[index].square().sum(), painted.square().sum())
        torch.testing.assert_close(shown[index].sum(), painted.sum())  # made positive
        assert shown[index].abs().max() > 0


def test_a_filter_at_the_border_is_cut_where_the_picture_ends() -> None:
    layer = SparseLayer(filters=torch.ones(1, 1, 3, 3), weight=50.0)
    picture = torch.zeros(1, 1, 6, 6)
    picture[0, 0, 0, 0] = 1
    codes = encode_layers(picture, [layer], steps=300)
    shown = project_filters([layer], codes)[0, 0]
    strength = codes[0].maps.max()
    expected = torch.zeros(3, 3)
    expected[2, 2] = strength
    torch.testing.assert_close(shown, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_a_second_layer_learns_what_first_ones_do_together(pooling: Pooling | None) -> None:
    pictures = noise(2, 1, 18, 18).float()
    first = SparseConfig(filters=4, size=3, weight=5.0, iterations=5, code_steps=5, filter_steps=3)
    bottom = SparseLayer(filters=DictionaryLearner(pictures, first).run(), weight=5.0)
    below = encode_layers(pictures, [bottom], steps=60)[0].maps
    inputs, switches, scale = layer_inputs(below, pooling)
    assert inputs.square().mean().sqrt().item() == pytest.approx(1, rel=1e-4)
    assert (switches is None) == (pooling is None)
    second = replace(first, filters=8, connections=2, iterations=20)
    learner = DictionaryLearner(inputs, second)
    top = SparseLayer(filters=learner.run(), weight=5.0, pooling=pooling, scale=scale)
    codes = encode_layers(pictures, [bottom, top], steps=60)
    torch.testing.assert_close(codes[1].inputs, inputs)
    rebuilt = project_down(codes[1].maps, [bottom, top], codes)
    assert psnr(rebuilt, pictures) > psnr(torch.zeros_like(pictures), pictures) + 1


def test_the_scale_of_nothing_is_one() -> None:
    inputs, switches, scale = layer_inputs(torch.zeros(1, 2, 4, 4))
    assert (scale, switches) == (1.0, None)
    assert inputs.abs().max() == 0


def test_what_does_not_fit_is_refused() -> None:
    layers = stack(None)
    with pytest.raises(ConfigError, match="0 layers"):
        encode_layers(noise(1, 1, 9, 9), [])
    with pytest.raises(ConfigError, match="channels"):
        encode_layers(noise(1, 2, 9, 9), layers)
    codes = encode_layers(noise(1, 1, 9, 9), layers, steps=1)
    with pytest.raises(ConfigError, match="1 layers have codes of 2"):
        project_down(codes[1].maps, layers[:1], codes)
