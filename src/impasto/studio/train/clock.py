"""How fast a training is, and how long it will still take."""

from __future__ import annotations

import time
from collections import deque
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LATELY = 20
"""Looks at the losses that speed is told from."""


class Clock:
    """Tells photos a second, and the time left from the pixels left to train on.

    Time in which nothing is trained, as while a sheet is drawn, does not count.

    Args:
        sizes: Side of the squares of each step.
        images_a_step: Photos a step, on all devices.
    """

    def __init__(self, sizes: Sequence[int], images_a_step: int) -> None:
        self.images_a_step = images_a_step
        self.pixels = list(accumulate((size * size for size in sizes), initial=0))
        self.laps: deque[tuple[int, int, float]] = deque(maxlen=_LATELY)
        self.began = time.perf_counter()

    def start(self) -> None:
        """Begin to measure."""
        self.began = time.perf_counter()

    def lap(self, first: int, last: int) -> float:
        """Count the steps from `first` to `last`, and return the seconds that they took."""
        seconds = time.perf_counter() - self.began
        self.laps.append((first, last, seconds))
        self.start()
        return seconds

    @property
    def images_per_second(self) -> float:
        """Lately; 0 before the first step."""
        seconds = sum(lap[2] for lap in self.laps)
        steps = sum(last - first for first, last, _ in self.laps)
        return self.images_a_step * steps / seconds if seconds else 0.0

    def eta(self, step: int) -> float:
        """Return the seconds left after a step."""
        done = sum(self.pixels[last] - self.pixels[first] for first, last, _ in self.laps)
        seconds = sum(lap[2] for lap in self.laps)
        return seconds * (self.pixels[-1] - self.pixels[step]) / done if done else 0.0
