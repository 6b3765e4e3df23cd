"""The 2-Wasserstein distance between Gaussians, computed without squaring the covariances' condition.

For Sa = A A^T and Sb = B B^T, tr (Sb^1/2 Sa Sb^1/2)^1/2 is the nuclear norm of A^T B. Its polar factor U,
which matrix products alone find, gives value and gradient both: tr(U^T A^T B), and 1/2 A^-T U B^T for Sa.
The root of Sb^1/2 Sa Sb^1/2 instead, as crowsonkb's style-transfer-pytorch takes it, squares the condition
of the covariances, which float32 cannot hold (docs/losses.md); it is kept as a method. Distance:
Dowson & Landau 1982; Bhatia, Jain & Lim, "On the Bures-Wasserstein distance", 2019.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from impasto.errors import ConfigError

from .functional import full_precision, without_autocast
from .sqrtm import sqrtm

WassersteinMethod = Literal["polar", "newton-schulz", "eigh"]


def wasserstein2(
    mean_a: Tensor,
    covariance_a: Tensor,
    mean_b: Tensor,
    covariance_b: Tensor,
    *,
    method: WassersteinMethod = "polar",
    factor_b: Tensor | None = None,
) -> Tensor:
    """Compute the squared 2-Wasserstein distance between pairs of Gaussians.

    |ma - mb|^2 + tr(Sa + Sb - 2 (Sb^1/2 Sa Sb^1/2)^1/2), differentiable in all four. Covariances may be
    singular for the value; add a ridge (as `WassersteinLoss` does) where the gradient matters.

    Args:
        mean_a: Means (N, C).
        covariance_a: Covariances (N, C, C).
        mean_b: Means (N, C) or (1, C).
        covariance_b: Covariances (N, C, C) or (1, C, C).
        method: `"polar"` (see the top of the file), or the root of the product by `"newton-schulz"` (12
            steps, as crowsonkb has it) or `"eigh"`.
        factor_b: `covariance_factor(covariance_b)`, if it is known already; `"polar"` alone uses it.

    Returns:
        Squared distances (N,), at least 0 up to rounding.

    Raises:
        ConfigError: `method` is unknown.
    """
    if method not in _TRACES:
        raise ConfigError(f"method is {method!r}; choose one of {', '.join(_TRACES)}")
    mean_a, mean_b = full_precision(mean_a), full_precision(mean_b)
    covariance_a, covariance_b = full_precision(covariance_a), full_precision(covariance_b)
    with without_autocast(covariance_a):
        shared = _TRACES[method](covariance_a, covariance_b, factor_b)
    traces = _trace(covariance_a) + _trace(covariance_b)
    return (mean_a - mean_b).square().sum(-1) + traces - 2 * shared


def covariance_factor(covariance: Tensor) -> Tensor:
    """Compute a lower triangular A with A A^T = `covariance`, lifting what rounding has made negative.

    Args:
        covariance: Symmetric matrices (N, C, C); not differentiated through.

    Returns:
        Factors (N, C, C); all NaN if an entry of `covariance` is not finite.
    """
    covariance = covariance.detach()
    factor: Tensor
    failed: Tensor
    factor, failed = torch.linalg.cholesky_ex(covariance)
    if not failed.any():
        return factor
    if not covariance.isfinite().all():
        return torch.full_like(covariance, torch.nan)
    factor = torch.linalg.cholesky(_lift(covariance))
    return factor.to(covariance)


def _lift(covariance: Tensor) -> Tensor:
    """Raise eigenvalues to at least a few roundings of the greatest, in float64."""
    device = "cpu" if covariance.device.type == "mps" else covariance.device  # no float64 there
    values, vectors = torch.linalg.eigh(covariance.to(device, torch.float64))
    precision = torch.finfo(covariance.dtype)
    floor = values[..., -1:].clamp(min=precision.tiny) * 8 * precision.eps
    return torch.matmul(vectors * values.maximum(floor).unsqueeze(-2), vectors.mT)


def _trace(matrix: Tensor) -> Tensor:
    return matrix.diagonal(dim1=-2, dim2=-1).sum(-1)


class _NuclearNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, covariance_a: Tensor, covariance_b: Tensor, factor_b: Tensor | None) -> Tensor:
        a = covariance_factor(covariance_a)
        b = covariance_factor(covariance_b) if factor_b is None else factor_b.expand_as(a)
        product = a.mT @ b
        polar = _polar_factor(product)
        ctx.save_for_backward(a, b, polar)
        return (polar * product).sum((-2, -1))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        a, b, polar = ctx.saved_tensors
        grad = grad[..., None, None]
        with without_autocast(a):
            grad_a = grad * _transport(a, polar, b) / 2 if ctx.needs_input_grad[0] else None
            grad_b = grad * _transport(b, polar.mT, a) / 2 if ctx.needs_input_grad[1] else None
        return grad_a, grad_b, None


def _transport(a: Tensor, polar: Tensor, b: Tensor) -> Tensor:
    """The linear map A^-T U B^T that carries one Gaussian onto the other; symmetric, made so to rounding."""
    transport: Tensor = torch.linalg.solve_triangular(a.mT, polar @ b.mT, upper=True)
    return (transport + transport.mT) / 2


def _polar_factor(matrix: Tensor) -> Tensor:
    """The orthogonal factor of matrices (N, C, C) by scaled Newton-Schulz iteration.

    X <- r X (3 - r^2 X^T X) / 2 with r from a lower bound of the singular values: Chen & Chow, "A stable
    scaling of Newton-Schulz", 2014. Singular values under that bound come out under 1: their share fades
    instead of exploding.
    """
    tiny = torch.finfo(matrix.dtype).tiny
    # By its greatest entry first: squares of what a flat style leaves are too small for float32.
    x = matrix / matrix.abs().amax((-2, -1), keepdim=True).clamp(min=tiny)
    norm: Tensor = torch.linalg.matrix_norm(x, keepdim=True)
    x = x / (1.01 * norm).clamp(min=tiny)  # the margin keeps a rounded singular value from changing sign
    for r in _polar_scales(matrix.dtype):
        x = torch.baddbmm(x, x, x.mT @ x, beta=1.5 * r, alpha=-0.5 * r**3)
    return x


def _polar_scales(dtype: torch.dtype) -> list[float]:
    """Scales of the polar iteration until singular values above the bound are 1 to rounding."""
    bound, tolerance = (1e-12, 1e-8) if dtype == torch.float64 else (1e-6, 1e-3)
    scales = []
    while bound < 1 - tolerance:
        r = min(1.7, (3 / (1 + bound + bound * bound)) ** 0.5)
        scales.append(r)
        bound = min(0.5 * r * s * (3 - (r * s) ** 2) for s in (bound, 1.0))
    return [*scales, 1.0]  # convergence is quadratic: the last step squares the tolerance


def _polar_trace(covariance_a: Tensor, covariance_b: Tensor, factor_b: Tensor | None) -> Tensor:
    trace: Tensor = _NuclearNorm.apply(covariance_a, covariance_b.expand_as(covariance_a), factor_b)  # type: ignore[no-untyped-call]
    return trace


def _newton_schulz_trace(covariance_a: Tensor, covariance_b: Tensor, _: Tensor | None) -> Tensor:
    root = sqrtm(covariance_b, iterations=12)
    return _trace(sqrtm(root @ covariance_a @ root, iterations=12))


def _eigh_trace(covariance_a: Tensor, covariance_b: Tensor, _: Tensor | None) -> Tensor:
    root = sqrtm(covariance_b, method="eigh")
    return _trace(sqrtm(root @ covariance_a @ root, method="eigh"))


_TRACES: dict[str, Callable[[Tensor, Tensor, Tensor | None], Tensor]] = {
    "polar": _polar_trace,
    "newton-schulz": _newton_schulz_trace,
    "eigh": _eigh_trace,
}
