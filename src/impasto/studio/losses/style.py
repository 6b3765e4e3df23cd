"""Style losses: channel statistics should be those of the style picture.

Gram matrices in the normalizations of the published recipes, and the 2-Wasserstein distance between the
Gaussians that have the maps' means and covariances.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from impasto.errors import ConfigError

from .content import normalized_squares
from .functional import GramNormalization, channel_statistics, full_precision, gram_matrix
from .wasserstein import WassersteinMethod, covariance_factor, wasserstein2

StyleForm = Literal[
    "gatys", "johnson", "positions", "elements-mean", "plain-mean", "tutorial", "layer", "gradient-normalized"
]


@dataclass(frozen=True, kw_only=True)
class GramForm:
    """One published way to compare Gram matrices."""

    normalize: GramNormalization
    """What Gram matrices, and so the targets, are divided by."""
    reduce: Callable[[Tensor, int], Tensor]
    """Takes differences (N, C, C) and the number of positions to one value for each sample, (N,)."""


def _mean(difference: Tensor, _: int) -> Tensor:
    return difference.square().mean((1, 2))


def _sum(difference: Tensor, _: int) -> Tensor:
    return difference.square().sum((1, 2))


GRAM_FORMS: dict[str, GramForm] = {
    # Gatys et al. 2016, equation 4. Its 1/M^2 is taken into the Gram matrices, each with its own M.
    "gatys": GramForm(normalize="positions", reduce=lambda difference, _: _mean(difference, 0) / 4),
    "johnson": GramForm(normalize="elements", reduce=_sum),  # Johnson et al. 2016, equation 4
    "positions": GramForm(normalize="positions", reduce=_mean),
    "elements-mean": GramForm(normalize="elements", reduce=_mean),  # jcjohnson/neural-style
    "plain-mean": GramForm(normalize="none", reduce=_mean),
    "tutorial": GramForm(normalize="elements", reduce=_mean),  # PyTorch's tutorial: the same for one picture
    "layer": GramForm(  # yunjey/pytorch-tutorial: Gram matrices as they are, then a division by C*H*W
        normalize="none",
        reduce=lambda difference, positions: _mean(difference, 0) / (difference.shape[1] * positions),
    ),
    "gradient-normalized": GramForm(  # crowsonkb/style-transfer-pytorch
        normalize="positions", reduce=lambda difference, _: normalized_squares(difference)
    ),
}


def _gram_form(form: str) -> GramForm:
    if form not in GRAM_FORMS:
        raise ConfigError(f"style form is {form!r}; choose one of {', '.join(GRAM_FORMS)}")
    return GRAM_FORMS[form]


def gram_target(features: Tensor, *, form: StyleForm = "positions") -> Tensor:
    """Compute the Gram matrix that `gram_loss` of the same form takes as its target.

    Targets are plain tensors; those of several styles are blended by their weighted average.

    Args:
        features: Maps of the style picture (N, C, H, W), of any size.
        form: See `gram_loss`.

    Returns:
        Matrices (N, C, C).

    Raises:
        ConfigError: `form` is unknown.
    """
    return gram_matrix(features, normalize=_gram_form(form).normalize)


def gram_loss(
    features: Tensor,
    target: Tensor,
    *,
    form: StyleForm = "positions",
    prescale: float = 1.0,
    rounded: bool = False,
) -> Tensor:
    """Compare the Gram matrices of feature maps with a target.

    With C channels, M positions, G the unnormalized Gram matrix of the features and A that of the style:

    - `"gatys"`: sum (G/M - A/M')^2 / (4 C^2), where M' is the style's own number of positions. For M = M'
      it is Gatys et al. 2016, equation 4; the paper leaves other sizes undefined.
    - `"johnson"`: sum (G/(C M) - A/(C M'))^2 (Johnson et al. 2016, equation 4).
    - `"positions"`: mean (G/M - A/M')^2.
    - `"elements-mean"`, `"tutorial"`: mean (G/(C M) - A/(C M'))^2.
    - `"plain-mean"`: mean (G - A)^2, which presumes styles of the size of the features.
    - `"layer"`: mean (G - A)^2 / (C M), which presumes styles of the size of the features.
    - `"gradient-normalized"`: sum d^2 / sum |d| for d = G/M - A/M' (crowsonkb).

    Args:
        features: Maps (N, C, H, W).
        target: `gram_target` of the style in the same form, (N, C, C) or (1, C, C), or a weighted average
            of such.
        form: One of the forms above.
        prescale: A factor on both Gram matrices before they are compared, as some recipes weight layers.
        rounded: Whether G of half-precision features may be rounded on the way, see `gram_matrix`.

    Returns:
        A scalar at least 0, the mean over the N samples.

    Raises:
        ConfigError: `form` is unknown, or the shapes do not fit.
    """
    spec = _gram_form(form)
    _check_channels(features, target)
    gram = gram_matrix(features, normalize=spec.normalize, rounded=rounded)
    difference = gram - full_precision(target)
    return spec.reduce(prescale * difference, features.shape[2] * features.shape[3]).mean()


def wasserstein_loss(
    features: Tensor,
    mean: Tensor,
    covariance: Tensor,
    *,
    ridge: float = 1e-4,
    method: WassersteinMethod = "polar",
) -> Tensor:
    """Compare the channels' means and covariances by their squared 2-Wasserstein distance, over C.

    The division by C makes layers comparable, as crowsonkb's means over channels do. Where crowsonkb adds
    1e-4 to both covariances' diagonals, this adds `ridge` times the target's mean variance, so that the
    encoder's scale does not matter.

    Args:
        features: Maps (N, C, H, W).
        mean: The style's mean (N, C) or (1, C).
        covariance: The style's covariance (N, C, C) or (1, C, C); see `channel_statistics` and
            `blend_moments`.
        ridge: What is added to both diagonals, in units of the target's mean variance.
        method: See `wasserstein2`.

    Returns:
        A scalar at least 0 up to rounding, the mean over the N samples.

    Raises:
        ConfigError: The shapes do not fit, `ridge` is not above 0, or `method` is unknown.
    """
    _check_channels(features, covariance)
    scaled = ridge_of(mean, covariance, ridge)
    return _wasserstein_loss(features, mean, covariance + scaled, scaled, None, method)


def ridge_of(mean: Tensor, covariance: Tensor, ridge: float) -> Tensor:
    """The multiple of the identity (N, C, C) that `wasserstein_loss` adds to covariances (N, C, C).

    It is never less than what rounding can take from a covariance, a difference of second moments: a flat
    style, or one of a single position, has no variance at all.
    """
    if ridge <= 0:
        raise ConfigError(f"ridge is {ridge}; it must be above 0, 1e-4 for instance")
    covariance = full_precision(covariance)
    variance = covariance.diagonal(dim1=-2, dim2=-1).mean(-1).clamp(min=0)  # (N,)
    moment = variance + full_precision(mean).square().mean(-1)
    least = 8 * torch.finfo(covariance.dtype).eps * moment
    size = torch.maximum(ridge * variance, least).clamp(min=1e-12)[:, None, None]
    identity = torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    return size * identity


def _wasserstein_loss(
    features: Tensor,
    mean: Tensor,
    ridged: Tensor,
    ridge: Tensor,
    factor: Tensor | None,
    method: WassersteinMethod,
) -> Tensor:
    own_mean, own_covariance = channel_statistics(features)
    distance = wasserstein2(own_mean, own_covariance + ridge, mean, ridged, method=method, factor_b=factor)
    return distance.mean() / features.shape[1]


def _check_channels(features: Tensor, target: Tensor) -> None:
    channels = features.shape[1] if features.dim() == 4 else -1
    if target.shape[1:] != (channels, channels) or target.shape[0] not in (1, features.shape[0]):
        shapes = f"{tuple(features.shape)} and {tuple(target.shape)}"
        raise ConfigError(
            f"features and style target have shapes {shapes}; they must be (N, C, H, W) and (N or 1, C, C)"
        )


class GramLoss(nn.Module):
    """`gram_loss` against a registered target.

    Args:
        target: `gram_target` of the style in the same form, or a weighted average of several; detached.
        form: See `gram_loss`.
        prescale: See `gram_loss`.
    """

    target: Tensor

    def __init__(self, target: Tensor, *, form: StyleForm = "positions", prescale: float = 1.0) -> None:
        super().__init__()
        _gram_form(form)
        self.register_buffer("target", target.detach())
        self.form: StyleForm = form
        self.prescale = prescale

    def forward(self, features: Tensor) -> Tensor:
        """Compare `features` (N, C, H, W) with the target; a scalar."""
        return gram_loss(features, self.target, form=self.form, prescale=self.prescale)


class WassersteinLoss(nn.Module):
    """`wasserstein_loss` against registered statistics.

    Args:
        mean: The style's mean (N, C) or (1, C); detached. Blend several styles with `blend_moments`.
        covariance: The style's covariance (N, C, C) or (1, C, C); detached.
        ridge: See `wasserstein_loss`.
        method: See `wasserstein2`.
    """

    mean: Tensor
    ridge: Tensor
    covariance: Tensor
    factor: Tensor

    def __init__(
        self, mean: Tensor, covariance: Tensor, *, ridge: float = 1e-4, method: WassersteinMethod = "polar"
    ) -> None:
        super().__init__()
        scaled = ridge_of(mean.detach(), covariance.detach(), ridge)
        self.register_buffer("mean", full_precision(mean.detach()))
        self.register_buffer("ridge", scaled)
        self.register_buffer("covariance", full_precision(covariance.detach()) + scaled)
        self.register_buffer("factor", covariance_factor(self.covariance))
        self.method: WassersteinMethod = method

    def forward(self, features: Tensor) -> Tensor:
        """Compare the statistics of `features` (N, C, H, W) with the target's; a scalar."""
        _check_channels(features, self.covariance)
        return _wasserstein_loss(features, self.mean, self.covariance, self.ridge, self.factor, self.method)
