"""The texture loss: by hand, by the book in both of its forms, and its gradient."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from impasto.errors import ConfigError
from impasto.studio.losses import gram_matrix, texture_loss


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def by_the_book(features: Tensor, target: Tensor, side: int) -> Tensor:
    rows, columns = (size // side for size in features.shape[2:])
    squares = []
    for row in range(rows):
        for column in range(columns):
            place = (..., slice(row * side, (row + 1) * side), slice(column * side, (column + 1) * side))
            squares.append(F.mse_loss(gram_matrix(features[place]), gram_matrix(target[place])))
    return torch.stack(squares).mean()


def test_by_hand() -> None:
    """Two patches of two places, one channel: means of squares 5 / 2 and 25 / 2, and of nothing 0."""
    features = torch.tensor([[[[1.0, 2.0, 3.0, 4.0, 9.0]]]]).expand(1, 1, 2, 5)
    found = texture_loss(features, torch.zeros_like(features), 2)
    assert found.item() == pytest.approx((2.5**2 + 12.5**2) / 2)


@given(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_of_more_channels_than_places_and_of_fewer(
    count: int, channels: int, height: int, width: int, side: int
) -> None:
    shape = (count, channels, height + side, width + side)
    features, target = noise(*shape), noise(*shape, seed=1)
    found = texture_loss(features, target, side)
    torch.testing.assert_close(found, by_the_book(features, target, side))
    assert texture_loss(features, features, side).item() == pytest.approx(0, abs=1e-12)


def test_detail_may_lie_anywhere_in_its_patch() -> None:
    features = noise(1, 3, 8, 8)
    moved = features.view(1, 3, 8, 2, 4).flip(4).view(1, 3, 8, 8)  # each patch mirrored
    assert texture_loss(moved, features, 4).item() == pytest.approx(0, abs=1e-12)
    assert texture_loss(features.roll(4, 3), features, 4).item() > 0.01


@pytest.mark.parametrize("channels", [2, 9])
def test_gradients(channels: int) -> None:
    features, target = noise(1, channels, 5, 4).requires_grad_(), noise(1, channels, 5, 4, seed=1)
    assert torch.autograd.gradcheck(lambda each: texture_loss(each, target, 2), (features,))


@pytest.mark.parametrize("channels", [4, 40])
def test_half_precision_is_summed_in_full(channels: int) -> None:
    features, target = (noise(1, channels, 8, 8, seed=seed).bfloat16() for seed in (0, 1))
    features = features.to(memory_format=torch.channels_last)
    found = texture_loss(features, target, 4)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, texture_loss(features.float(), target.float(), 4))
    with torch.autocast("cpu", torch.bfloat16):
        assert texture_loss(features, target, 4).item() == found.item()


@pytest.mark.parametrize(("shape", "side"), [((1, 2, 4, 4), 5), ((1, 2, 4, 4), 0), ((1, 3, 4, 4), 2)])
def test_what_does_not_fit_is_refused(shape: tuple[int, ...], side: int) -> None:
    with pytest.raises(ConfigError, match=f"patches of {side} for maps of"):
        texture_loss(torch.zeros(1, 2, 4, 4), torch.zeros(shape), side)
