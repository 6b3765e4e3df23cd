"""FISTA: its closed form, its optimum, and that no picture's objective ever rises."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.reveal.sparse import (
    analyze,
    fista,
    lipschitz_bound,
    objective,
    random_filters,
    sparse_codes,
    synthesize,
)


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filters(count: int, channels: int, size: int, seed: int = 0) -> Tensor:
    return random_filters(count, channels, size, torch.Generator().manual_seed(seed)).double()


def test_the_objective_by_hand() -> None:
    maps = torch.tensor([1.0, -2, 0, 0]).view(1, 1, 2, 2)
    made, picture = torch.tensor([[[[3.0]]]]), torch.tensor([[[[1.0]]]])
    assert objective(maps, made, picture, 0.5).item() == 0.5 / 2 * 4 + 3


def test_a_filter_of_one_pixel_is_soft_thresholding() -> None:
    pictures = noise(2, 1, 4, 5)
    codes = sparse_codes(pictures, torch.ones(1, 1, 1, 1, dtype=torch.float64), weight=2.0, steps=200)
    expected = pictures.sign() * (pictures.abs() - 1 / 2).clamp(min=0)
    torch.testing.assert_close(codes.maps, expected, rtol=0, atol=1e-6)
    assert codes.sparsity == pytest.approx((expected == 0).double().mean().item())


@pytest.mark.parametrize("channels", [1, 3])
def test_the_optimum_satisfies_its_conditions(channels: int) -> None:
    pictures, dictionary, weight = noise(2, channels, 8, 7), filters(3, channels, 3), 2.0
    codes = sparse_codes(pictures, dictionary, weight=weight, steps=3000)
    pull = weight * analyze(pictures - codes.reconstruction, dictionary)
    assert pull.abs().max() <= 1 + 1e-5
    active = codes.maps != 0
    assert 0 < active.sum() < active.numel()
    torch.testing.assert_close(pull[active], codes.maps[active].sign(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_objective_rises_and_each_is_what_it_says(dtype: torch.dtype) -> None:
    pictures = (noise(3, 1, 12, 12) * torch.tensor([0.3, 1, 5]).view(3, 1, 1, 1)).to(dtype)
    dictionary = filters(4, 1, 5).to(dtype)
    history = list(fista(pictures, dictionary, weight=3.0, steps=150))
    assert len(history) > 100
    for before, after in pairwise(history):
        assert bool((after.objective <= before.objective).all())
    last = history[-1]
    torch.testing.assert_close(last.reconstruction, synthesize(last.maps, dictionary), rtol=1e-4, atol=1e-4)
    expected = 1.5 * (last.reconstruction - pictures).square().sum((1, 2, 3)) + last.maps.abs().sum((1, 2, 3))
    torch.testing.assert_close(last.objective, expected.double(), rtol=1e-5, atol=1e-5)


def plain_steps(pictures: Tensor, dictionary: Tensor, weight: float, steps: int) -> float:
    bound = lipschitz_bound(dictionary)
    maps = torch.zeros_like(analyze(pictures, dictionary))
    for _ in range(steps):
        moved = maps - analyze(synthesize(maps, dictionary) - pictures, dictionary) / bound
        maps = torch.nn.functional.softshrink(moved, 1 / (weight * bound))
    return float(objective(maps, synthesize(maps, dictionary), pictures, weight).sum())


def test_momentum_pays() -> None:
    pictures, dictionary = noise(1, 1, 12, 12), filters(4, 1, 5)
    best = float(sparse_codes(pictures, dictionary, weight=20.0, steps=3000).objective.sum())
    fast = float(sparse_codes(pictures, dictionary, weight=20.0, steps=60).objective.sum())
    assert fast - best < 0.2 * (plain_steps(pictures, dictionary, 20.0, 60) - best)


def by_the_book(picture: Tensor, dictionary: Tensor, weight: float, steps: int) -> tuple[Tensor, int]:
    """FISTA of one picture, the synthesis done anew wherever it is needed; its maps and its restarts."""
    bound, restarts, momentum = lipschitz_bound(dictionary), 0, 1.0
    maps = ahead = torch.zeros_like(analyze(picture, dictionary))
    for _ in range(steps):
        moved = ahead - analyze(synthesize(ahead, dictionary) - picture, dictionary) / bound
        new = torch.nn.functional.softshrink(moved, 1 / (weight * bound))
        if value(new, dictionary, picture, weight) > value(maps, dictionary, picture, weight):
            ahead, momentum, restarts = maps, 1.0, restarts + 1
            continue
        following = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = new + (momentum - 1) / following * (new - maps)
        maps, momentum = new, following
    return maps, restarts


def value(maps: Tensor, dictionary: Tensor, picture: Tensor, weight: float) -> float:
    return float(objective(maps, synthesize(maps, dictionary), picture, weight))


def test_against_the_book_through_restarts() -> None:
    pictures, dictionary = noise(2, 1, 7, 7), filters(2, 1, 3)
    pictures[1] *= 3
    both = sparse_codes(pictures, dictionary, weight=2.0, steps=150)
    for picture, maps in zip(torch.split(pictures, 1), both.maps, strict=True):
        expected, restarts = by_the_book(picture, dictionary, 2.0, 150)
        assert restarts > 0
        torch.testing.assert_close(maps[None], expected, rtol=0, atol=1e-8)
        alone = sparse_codes(picture, dictionary, weight=2.0, steps=150).maps
        torch.testing.assert_close(alone, expected, rtol=0, atol=1e-8)


def test_one_picture_does_not_change_another() -> None:
    pictures, dictionary = noise(2, 1, 9, 9), filters(3, 1, 3)
    pictures[1] *= 20
    both = sparse_codes(pictures, dictionary, weight=1.0, steps=40)
    alone = sparse_codes(pictures[:1], dictionary, weight=1.0, steps=40)
    torch.testing.assert_close(both.maps[:1], alone.maps)


def test_maps_to_start_from_are_where_it_starts() -> None:
    pictures, dictionary = noise(1, 1, 9, 9), filters(3, 1, 3)
    early = sparse_codes(pictures, dictionary, weight=1.0, steps=20)
    start = next(fista(pictures, dictionary, weight=1.0, steps=5, maps=early.maps))
    torch.testing.assert_close(start.maps, early.maps, rtol=0, atol=0)
    torch.testing.assert_close(start.objective, early.objective)
    assert sparse_codes(pictures, dictionary, weight=1.0, steps=0, maps=early.maps).sparsity == early.sparsity


def test_it_ends_where_nothing_moves() -> None:
    assert len(list(fista(torch.zeros(1, 1, 6, 6), torch.ones(1, 1, 3, 3), weight=1.0, steps=50))) <= 51
    still = list(fista(noise(1, 1, 6, 6), torch.zeros(2, 1, 3, 3, dtype=torch.float64), weight=1.0, steps=9))
    assert len(still) == 1  # filters that make nothing


def test_what_is_not_valid_is_refused() -> None:
    pictures, dictionary = torch.zeros(1, 1, 6, 6), torch.ones(2, 1, 3, 3)
    with pytest.raises(ConfigError, match="weight 0"):
        sparse_codes(pictures, dictionary, weight=0, steps=1)
    with pytest.raises(ConfigError, match="-1 steps"):
        sparse_codes(pictures, dictionary, weight=1, steps=-1)
    with pytest.raises(ConfigError, match="1 channels and filters 2"):
        sparse_codes(pictures, torch.ones(2, 2, 3, 3), weight=1, steps=1)
    with pytest.raises(ConfigError, match="square filters"):
        sparse_codes(pictures, torch.ones(2, 1, 3, 4), weight=1, steps=1)
    with pytest.raises(ConfigError, match=r"take \(1, 2, 8, 8\)"):
        sparse_codes(pictures, dictionary, weight=1, steps=1, maps=torch.zeros(1, 2, 6, 6))
