"""Square roots of symmetric positive semi-definite matrices, with gradients that stay finite.

The iteration and its Lyapunov backward are those of Lin & Maji, "Improved Bilinear Pooling with CNNs", BMVC
2017; crowsonkb's style-transfer-pytorch brought them to style transfer.
"""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from impasto.errors import ConfigError

from .functional import full_precision, without_autocast

SqrtmMethod = Literal["newton-schulz", "eigh"]


def sqrtm(matrix: Tensor, *, method: SqrtmMethod = "newton-schulz", iterations: int = 20) -> Tensor:
    """Compute the principal square root of symmetric positive semi-definite matrices.

    Newton-Schulz resolves eigenvalues down to about `1.5 ** (-2 * iterations)` of the Frobenius norm, and
    in float32 no smaller than 1e-7 of it; what lies below comes out too small, never non-finite. The
    eigendecomposition is exact to rounding. Both solve R G + G R = dL/dR for their gradient, so neither
    divides by differences of eigenvalues.

    Args:
        matrix: Matrices (..., C, C); only their symmetric part is meant.
        method: `"newton-schulz"` (matrix products alone) or `"eigh"`.
        iterations: Steps of Newton-Schulz, forward and backward; `"eigh"` ignores it.

    Returns:
        Roots (..., C, C), symmetric, float32 or float64.

    Raises:
        ConfigError: `method` is unknown, or `iterations` is less than 1.
    """
    if method not in _METHODS:
        raise ConfigError(f"method is {method!r}; choose one of {', '.join(_METHODS)}")
    if iterations < 1:
        raise ConfigError(f"iterations is {iterations}; it must be at least 1")
    matrix = full_precision(matrix)
    with without_autocast(matrix):
        return _METHODS[method](matrix, iterations)


def _norm(matrix: Tensor) -> Tensor:
    """Frobenius norms (..., 1, 1), and 1 for zero matrices."""
    norm: Tensor = torch.linalg.matrix_norm(matrix, keepdim=True)
    return torch.where(norm > 0, norm, torch.ones_like(norm))


class _NewtonSchulz(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor, iterations: int) -> Tensor:
        """Coupled iteration: Y tends to the root of the normalized matrix, Z to the inverse of Y."""
        norm = _norm(matrix)
        y = matrix / norm
        z = identity = torch.eye(matrix.shape[-1], dtype=matrix.dtype, device=matrix.device).expand_as(matrix)
        for _ in range(iterations):
            step = 1.5 * identity - 0.5 * (z @ y)
            y, z = y @ step, step @ z
        root = y * norm.sqrt()
        ctx.save_for_backward(root)
        ctx.iterations = iterations
        return root

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        """Solve R G + G R = grad: the sign iteration on [[R, grad], [0, -R]], whose corner tends to 2 G."""
        (root,) = ctx.saved_tensors
        with without_autocast(root):
            norm = _norm(root)
            a, q = root / norm, grad / norm
            for _ in range(ctx.iterations):
                square = a @ a
                q = 1.5 * q - 0.5 * (q @ square + a @ (a @ q - q @ a))
                a = 1.5 * a - 0.5 * (a @ square)
        return 0.5 * q, None


class _Eigh(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, matrix: Tensor) -> Tensor:
        values, vectors = torch.linalg.eigh((matrix + matrix.mT) / 2)
        roots = values.clamp(min=0).sqrt()
        ctx.save_for_backward(roots, vectors)
        return torch.matmul(vectors * roots.unsqueeze(-2), vectors.mT)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """Solve R G + G R = grad in the eigenbasis; the null space gets no gradient."""
        roots, vectors = ctx.saved_tensors
        with without_autocast(roots):
            sums = roots.unsqueeze(-1) + roots.unsqueeze(-2)
            floor = sums.amax((-2, -1), keepdim=True) * torch.finfo(roots.dtype).eps ** 0.5
            inverse = torch.where(sums > floor, 1 / sums, torch.zeros_like(sums))
            inner = vectors.mT @ grad @ vectors
            return torch.matmul(vectors @ (inner * inverse), vectors.mT)


def _newton_schulz(matrix: Tensor, iterations: int) -> Tensor:
    root: Tensor = _NewtonSchulz.apply(matrix, iterations)  # type: ignore[no-untyped-call]
    return root


def _eigh(matrix: Tensor, _: int) -> Tensor:
    root: Tensor = _Eigh.apply(matrix)  # type: ignore[no-untyped-call]
    return root


_METHODS: dict[str, Callable[[Tensor, int], Tensor]] = {"newton-schulz": _newton_schulz, "eigh": _eigh}
