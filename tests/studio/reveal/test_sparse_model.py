"""The convolutional model: what it makes by hand, its adjoints, and the bound on its norm."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import (
    analyze,
    correlate_maps,
    lipschitz_bound,
    map_size,
    psnr,
    synthesize,
)

SHAPES = st.tuples(
    st.integers(1, 3),  # pictures
    st.integers(1, 4),  # filters
    st.integers(1, 3),  # channels
    st.integers(1, 5),  # size of the filters
    st.integers(5, 9),  # height
    st.integers(5, 9),  # width
)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_coefficient_paints_its_filter_upright(channels: int) -> None:
    filters = noise(2, channels, 3, 3)
    maps = torch.zeros(1, 2, 8, 9, dtype=torch.float64)
    maps[0, 1, 4, 5] = 2
    picture = synthesize(maps, filters)
    assert picture.shape == (1, channels, 6, 7)
    expected = torch.zeros_like(picture)
    expected[0, :, 2:5, 3:6] = 2 * filters[1]
    torch.testing.assert_close(picture, expected)


@pytest.mark.parametrize("channels", [1, 2])
def test_every_pixel_is_covered_by_every_tap(channels: int) -> None:
    height, width = map_size((4, 7), 3)
    covered = synthesize(torch.ones(1, 5, height, width), torch.ones(5, channels, 3, 3))
    torch.testing.assert_close(covered, torch.full((1, channels, 4, 7), 5.0 * 9))


@settings(max_examples=30)
@given(SHAPES, st.integers(0, 99))
def test_adjoints_are_exact(shape: tuple[int, int, int, int, int, int], seed: int) -> None:
    count, kinds, channels, size, height, width = shape
    filters = noise(kinds, channels, size, size, seed=seed)
    maps = noise(count, kinds, *map_size((height, width), size), seed=seed + 1)
    pictures = noise(count, channels, height, width, seed=seed + 2)
    product = (synthesize(maps, filters) * pictures).sum()
    torch.testing.assert_close((maps * analyze(pictures, filters)).sum(), product, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(
        (filters * correlate_maps(maps, pictures)).sum(), product, rtol=1e-10, atol=1e-10
    )


@pytest.mark.parametrize(("channels", "excess"), [(1, 1.05), (3, 1.35)])
def test_the_bound_holds_and_is_near(channels: int, excess: float) -> None:
    filters = noise(4, channels, 5, 5)
    maps = noise(1, 4, *map_size((64, 64), 5))
    largest = 0.0
    for _ in range(200):
        maps = maps / maps.norm()
        raised = analyze(synthesize(maps, filters), filters)
        largest = float((maps * raised).sum())
        maps = raised
    bound = lipschitz_bound(filters)
    assert largest <= bound
    assert bound < excess * 1.02 * largest  # 64 pixels are nearly the plane


def test_the_bound_holds_between_the_points_of_its_grid() -> None:
    """A filter whose spectrum peaks half way between two frequencies of the grid."""
    size = 4
    offsets = torch.arange(size, dtype=torch.float64)
    wave = torch.cos(2 * math.pi * (10.5 / (16 * size)) * offsets)
    taps = wave[:, None] * wave
    frequencies = torch.fft.fft2(taps, (2048, 2048)).abs().square().max()
    assert lipschitz_bound(taps[None, None]) >= float(frequencies)


def test_the_bound_of_nothing_is_zero() -> None:
    assert lipschitz_bound(torch.zeros(2, 1, 3, 3)) == 0


def test_psnr_by_hand() -> None:
    reference = torch.tensor([0.0, 2])
    assert psnr(reference + 0.1, reference, peak=1) == pytest.approx(20, abs=1e-4)
    assert psnr(reference + 0.2, reference) == pytest.approx(20, abs=1e-4)  # the range is 2
    assert psnr(reference, reference) == math.inf
    assert psnr(torch.ones(2), torch.zeros(2)) == -math.inf


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigError, match="3 maps meet 2 filters"):
        synthesize(torch.zeros(1, 3, 9, 9), torch.zeros(2, 1, 3, 3))
    with pytest.raises(ConfigError, match="2 x 9 are smaller than the filters of 3 x 3"):
        synthesize(torch.zeros(1, 2, 2, 9), torch.zeros(2, 1, 3, 3))
