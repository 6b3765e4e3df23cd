"""What moves the pixels: L-BFGS or Adam, one evaluation a step, with state that can go on at another size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional as F

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

    from impasto.studio.paint.recipe import Recipe


def _lbfgs(recipe: Recipe, variable: Tensor) -> Optimizer:
    # One evaluation a step: the same iterates as with many, but each can be shown, stopped at, and saved.
    return torch.optim.LBFGS(
        [variable],
        lr=recipe.learning_rate,
        max_iter=1,
        history_size=recipe.history,
        tolerance_grad=0,
        tolerance_change=0,
    )


def _adam(recipe: Recipe, variable: Tensor) -> Optimizer:
    return torch.optim.Adam([variable], lr=recipe.learning_rate, betas=recipe.betas)


OPTIMIZERS = {"lbfgs": _lbfgs, "adam": _adam}


def make_optimizer(recipe: Recipe, variable: Tensor) -> Optimizer:
    """Return the recipe's optimizer of a leaf tensor."""
    return OPTIMIZERS[recipe.optimizer](recipe, variable)


def carry(last: Optimizer, fresh: Optimizer, size: tuple[int, int]) -> None:
    """Give the next size's optimizer the state of the last one's.

    Adam's moments are resampled, as K. Crowson's style-transfer-pytorch does. The pairs that L-BFGS remembers
    say how the loss curves at the size they were taken at; it begins anew.
    """
    if isinstance(last, torch.optim.Adam):
        state = last.state_dict()
        state["state"] = {key: _resampled(moments, size) for key, moments in state["state"].items()}
        fresh.load_state_dict(state)


def _resampled(moments: dict[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    first = F.interpolate(moments["exp_avg"], size, mode="bicubic", align_corners=False)
    second = F.interpolate(moments["exp_avg_sq"], size, mode="bilinear", align_corners=False)
    return {**moments, "exp_avg": first, "exp_avg_sq": second.clamp_min(0)}
