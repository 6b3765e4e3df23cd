"""Content loss: features should be those of the content picture (Gatys et al. 2016, Johnson et al. 2016)."""

from collections.abc import Callable
from typing import Literal

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
    features, target = full_precision(features), full_precision(target)
    if form == "mean":  # in one pass over the maps, and one more for the gradient
        return prescale**2 * F.mse_loss(features, target.expand_as(features))
    return _FORMS[form](prescale * (features - target)).mean()


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
