"""L-BFGS (Liu & Nocedal 1989) with one evaluation a step, and longer steps where it knows nothing yet.

PyTorch's class, with its own step. Of the directions that no pair tells about, L-BFGS supposes that the loss
curves as much as along the last step, which is mostly a steep one: in a loss of style, where some directions
of the features have a thousand times the variance of others, it is far too careful with all the rest. Here it
reaches further there, as long as that goes well. bench/engine_choices.py says what that is worth.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

FURTHEST = 4.0
"""The reach is never more than this."""

LONGER, SHORTER = 1.05, 0.5
"""What a step multiplies the reach by that the loss fell after, and one that it rose after."""

LEAST_CURVATURE = 1e-10
"""Pairs below are not remembered: PyTorch's figure."""


class LBFGS(torch.optim.LBFGS):
    """L-BFGS without a line search, whose iterates are PyTorch's where `reach` is 1 and a pair is remembered.

    Args:
        variable: The leaf tensor that is moved.
        lr: Length of the steps.
        history_size: Pairs that are remembered.
        reach: How many times further than usual to go, at first, in directions that no pair tells about; 1 or
            more. 1 stays 1; any other is adapted to how it goes, between 1 and `FURTHEST`.
    """

    def __init__(self, variable: Tensor, *, lr: float, history_size: int, reach: float = 1.0) -> None:
        super().__init__([variable], lr=lr, max_iter=1, history_size=history_size)
        self.param_groups[0]["reach"] = reach

    @torch.no_grad()
    def step(self, closure: Callable[[], float]) -> float:  # type: ignore[override]
        """Evaluate once, and move.

        Args:
            closure: Evaluates the loss, sets the gradient, and returns the loss.

        Returns:
            What the closure did.
        """
        group = self.param_groups[0]
        (variable,) = group["params"]
        with torch.enable_grad():
            loss = closure()
        gradient = variable.grad.flatten()
        if not gradient.any():
            return loss  # nowhere to go
        memory = self.state[variable]
        if memory:
            _remember(memory, gradient, loss, group)
        else:
            memory.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0, reach=group["reach"])
        direction, length = -gradient, min(1.0, 1 / float(gradient.abs().sum())) * group["lr"]
        if memory["ro"]:  # without a pair PyTorch goes as far as the raw gradient, from its second step on
            direction, length = _direction(memory, gradient), group["lr"]
        memory.update(d=direction, t=length, prev_flat_grad=gradient.clone(), prev_loss=loss)
        variable.add_(direction.view_as(variable), alpha=length)
        return loss


def _remember(memory: dict[str, Any], gradient: Tensor, loss: float, group: dict[str, Any]) -> None:
    """Take in what the last step has shown."""
    change = gradient - memory["prev_flat_grad"]
    step = memory["d"] * memory["t"]
    curvature = float(change.dot(step))
    if curvature > LEAST_CURVATURE:
        pairs = (("old_dirs", change), ("old_stps", step), ("ro", 1 / curvature))
        for name, value in pairs:
            memory[name] = [*memory[name], value][-group["history_size"] :]
        memory["H_diag"] = curvature / float(change.dot(change))
    if group["reach"] != 1 and memory["prev_loss"] is not None:
        factor = LONGER if loss < memory["prev_loss"] else SHORTER
        memory["reach"] = min(max(memory["reach"] * factor, 1.0), FURTHEST)


def _direction(memory: dict[str, Any], gradient: Tensor) -> Tensor:
    """Return the inverse of the approximated Hessian times the gradient, downhill."""
    pairs = list(zip(memory["old_dirs"], memory["old_stps"], memory["ro"], strict=True))
    rest, shares = -gradient, list[float]()
    for change, step, inverse in reversed(pairs):
        shares.append(float(step.dot(rest)) * inverse)
        rest.add_(change, alpha=-shares[-1])
    direction: Tensor = rest * (memory["H_diag"] * memory["reach"])
    for change, step, inverse in pairs:
        direction.add_(step, alpha=shares.pop() - float(change.dot(direction)) * inverse)
    return direction
