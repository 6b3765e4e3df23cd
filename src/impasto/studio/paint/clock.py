"""How far a job is, and how long it will still take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from impasto.events import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from impasto.studio.paint.checkpoint import State
    from impasto.studio.paint.pyramid import Level
    from impasto.studio.paint.stage import Stage


class Clock:
    """Counts steps, and tells the time left from the pixels left to evaluate.

    Args:
        levels: All levels of the job.
        state: Where it goes on from, if it does.
    """

    def __init__(self, levels: Sequence[Level], state: State | None) -> None:
        self.began = time.perf_counter()
        self.iterations = sum(level.iterations for level in levels)
        done = 0 if state is None else sum(level.iterations for level in levels[: state.level]) + state.step
        self.iteration = done
        self.work_left = sum(level.cost for level in levels)
        if state is not None:
            self.work_left -= sum(level.cost for level in levels[: state.level])
            self.work_left -= levels[state.level].pixels * state.step
        self.work_done = 0

    @property
    def seconds(self) -> float:
        """Seconds since it began."""
        return time.perf_counter() - self.began

    def tick(self, stage: Stage, losses: Mapping[str, float]) -> Progress:
        """Count one step."""
        self.iteration += 1
        self.work_done += stage.level.pixels
        self.work_left -= stage.level.pixels
        return Progress(
            iteration=self.iteration,
            iterations=self.iterations,
            scale=max(stage.level.size),
            size=stage.level.size,
            loss=sum(losses.values()),
            losses=losses,
            seconds=self.seconds,
            eta=self.seconds * self.work_left / self.work_done,
        )
