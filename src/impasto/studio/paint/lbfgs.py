"""L-BFGS (Liu & Nocedal 1989) with one evaluation a step, and longer steps where it knows nothing yet.

Of the directions that no pair tells about, L-BFGS supposes that the loss curves as much as along the last
step, which is mostly a steep one: in a loss of style, where some directions of the features have a thousand
times the variance of others, it is far too careful with all the rest. Here it reaches further there, as long
as that goes well; bench/engine_choices.py says what that is worth. It is no `torch.optim.Optimizer`: making
one imports PyTorch's compiler, which takes three seconds and is not used.
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


class LBFGS:
    """L-BFGS without a line search, whose iterates are PyTorch's where `reach` is 1 and a pair is remembered.

    Args:
        variable: The leaf tensor that is moved.
        lr: Length of the steps.
        history_size: Pairs that are remembered.
        reach: How many times further than usual to go, at first, in directions that no pair tells about; 1 or
            more. 1 stays 1; any other is adapted to how it goes, between 1 and `FURTHEST`.
    """

    def __init__(self, variable: Tensor, *, lr: float, history_size: int, reach: float = 1.0) -> None:
        self.variable, self.lr, self.history_size, self.reach = variable, lr, history_size, reach
        self.memory: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """Return what it remembers: tensors, numbers and lists of them."""
        return dict(self.memory)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what another one of as large a variable remembered."""
        self.memory = dict(state)

    @torch.no_grad()
    def step(self, closure: Callable[[], float]) -> float:
        """Evaluate once, and move.

        Args:
            closure: Evaluates the loss, sets the variable's gradient, and returns the loss.

        Returns:
            What the closure did.
        """
        with torch.enable_grad():
            loss = closure()
        assert self.variable.grad is not None, "the closure sets it"
        gradient = self.variable.grad.flatten()
        if not gradient.any():
            return loss  # nowhere to go
        memory = self.memory
        if memory:
            self._remember(gradient, loss)
        else:
            memory.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0, reach=self.reach)
        direction, length = -gradient, min(1.0, 1 / float(gradient.abs().sum())) * self.lr
        if memory["ro"]:  # without a pair PyTorch goes as far as the raw gradient, from its second step on
            direction, length = _direction(memory, gradient), self.lr
        memory.update(d=direction, t=length, prev_flat_grad=gradient.clone(), prev_loss=loss)
        self.variable.add_(direction.view_as(self.variable), alpha=length)
        return loss

    def _remember(self, gradient: Tensor, loss: float) -> None:
        """Take in what the last step has shown."""
        memory = self.memory
        change = gradient - memory["prev_flat_grad"]
        step = memory["d"] * memory["t"]
        curvature = float(change.dot(step))
        if curvature > LEAST_CURVATURE:
            pairs = (("old_dirs", change), ("old_stps", step), ("ro", 1 / curvature))
            for name, value in pairs:
                memory[name] = [*memory[name], value][-self.history_size :]
            memory["H_diag"] = curvature / float(change.dot(change))
        if self.reach != 1 and memory["prev_loss"] is not None:
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
