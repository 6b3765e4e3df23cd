"""What repeats with the blocks of pixels: by hand, of a weave and of detail, and its gradient."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import grid_loss


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_by_hand() -> None:
    """One pixel of four is brighter by 4: from the mean of 1 its place is 3 away, and the others are 1."""
    made = torch.tensor([[4.0, 0.0], [0.0, 0.0]]).repeat(3, 3)[None, None]
    found = grid_loss(made, torch.zeros_like(made), 2)
    assert found.item() == pytest.approx((9 + 1 + 1 + 1) / 4)


@given(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_of_any_shape(side: int, rows: int, columns: int, around: int) -> None:
    shape = (2, 3, side * rows, side * columns)
    made, photo = noise(*shape), noise(*shape, seed=1)
    assert grid_loss(photo, photo, side, around=around).item() == 0
    assert grid_loss(photo + 0.5, photo, side, around=around).item() == pytest.approx(0, abs=1e-12)
    found = grid_loss(made, photo, side, around=around).item()
    assert (found == pytest.approx(0, abs=1e-12)) == (side == 1)  # of one pixel there is no pattern


def test_a_weave_costs_more_than_detail_of_the_same_size() -> None:
    photo = torch.zeros(1, 1, 64, 64, dtype=torch.float64)
    tile = noise(1, 1, 4, 4)
    weave = (tile - tile.mean()) / tile.std(correction=0)
    detail = noise(1, 1, 64, 64)
    assert grid_loss(weave.repeat(1, 1, 16, 16), photo, 4).item() == pytest.approx(1)
    assert grid_loss(detail, photo, 4).item() < 0.06  # a 25th of it, as 25 blocks are averaged


def test_gradients() -> None:
    made, photo = noise(1, 2, 8, 8).requires_grad_(), noise(1, 2, 8, 8, seed=1)
    assert torch.autograd.gradcheck(lambda each: grid_loss(each, photo, 2, around=3), (made,))


@pytest.mark.parametrize(("side", "around"), [(3, 5), (0, 5), (2, 0)])
def test_what_does_not_fit_is_refused(side: int, around: int) -> None:
    with pytest.raises(ConfigError, match=f"blocks of {side} and {around} of them around"):
        grid_loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8), side, around=around)
