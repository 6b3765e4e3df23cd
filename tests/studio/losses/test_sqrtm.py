"""Matrix square roots against an eigendecomposition, in value and gradient."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from impasto.errors import ConfigError
from impasto.studio.losses import SqrtmMethod, sqrtm

METHODS: list[SqrtmMethod] = ["newton-schulz", "eigh"]


def spectrum(name: str, size: int) -> Tensor:
    """Eigenvalues as feature covariances have them; the last is rank-deficient with a ridge."""
    order = torch.arange(1, size + 1, dtype=torch.float64)
    ridge = 1e-4 * torch.ones(size, dtype=torch.float64)
    low_rank = torch.where(order <= size // 3, 1 + ridge, ridge)
    return {"flat": 0.5 + order / size, "power": order**-1.5, "low-rank": low_rank}[name]


def with_spectrum(values: Tensor, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(values), len(values), generator=generator, dtype=values.dtype)
    basis: Tensor = torch.linalg.qr(noise).Q
    return (basis * values) @ basis.mT


def by_eigendecomposition(matrix: Tensor, grad: Tensor) -> tuple[Tensor, Tensor]:
    """The root, and the gradient of its inner product with `grad`: G_ij / (r_i + r_j) in the eigenbasis."""
    values, vectors = torch.linalg.eigh(matrix)
    roots = values.sqrt()
    inner = vectors.mT @ grad @ vectors / (roots[:, None] + roots[None, :])
    return (vectors * roots) @ vectors.mT, vectors @ inner @ vectors.mT


def relative(actual: Tensor, expected: Tensor) -> float:
    return float((actual.detach().double() - expected).norm() / expected.norm())


@pytest.mark.parametrize("method", METHODS)
def test_by_hand(method: SqrtmMethod) -> None:
    matrix = torch.tensor([[5.0, 4], [4, 5]], dtype=torch.float64)  # eigenvalues 9 and 1, roots 3 and 1
    root = torch.tensor([[2.0, 1], [1, 2]], dtype=torch.float64)
    torch.testing.assert_close(sqrtm(matrix, method=method), root)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["flat", "power", "low-rank"])
@pytest.mark.parametrize(
    ("dtype", "root_error", "grad_error"), [(torch.float64, 1e-10, 1e-8), (torch.float32, 1e-3, 2e-2)]
)
def test_agrees_with_an_eigendecomposition(
    method: SqrtmMethod, name: str, dtype: torch.dtype, root_error: float, grad_error: float
) -> None:
    exact = with_spectrum(spectrum(name, 48))
    grad = with_spectrum(torch.linspace(-1, 1, 48, dtype=torch.float64), seed=1)
    root, expected = by_eigendecomposition(exact, grad)
    matrix = exact.to(dtype).requires_grad_()
    actual = sqrtm(matrix, method=method, iterations=24)
    torch.autograd.backward((actual * grad.to(dtype)).sum())
    assert matrix.grad is not None
    assert relative(actual, root) < root_error
    assert relative(matrix.grad, expected) < grad_error


@pytest.mark.parametrize("method", METHODS)
def test_gradient_numerically(method: SqrtmMethod) -> None:
    noise = torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def root_of_square(x: Tensor) -> Tensor:
        return sqrtm(x @ x.mT + 0.1 * torch.eye(3, dtype=x.dtype), method=method, iterations=30)

    assert torch.autograd.gradcheck(root_of_square, noise.requires_grad_())


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(METHODS), st.integers(1, 3), st.integers(1, 6), st.integers(0, 99))
def test_the_root_squares_to_the_matrix(method: SqrtmMethod, batch: int, size: int, seed: int) -> None:
    noise = torch.randn(batch, size, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    matrix = noise @ noise.mT + 0.01 * torch.eye(size, dtype=noise.dtype)
    root = sqrtm(matrix, method=method, iterations=30)
    torch.testing.assert_close(root @ root, matrix)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rank", [0, 1, 3])
def test_a_singular_matrix_leaves_everything_finite(method: SqrtmMethod, rank: int) -> None:
    values = torch.tensor([1.0] * rank + [0.0] * (8 - rank))
    matrix = with_spectrum(values).requires_grad_()
    root = sqrtm(matrix, method=method)
    torch.autograd.backward(root.sum())
    assert matrix.grad is not None
    assert root.isfinite().all()
    assert matrix.grad.isfinite().all()


def test_errors_name_the_choices() -> None:
    with pytest.raises(ConfigError, match="'svd'; choose one of newton-schulz, eigh"):
        sqrtm(torch.eye(2), method="svd")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="iterations is 0"):
        sqrtm(torch.eye(2), iterations=0)
