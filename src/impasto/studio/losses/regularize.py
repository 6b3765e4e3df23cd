"""Total variation: neighboring pixels should differ little.

Mahendran & Vedaldi, "Understanding Deep Image Representations by Inverting Them", CVPR 2015, brought it to
feature inversion; Johnson et al. 2016 to style transfer.
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from impasto.errors import ConfigError

from .functional import full_precision

VariationForm = Literal["l1", "l2", "nine-point"]
Reduction = Literal["mean", "sum"]


def _differences(image: Tensor) -> list[Tensor]:
    return [image[..., 1:, :] - image[..., :-1, :], image[..., :, 1:] - image[..., :, :-1]]


def _l1(image: Tensor) -> list[Tensor]:
    return [difference.abs() for difference in _differences(image)]


def _l2(image: Tensor) -> list[Tensor]:
    return [difference.square() for difference in _differences(image)]


def _nine_point(image: Tensor) -> list[Tensor]:
    """Squared differences to the eight neighbors over their squared distances, each the size of the image."""
    height, width = image.shape[-2:]
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    steps = [(y, x) for y in (0, 1, 2) for x in (0, 1, 2) if (y, x) != (1, 1)]
    return [
        (padded[..., y : y + height, x : x + width] - image).square() / ((y - 1) ** 2 + (x - 1) ** 2)
        for y, x in steps
    ]


_FORMS: dict[str, Callable[[Tensor], list[Tensor]]] = {"l1": _l1, "l2": _l2, "nine-point": _nine_point}
_REDUCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "mean": lambda values: (
        values.sum() / max(1, values.numel())
    ),  # a picture one pixel wide has no differences
    "sum": torch.sum,
}


def total_variation(image: Tensor, *, form: VariationForm = "l2", reduction: Reduction = "mean") -> Tensor:
    """Measure how much neighboring pixels differ.

    - `"l1"`: |down| + |across|, the anisotropic total variation.
    - `"l2"`: down^2 + across^2 (Mahendran & Vedaldi 2015 with beta = 2).
    - `"nine-point"`: the squared differences to all eight neighbors, the diagonal ones halved for their
      squared distance 2; edge pixels are repeated outward. It is nearly isotropic, as the nine-point
      Laplacian is.

    Args:
        image: Pictures (N, C, H, W).
        form: One of the forms above.
        reduction: `"mean"` adds the means over each kind of difference, `"sum"` adds all differences.

    Returns:
        A scalar at least 0.

    Raises:
        ConfigError: `form` or `reduction` is unknown.
    """
    if form not in _FORMS:
        raise ConfigError(f"total variation form is {form!r}; choose one of {', '.join(_FORMS)}")
    if reduction not in _REDUCTIONS:
        raise ConfigError(f"reduction is {reduction!r}; choose one of {', '.join(_REDUCTIONS)}")
    parts = [_REDUCTIONS[reduction](part) for part in _FORMS[form](full_precision(image))]
    return torch.stack(parts).sum()


class TotalVariationLoss(nn.Module):
    """`total_variation` with its options registered.

    Args:
        form: See `total_variation`.
        reduction: See `total_variation`.
    """

    def __init__(self, *, form: VariationForm = "l2", reduction: Reduction = "mean") -> None:
        super().__init__()
        self.form: VariationForm = form
        self.reduction: Reduction = reduction

    def forward(self, image: Tensor) -> Tensor:
        """Measure pictures (N, C, H, W); a scalar."""
        return total_variation(image, form=self.form, reduction=self.reduction)
