"""What changes in the course of a training, as pure functions of the step: so resuming needs no state."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from impasto.studio.train.assignment import Course

_WARM_UP = 0.1
"""Share of the steps in which a one-cycle rate rises."""

_FIRST, _LAST = 1 / 25, 1e-3
"""Where it begins and ends, against its highest."""


def learning_rate(recipe: Course, step: int, steps: int) -> float:
    """Return the learning rate of a step.

    One cycle, as of Smith & Topin 2018, "Super-Convergence": up along half a cosine, and down along another.

    Args:
        recipe: Its schedule and highest rate.
        step: Steps done before, from 0.
        steps: Steps in all.
    """
    if recipe.schedule == "constant":
        return recipe.learning_rate
    done = step / max(1, steps - 1)
    if done < _WARM_UP:
        return recipe.learning_rate * _between(_FIRST, 1.0, done / _WARM_UP)
    return recipe.learning_rate * _between(1.0, _LAST, (done - _WARM_UP) / (1 - _WARM_UP))


def _between(first: float, last: float, done: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * done)) / 2


def crop_size(recipe: Course, step: int, steps: int) -> int:
    """Return the side of the squares of a step, a multiple of 16, but for `size` itself.

    Args:
        recipe: Its size, and how it grows.
        step: Steps done before, from 0.
        steps: Steps in all.
    """
    for until, share in recipe.growth:
        if step < until * steps:
            return min(recipe.size, max(16, 16 * round(recipe.size * share / 16)))
    return recipe.size


def total_steps(
    recipe: Course, *, photos: int, images_a_step: int, max_images: int | None, iterations: int | None
) -> int:
    """Return the number of steps of a whole training, at least 1.

    Args:
        recipe: Its iterations, or epochs.
        photos: Photos to train on.
        images_a_step: Photos a step, on all devices together.
        max_images: Photos to see at most, where that was asked for.
        iterations: Steps, where that was asked for.
    """
    if iterations is None and max_images is not None:
        return -(-max_images // images_a_step)
    steps = iterations or recipe.iterations
    if iterations is None and recipe.epochs is not None:
        steps = -(-recipe.epochs * photos // images_a_step)
    return steps if max_images is None else min(steps, -(-max_images // images_a_step))
