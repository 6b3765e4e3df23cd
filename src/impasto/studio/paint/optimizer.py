"""What moves the pixels: L-BFGS or Adam, one evaluation a step, with state that can go on at another size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch.nn import functional as F

from impasto.studio.paint.lbfgs import LBFGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from impasto.studio.paint.recipe import Recipe

Optimizer: TypeAlias = LBFGS | torch.optim.Adam


def _lbfgs(recipe: Recipe, variable: Tensor) -> LBFGS:
    return LBFGS(variable, lr=recipe.learning_rate, history_size=recipe.history, reach=recipe.reach)


def _adam(recipe: Recipe, variable: Tensor) -> torch.optim.Adam:
    return torch.optim.Adam([variable], lr=recipe.learning_rate, betas=recipe.betas)


OPTIMIZERS: dict[str, Callable[[Recipe, Tensor], Optimizer]] = {"lbfgs": _lbfgs, "adam": _adam}


def make_optimizer(recipe: Recipe, variable: Tensor) -> Optimizer:
    """Return the recipe's optimizer of a leaf tensor."""
    return OPTIMIZERS[recipe.optimizer](recipe, variable)


def carry(last: Optimizer, fresh: Optimizer, size: tuple[int, int], curvature: float | None = None) -> None:
    """Give the next level's optimizer the state of the last one's.

    Adam's moments are resampled, as K. Crowson's style-transfer-pytorch does. The pairs that L-BFGS remembers
    say how the loss curves at the size they were taken at; at another it begins anew.

    Args:
        last: The optimizer of the level before.
        fresh: A new one of the same kind, which is given its state.
        size: Height and width that `fresh` works at.
        curvature: How many times more the new loss curves than the last did, where both are of one size: by
            that the pairs of L-BFGS are corrected. None where they are of no use.
    """
    if isinstance(last, LBFGS) and curvature is not None:
        fresh.load_state_dict(_curved(last.state_dict(), curvature))
    if isinstance(last, torch.optim.Adam):
        state = last.state_dict()
        state["state"] = {key: _resampled(moments, size) for key, moments in state["state"].items()}
        fresh.load_state_dict(state)


def _curved(memory: dict[str, Any], curvature: float) -> dict[str, Any]:
    """Return the memory of L-BFGS as of a loss that curves as many times more."""
    return {
        **memory,
        "old_dirs": [difference * curvature for difference in memory["old_dirs"]],
        "ro": [inverse / curvature for inverse in memory["ro"]],
        "H_diag": memory["H_diag"] / curvature,
        "prev_loss": None,  # not to be compared with
        "d": torch.zeros_like(memory["d"]),  # no pair is made of a gradient of one loss and one of the other
    }


def _resampled(moments: dict[str, Any], size: tuple[int, int]) -> dict[str, Any]:
    first = F.interpolate(moments["exp_avg"], size, mode="bicubic", align_corners=False)
    second = F.interpolate(moments["exp_avg_sq"], size, mode="bilinear", align_corners=False)
    return {**moments, "exp_avg": first, "exp_avg_sq": second.clamp_min(0)}
