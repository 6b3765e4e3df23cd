"""The three poolings: values by hand, gradients, shapes."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from impasto.studio.encoders.pooling import POOLING_SCALES, POOLINGS, Pooling, l2_pool

ALL: tuple[Pooling, ...] = ("max", "average", "l2")


@pytest.mark.parametrize(("pooling", "value"), [("max", 4.0), ("average", 2.0), ("l2", math.sqrt(26))])
def test_one_window_by_hand(pooling: Pooling, value: float) -> None:
    window = torch.tensor([[[[1.0, 3.0], [0.0, 4.0]]]])
    assert POOLINGS[pooling](window).item() == pytest.approx(value)


@pytest.mark.parametrize("pooling", ALL)
def test_gradcheck(pooling: Pooling) -> None:
    features = torch.rand(1, 2, 4, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) + 0.1
    features.requires_grad_()
    assert torch.autograd.gradcheck(POOLINGS[pooling], (features,))


@settings(deadline=None, max_examples=30)
@given(
    pooling=st.sampled_from(ALL),
    shape=st.tuples(st.integers(1, 2), st.integers(1, 3), st.integers(2, 9), st.integers(2, 9)),
)
def test_every_shape_is_halved_downward(pooling: Pooling, shape: tuple[int, int, int, int]) -> None:
    features = torch.rand(shape)
    pooled = POOLINGS[pooling](features)
    assert pooled.shape == (*shape[:2], shape[2] // 2, shape[3] // 2)
    assert (pooled <= 2 * features.max() + 1e-6).all()


def test_l2_is_the_norm_that_torch_computes() -> None:
    features = torch.rand(2, 3, 7, 6)
    torch.testing.assert_close(l2_pool(features), F.lp_pool2d(features, 2.0, 2))


def test_l2_has_a_finite_gradient_where_all_is_zero() -> None:
    features = torch.zeros(1, 1, 2, 4, requires_grad=True)
    (gradient,) = torch.autograd.grad(l2_pool(features).sum(), features)
    assert torch.equal(gradient, torch.zeros_like(features))


def test_l2_does_not_overflow_in_half_precision() -> None:
    features = torch.full((1, 1, 2, 2), 1000.0, dtype=torch.float16)
    assert l2_pool(features).item() == pytest.approx(2000.0)


def test_max_pooling_is_never_rescaled() -> None:
    assert set(POOLING_SCALES["max"]) == {1.0}
    assert set(POOLING_SCALES) == set(POOLINGS)
