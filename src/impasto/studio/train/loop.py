"""One process's share of a training: a network, its optimizer, and one step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from impasto.studio.train.checkpoint import State, capture, restore
from impasto.studio.train.schedule import learning_rate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lightning_fabric import Fabric
    from torch import Tensor, nn

    from impasto.studio.train.assignment import Course, Task

EXPLODED = 30.0
"""How many times its running average a loss may be in a training that goes on; photos differ by a few."""

STRAYED, LOST = 1.4, 2.0
"""How many times its lowest the running average may be in a state to go back to, and in one that goes on: a
network whose output has become one color still has a loss, and seldom finds back."""

SETTLED = 50
"""Looks at the losses before their average is worth comparing with: one small loss alone is no least."""

_MEMORY = 0.98
"""Decay of that average, for each time that losses are looked at."""


class Loop:
    """A network being trained for a task, wherever Fabric runs it.

    Args:
        fabric: Launched.
        network: What the task runs.
        task: Its loss.
        recipe: Says at which rate.
        steps: Of the whole training.
    """

    def __init__(self, fabric: Fabric, network: nn.Module, task: Task, recipe: Course, steps: int) -> None:
        self.fabric, self.network, self.task, self.recipe, self.steps = fabric, network, task, recipe, steps
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        network.train()
        self.optimizer = torch.optim.Adam(network.parameters(), lr=recipe.learning_rate, betas=recipe.betas)
        # What Fabric returns runs in its precision and exchanges gradients; weights and moments are these.
        self.model, self.moving = fabric.setup(task.painter(network), self.optimizer)
        self.step, self.factor, self.rolled_back = 0, 1.0, 0
        # Photos differ: one easy step must not set what all others are held to, where better is known.
        self.level, self.lowest, self.looks = task.expected, float("inf"), 0
        self.seconds = 0.0
        self.losses: dict[str, float] = {}
        self.skipped: dict[str, str] = {}

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        return self.factor * learning_rate(self.recipe, self.step, self.steps)

    def advance(self, photos: Tensor) -> Tensor:
        """Take one step on photos `(N, 3, H, W)`.

        Returns:
            The weighted terms before it, as one vector on the device, in the order of `task.weights`.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = self.rate
        terms = self.task.losses(self.model, photos, self.step)
        losses = torch.stack([terms[name] for name in self.task.weights])
        self.fabric.backward(losses.sum())
        if self.recipe.clip is not None:
            self.fabric.clip_gradients(
                self.model, self.moving, max_norm=self.recipe.clip, error_if_nonfinite=False
            )
        self.moving.step()
        self.moving.zero_grad()
        self.step += 1
        return losses.detach()

    def judge(self, losses: Mapping[str, float]) -> str | None:
        """Look at losses, and say what is wrong with them, if anything is."""
        wrong = [name for name, value in losses.items() if not abs(value) < float("inf")]
        if wrong:
            return f"loss {wrong[0]} became {losses[wrong[0]]}"
        loss = sum(losses.values())
        if self.level and loss > EXPLODED * self.level:
            return f"the loss grew from {self.level:.3g} to {loss:.3g}"
        self.level = _MEMORY * self.level + (1 - _MEMORY) * loss if self.level else loss
        self.looks += 1
        if self.looks >= SETTLED:
            self.lowest = min(self.lowest, self.level)
        if self.level > LOST * self.lowest:
            return f"the loss was {self.lowest:.3g} on average, and has become {self.level:.3g}"
        self.losses = dict(losses)
        return None

    def is_sound(self) -> bool:
        """Return whether all weights are finite; losses tell of it a step later."""
        return all(bool(weight.isfinite().all()) for weight in self.network.parameters())

    def is_astray(self) -> bool:
        """Return whether losses have become so large that this is no state to go back to."""
        return self.level > STRAYED * self.lowest

    def state(self) -> State:
        """Return all that is needed to go on from here; copies."""
        return State(
            tensors=capture(self.network, self.optimizer),
            step=self.step,
            seconds=self.seconds,
            factor=self.factor,
            rolled_back=self.rolled_back,
            level=self.level,
            lowest=self.lowest if self.looks >= SETTLED else 0.0,
            weights=dict(self.task.weights),
            losses=dict(self.losses),
            skipped=dict(self.skipped),
            complete=self.step == self.steps,
        )

    def restore(self, state: State) -> None:
        """Go on from a state."""
        restore(self.network, self.optimizer, state.tensors)
        self.step, self.seconds, self.level = state.step, state.seconds, state.level
        self.lowest = state.lowest or float("inf")
        self.looks = max(self.looks, SETTLED) if state.lowest else 0
        self.factor, self.rolled_back = state.factor, state.rolled_back
        self.losses, self.skipped = dict(state.losses), {**self.skipped, **state.skipped}
        self.task.weights = dict(state.weights)
