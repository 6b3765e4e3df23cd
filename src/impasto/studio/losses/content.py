"""Content loss: features should be those of the content picture (Gatys et al. 2016, Johnson et al. 2016)."""

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import ConfigError

from .functional import full_precision

ContentForm = Literal["mean", "half-sum", "gradient-normalized"]

_EPSILON = 1e-8


def normalized_squares(difference: Tensor) -> Tensor:
    """Sum of squares over sum of magnitudes, per sample: its gradient's L1 norm is about 1 (crowsonkb).

    The quotient is differentiated as a whole, as crowsonkb does, which is what makes the norm about 1, not 2.
    """
    flat = difference.flatten(1)
    return flat.square().sum(1) / (flat.abs().sum(1) + _EPSILON)


_FORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": lambda difference: difference.flatten(1).square().mean(1),
    "half-sum": lambda difference: difference.flatten(1).square().sum(1) / 2,
    "gradient-normalized": normalized_squares,
}


def content_loss(
    features: Tensor, target: Tensor, *, form: ContentForm = "mean", prescale: float = 1.0
) -> Tensor:
    """Compare feature maps position by position.

    Args:
        features: Maps (N, C, H, W).
        target: Maps of the content picture, (N, C, H, W) or (1, C, H, W).
        form: `"mean"`, the mean of squares (Johnson et al. 2016, equation 2); `"half-sum"`, half their sum
            (Gatys et al. 2016, equation 1); `"gradient-normalized"`, their sum over that of the magnitudes
            (crowsonkb).
        prescale: A factor on both maps before they are compared, as some recipes weight layers.

    Returns:
        A scalar at least 0, the mean over the N samples.

    Raises:
        ConfigError: `form` is unknown, or the maps' shapes do not fit.
    """
    if form not in _FORMS:
        raise ConfigError(f"content form is {form!r}; choose one of {', '.join(_FORMS)}")
    if features.shape[1:] != target.shape[1:] or target.shape[0] not in (1, features.shape[0]):
        shapes = f"{tuple(features.shape)} and {tuple(target.shape)}"
        raise ConfigError(f"features and content target have shapes {shapes}; they must match")
    if form == "mean" and features.dtype == target.dtype == torch.bfloat16 and not target.requires_grad:
        squares: Tensor = _HalfSquares.apply(features, target)  # type: ignore[no-untyped-call]
        return prescale**2 * squares
    features, target = full_precision(features), full_precision(target)
    if form == "mean":  # in one pass over the maps, and one more for the gradient
        return prescale**2 * F.mse_loss(features, target.expand_as(features))
    return _FORMS[form](prescale * (features - target)).mean()


class _HalfSquares(torch.autograd.Function):
    """The mean of squares of the difference of two bfloat16 maps, without either in float32.

    The difference is rounded once, to the 8 bits that its gradient has anyway; it is summed in float32.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, target: Tensor) -> Tensor:
        difference = features - target
        ctx.save_for_backward(difference)
        length: Tensor = torch.linalg.vector_norm(difference, dtype=torch.float32)
        return length.square() / difference.numel()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (difference,) = ctx.saved_tensors
        return difference * (2 / difference.numel() * grad), None


class ContentLoss(nn.Module):
    """`content_loss` against a registered target.

    Args:
        target: The content picture's maps, (N, C, H, W) or (1, C, H, W); detached.
        form: See `content_loss`.
        prescale: See `content_loss`.
    """

    target: Tensor

    def __init__(self, target: Tensor, *, form: ContentForm = "mean", prescale: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("target", target.detach())
        self.form: ContentForm = form
        self.prescale = prescale

    def forward(self, features: Tensor) -> Tensor:
        """Compare `features` (N, C, H, W) with the target; a scalar."""
        return content_loss(features, self.target, form=self.form, prescale=self.prescale)
