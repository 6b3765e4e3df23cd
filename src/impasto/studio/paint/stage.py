"""The optimization at one size: one evaluation a step, stoppable and resumable between any two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from impasto.errors import DivergenceError
from impasto.studio.paint.checkpoint import State
from impasto.studio.paint.lbfgs import LBFGS
from impasto.studio.paint.optimizer import carry, make_optimizer
from impasto.studio.paint.pixels import Canvas

if TYPE_CHECKING:
    from torch import Tensor

    from impasto.studio.paint.objective import Objective
    from impasto.studio.paint.optimizer import Optimizer
    from impasto.studio.paint.pyramid import Level
    from impasto.studio.paint.recipe import Recipe

DIVERGED = 1e4
"""How many times the first loss of a stage, or a blank picture's, a loss may be in a run that goes on."""

ASTRAY = 10.0
"""How many times those two a loss may be before L-BFGS forgets what it knows of the loss.

Without a line search, one pair of step and gradient that tells of next to no curvature, as from noise through
ReLUs and poolings, throws a picture out of all bounds. It then goes on from the best picture.
"""

RESTARTS = 5
"""How often, at each size; what goes astray again diverges."""


class _AstrayError(Exception):
    """The last step of L-BFGS was no good; never leaves this file."""


class Stage:
    """One level of a job at work.

    Args:
        index: The level's place among all.
        level: Its size and number of steps.
        recipe: How pixels are moved.
        objective: What is minimized.
        device: Where.
    """

    def __init__(
        self, index: int, level: Level, recipe: Recipe, objective: Objective, device: torch.device
    ) -> None:
        self.index, self.level, self.recipe, self.objective = index, level, recipe, objective
        self.canvas = Canvas(level.size, recipe.unit, recipe.spectrum, device)
        self.step = 0
        self.first_loss = 0.0
        self.best_loss = float("inf")
        self.restarts = 0
        self.average: Tensor | None = None

    def begin(self, image: Tensor, last: Optimizer | None, curvature: float | None = None) -> None:
        """Start from an image `(1, 3, H, W)` of this size, and from the last level's optimizer, if any.

        `curvature` is as of `carry`.
        """
        self.variable = self.canvas.encode(image).requires_grad_()
        self.optimizer = make_optimizer(self.recipe, self.variable)
        if last is not None:
            carry(last, self.optimizer, self.level.size, curvature)
        self.best_variable = self.variable.detach().clone()
        if self.recipe.average:
            self.average = torch.zeros_like(image)

    def restore(self, state: State) -> None:
        """Go on from a checkpoint."""
        self.step, self.average, self.restarts = state.step, state.average, state.restarts
        self.first_loss, self.best_loss, self.best_variable = state.first_loss, state.best_loss, state.best
        self.variable = state.variable.requires_grad_()
        self.optimizer = make_optimizer(self.recipe, self.variable)
        self.optimizer.load_state_dict(state.optimizer)

    def state(self) -> State:
        """Return all that is needed to go on from here."""
        return State(
            level=self.index,
            step=self.step,
            variable=self.variable.detach(),
            optimizer=self.optimizer.state_dict(),
            average=self.average,
            best=self.best_variable,
            best_loss=self.best_loss,
            first_loss=self.first_loss,
            restarts=self.restarts,
        )

    def advance(self) -> dict[str, float]:
        """Take one step.

        Returns:
            The weighted losses of the picture before it, by term.

        Raises:
            DivergenceError: When they are not finite, or have grown out of all proportion.
        """
        losses: dict[str, float] = {}

        def closure() -> float:
            if self.recipe.clamp == "before":
                self.canvas.clamp_(self.variable)
            terms = self.objective(self.canvas.decode(self.variable))
            loss = torch.stack(list(terms.values())).sum()
            losses.update({name: term.item() for name, term in terms.items()})
            self._judge(losses)
            (gradient,) = torch.autograd.grad(loss, self.variable)
            self.variable.grad = gradient.contiguous()  # L-BFGS flattens it
            return loss.item()

        try:
            self.optimizer.step(closure)
        except _AstrayError:
            losses = self._start_over()
        if self.recipe.clamp == "after":
            self.canvas.clamp_(self.variable)
        self.step += 1
        if self.average is not None:
            self.average.lerp_(self.canvas.decode(self.variable.detach()), 1 - self.recipe.average)
        return losses

    @torch.no_grad()
    def _start_over(self) -> dict[str, float]:
        """Go back to the best picture, with nothing remembered; return its losses, by term."""
        self.restarts += 1
        self.variable.copy_(self.best_variable)
        self.optimizer = make_optimizer(self.recipe, self.variable)
        terms = self.objective(self.canvas.decode(self.variable))
        return {name: term.item() for name, term in terms.items()}

    def _judge(self, losses: dict[str, float]) -> None:
        """Keep the best picture; go back to it where L-BFGS went astray; give up on a run that diverges."""
        loss = sum(losses.values())
        self.first_loss = self.first_loss or loss
        wrong = [name for name, value in losses.items() if not abs(value) < float("inf")]
        anew = (
            isinstance(self.optimizer, LBFGS) and self.restarts < RESTARTS and self.best_loss < float("inf")
        )
        limit = ASTRAY if anew else DIVERGED
        if not wrong and loss > limit * self.first_loss:
            # A start that is all but perfect, as where content and style are one, does not say what is large.
            self.first_loss = max(self.first_loss, self._blank_loss())
        if wrong or loss > limit * self.first_loss:
            if anew:
                raise _AstrayError
            what = f"loss {wrong[0]} became {losses[wrong[0]]}" if wrong else f"the loss grew to {loss:.3g}"
            size = " x ".join(str(side) for side in self.level.size[::-1])
            raise DivergenceError(
                f"{what} at step {self.step + 1} of size {size}; "
                "lower --style-weight, or try --optimizer adam, --precision fp32 or another --init"
            )
        if loss < self.best_loss:
            self.best_loss = loss
            self.best_variable = self.variable.detach().clone()

    @torch.no_grad()
    def _blank_loss(self) -> float:
        """Return the loss of a picture of the mean color alone."""
        blank = self.canvas.decode(torch.zeros_like(self.variable))
        return sum(term.item() for term in self.objective(blank).values())

    def result(self) -> Tensor:
        """Return the image that this level ends in: the average of iterates if there is one, or the last."""
        return self.end().clamp(0, 1)

    def end(self) -> Tensor:
        """Return the same, not held in [0, 1]: to go on from at the same size."""
        if self.average is not None:
            return self.average / (1 - self.recipe.average**self.step)
        return self.canvas.decode(self.variable.detach())

    def best(self) -> Tensor:
        """Return the average of iterates where there is one, or the image of the least loss seen."""
        if self.average is not None:
            return self.result()
        return self.canvas.decode(self.best_variable).clamp(0, 1)
