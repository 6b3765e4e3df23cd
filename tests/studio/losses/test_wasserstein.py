"""The Wasserstein distance between Gaussians, and the style loss made of it."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import (
    WassersteinLoss,
    WassersteinMethod,
    channel_statistics,
    covariance_factor,
    wasserstein2,
    wasserstein_loss,
)

METHODS: list[WassersteinMethod] = ["polar", "newton-schulz", "eigh"]
EXACT: list[WassersteinMethod] = ["polar", "eigh"]


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussian(batch: int, size: int, seed: int) -> tuple[Tensor, Tensor]:
    factor = noise(batch, size, size, seed=seed)
    return noise(batch, size, seed=seed + 1), factor @ factor.mT + 0.01 * torch.eye(size, dtype=factor.dtype)


def root(matrix: Tensor) -> Tensor:
    values: Tensor
    vectors: Tensor
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt().unsqueeze(-2)) @ vectors.mT


def by_eigendecomposition(mean_a: Tensor, cov_a: Tensor, mean_b: Tensor, cov_b: Tensor) -> Tensor:
    shared = root(root(cov_b) @ cov_a @ root(cov_b))
    traces = (cov_a + cov_b - 2 * shared).diagonal(dim1=-2, dim2=-1).sum(-1)
    return (mean_a - mean_b).square().sum(-1) + traces


def power_covariance(size: int, seed: int) -> Tensor:
    basis: Tensor = torch.linalg.qr(noise(size, size, seed=seed)).Q
    values = torch.arange(1, size + 1, dtype=torch.float64) ** -1.5
    return ((basis * values) @ basis.mT + 1e-4 * values.mean() * torch.eye(size, dtype=torch.float64))[None]


@pytest.mark.parametrize("method", METHODS)
def test_by_hand(method: WassersteinMethod) -> None:
    mean_a, mean_b = torch.tensor([[1.0, 2]]), torch.tensor([[3.0, 2]])
    cov_a, cov_b = torch.tensor([[[4.0, 0], [0, 1]]]), torch.tensor([[[1.0, 0], [0, 9]]])
    # (1 - 3)^2, and (2 - 1)^2 + (1 - 3)^2 for the standard deviations
    torch.testing.assert_close(wasserstein2(mean_a, cov_a, mean_b, cov_b, method=method), torch.tensor([9.0]))


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(EXACT), st.integers(1, 3), st.integers(1, 6), st.integers(0, 99))
def test_over_shapes(method: WassersteinMethod, batch: int, size: int, seed: int) -> None:
    a, b = gaussian(batch, size, seed), gaussian(batch, size, seed + 100)
    distance = wasserstein2(*a, *b, method=method)
    torch.testing.assert_close(distance, by_eigendecomposition(*a, *b))
    torch.testing.assert_close(distance, wasserstein2(*b, *a, method=method))  # symmetric
    torch.testing.assert_close(wasserstein2(*a, *a, method=method), torch.zeros(batch, dtype=torch.float64))
    shared = tuple(part[:1] for part in b)
    torch.testing.assert_close(  # one target for a whole batch
        wasserstein2(*a, shared[0], shared[1], method=method), by_eigendecomposition(*a, *shared)
    )


@pytest.mark.parametrize("method", METHODS)
def test_gradients_in_all_four(method: WassersteinMethod) -> None:
    means = noise(2, 3), noise(1, 3, seed=1)
    factors = noise(2, 3, 3, seed=2), noise(1, 3, 3, seed=3)
    ridge = 0.5 * torch.eye(3, dtype=torch.float64)  # 12 steps of Newton-Schulz are exact for such conditions

    def distance(mean_a: Tensor, factor_a: Tensor, mean_b: Tensor, factor_b: Tensor) -> Tensor:
        covariances = [factor @ factor.mT + ridge for factor in (factor_a, factor_b)]
        return wasserstein2(mean_a, covariances[0], mean_b, covariances[1], method=method)

    inputs = tuple(part.requires_grad_() for part in (means[0], factors[0], means[1], factors[1]))
    assert torch.autograd.gradcheck(distance, inputs, atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_float32_resolves_ill_conditioned_covariances(seed: int) -> None:
    """Seed 0 compares equals, where the root of the product loses two percent of the trace in float32."""
    cov_a, cov_b = power_covariance(96, seed), power_covariance(96, 0)
    zero = torch.zeros(1, 96, dtype=torch.float64)
    exact = cov_a.clone().requires_grad_()
    torch.autograd.backward(by_eigendecomposition(zero, exact, zero, cov_b).sum())
    single = cov_a.float().requires_grad_()
    distance = wasserstein2(zero.float(), single, zero.float(), cov_b.float())
    torch.autograd.backward(distance.sum())
    expected = by_eigendecomposition(zero, cov_a, zero, cov_b)
    total = cov_b.diagonal(dim1=1, dim2=2).sum()
    assert (distance.detach().double() - expected).abs() < 3e-6 * total
    assert single.grad is not None
    assert exact.grad is not None
    weight = root(cov_b)  # the gradient acts on features, which are small where the covariance is
    assert ((single.grad - exact.grad) @ weight).norm() < 1e-3 * weight.norm()


@pytest.mark.parametrize("method", METHODS)
def test_the_loss_is_zero_for_the_style_itself(method: WassersteinMethod) -> None:
    style = noise(1, 4, 9, 9)
    loss = WassersteinLoss(*channel_statistics(style), method=method)
    torch.testing.assert_close(loss(style), torch.tensor(0.0, dtype=torch.float64), rtol=0, atol=1e-6)
    permuted = style.flatten(2)[..., torch.randperm(81, generator=torch.Generator().manual_seed(0))]
    assert loss(permuted.reshape(1, 4, 3, 27)) < 1e-6  # places do not matter


def test_the_loss_by_hand() -> None:
    features = torch.tensor([[1.0, -1], [2, 2]]).reshape(1, 2, 1, 2).double()  # means 0, 2, variances 1, 0
    mean, covariance = torch.tensor([[3.0, 2]]).double(), torch.diag(torch.tensor([4.0, 4]))[None].double()
    # ((0 - 3)^2 + (1 - 2)^2 + (0 - 2)^2) / 2 channels, but for the ridge
    assert wasserstein_loss(features, mean, covariance, ridge=1e-9).item() == pytest.approx(7, rel=1e-3)


def test_the_module_equals_the_function_and_gradcheck() -> None:
    features = noise(2, 3, 3, 4).requires_grad_()
    style = channel_statistics(noise(1, 3, 5, 5, seed=1))
    loss = WassersteinLoss(*style)
    torch.testing.assert_close(loss(features), wasserstein_loss(features, *style))
    assert torch.autograd.gradcheck(loss, features)


@pytest.mark.parametrize("method", METHODS)
def test_fewer_positions_than_channels(method: WassersteinMethod) -> None:
    features = noise(1, 32, 2, 3).float().relu().requires_grad_()
    style = noise(1, 32, 3, 3, seed=1).float().relu()
    value = WassersteinLoss(*channel_statistics(style), method=method)(features)
    torch.autograd.backward(value)
    assert features.grad is not None
    assert value.isfinite()
    assert features.grad.isfinite().all()
    assert features.grad.abs().sum() > 0


@pytest.mark.parametrize("level", [0.0, 0.3])
def test_a_flat_style_asks_for_no_variance(level: float) -> None:
    style = torch.full((1, 4, 5, 5), level)
    features = noise(1, 4, 5, 5).float().requires_grad_()
    mean, covariance = channel_statistics(features)
    expected = (mean - level).square().sum() + covariance.diagonal(dim1=1, dim2=2).sum()
    value = WassersteinLoss(*channel_statistics(style))(features)
    torch.testing.assert_close(value, expected / 4, rtol=1e-3, atol=1e-4)
    (grad,) = torch.autograd.grad(value, features)
    (wanted,) = torch.autograd.grad(expected / 4, features)
    torch.testing.assert_close(grad, wanted, rtol=1e-3, atol=1e-4)


def test_a_flat_style_needs_no_denormal_numbers() -> None:
    """Other libraries in the process may have the processor flush them to zero."""
    if not torch.set_flush_denormal(True):
        pytest.skip("this processor always has them")
    try:
        features = noise(1, 16, 1, 2).float().requires_grad_()
        value = WassersteinLoss(*channel_statistics(noise(1, 16, 1, 1, seed=1).float()))(features)
        (grad,) = torch.autograd.grad(value, features)
    finally:
        torch.set_flush_denormal(False)
    assert value.isfinite()
    assert grad.isfinite().all()


def test_descent_reaches_the_style_moments() -> None:
    style = noise(1, 6, 16, 16).float().relu() @ torch.rand(
        16, 16, generator=torch.Generator().manual_seed(2)
    )
    loss = WassersteinLoss(*channel_statistics(style))
    features = noise(1, 6, 12, 12, seed=1).float().requires_grad_()
    optimizer = torch.optim.LBFGS([features], max_iter=60, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        value: Tensor = loss(features)
        torch.autograd.backward(value)
        return value

    first = loss(features).item()
    optimizer.step(closure)  # type: ignore[no-untyped-call]
    assert loss(features).item() < 1e-4 * first


def test_factor_of_what_rounding_made_indefinite() -> None:
    vectors = torch.linalg.qr(noise(5, 5)).Q
    matrix = ((vectors * torch.tensor([1.0, 0.5, 0, 0, -1e-8])) @ vectors.mT)[None].float()
    factor = covariance_factor(matrix)
    torch.testing.assert_close(factor @ factor.mT, matrix, rtol=0, atol=1e-5)
    assert covariance_factor(torch.full((1, 2, 2), torch.nan)).isnan().all()


def test_autocast_changes_nothing() -> None:
    features = noise(1, 4, 9, 9).float().requires_grad_()
    loss = WassersteinLoss(*channel_statistics(noise(1, 4, 9, 9, seed=1).float()))
    expected = loss(features)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        actual = loss(features)
    torch.testing.assert_close(actual, expected, rtol=0, atol=0)


def test_errors_name_the_choices() -> None:
    style = channel_statistics(noise(1, 3, 4, 4))
    with pytest.raises(ConfigError, match="'svd'; choose one of polar, newton-schulz, eigh"):
        wasserstein2(*style, *style, method="svd")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="ridge is 0"):
        WassersteinLoss(*style, ridge=0)
    with pytest.raises(ConfigError, match=r"\(1, 2, 4, 4\) and \(1, 3, 3\)"):
        WassersteinLoss(*style)(noise(1, 2, 4, 4))


def test_wasserstein_of_a_style_of_one_position_is_finite() -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        single = torch.rand(1, 16, 1, 1, generator=generator) * (
            torch.rand(1, 16, 1, 1, generator=generator) > 0.5
        )
        features = torch.rand(1, 16, 2, 2, generator=generator).requires_grad_()
        loss = WassersteinLoss(*channel_statistics(100 * single))(100 * features)
        (gradient,) = torch.autograd.grad(loss, features)
        assert torch.isfinite(loss)
        assert torch.isfinite(gradient).all()
