"""What the painting tests share: small pictures, a recipe that is over in a blink, and a way to run a job."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from impasto.events import Done, Preview, Progress
from impasto.studio.paint import PaintConfig, PaintJob, Recipe

Pixels = NDArray[np.float32]


@pytest.fixture
def picture() -> Callable[[int, int, int], Pixels]:
    """`picture(height, width, seed)`: smooth with some grain, (H, W, 3), different for each seed."""

    def picture(height: int, width: int, seed: int) -> Pixels:
        generator = np.random.default_rng(seed)
        rows, columns = np.mgrid[:height, :width] / 9.0
        waves = [np.sin((k + 1) * rows + seed) + np.cos((3 - k) * columns - seed) for k in range(3)]
        grain = generator.normal(0, 0.05, (height, width, 3))
        return np.clip(0.5 + 0.2 * np.stack(waves, axis=-1) + grain, 0, 1).astype(np.float32)

    return picture


@pytest.fixture
def small() -> Recipe:
    """Levels of 24 (6 steps) and 48 pixels (4 steps)."""
    return Recipe(
        name="small",
        source="these tests",
        weights="tiny",
        content_layers={"relu2_2": 1.0},
        content_weight=1.0,
        style_form="positions",
        style_layers={"relu1_1": 1.0, "relu3_1": 1.0},
        style_weight=10.0,
        unit="byte",
        size=48,
        iterations=4,
        coarsest=24,
        growth=2.0,
        effort=1.5,
    )


@pytest.fixture
def make(picture: Callable[[int, int, int], Pixels], small: Recipe) -> Callable[..., PaintJob]:
    """A job over two pictures: `make(seed=3, recipe={"transport": 0.5}, styles=[...])`."""

    def make(**options: Any) -> PaintJob:
        recipe = replace(small, **options.pop("recipe", {}))
        content = options.pop("content", picture(40, 48, 1))
        styles = options.pop("styles", [picture(44, 36, 2)])
        config = PaintConfig(**{"device": "cpu", "precision": "fp32", **options})
        return PaintJob(content, styles, config, recipe=recipe)

    return make


@dataclass
class Run:
    """The events of a job that has ended, sorted."""

    progress: list[Progress]
    previews: list[Preview]
    done: Done

    @property
    def image(self) -> Pixels:
        """The picture it made, which it must have."""
        assert self.done.image is not None
        return self.done.image


@pytest.fixture
def run() -> Callable[..., Run]:
    """`run(job, stop_after=None, **options of events)`: its events to the end, in the order checked here."""

    def run(job: PaintJob, *, stop_after: int | None = None, **options: Any) -> Run:
        found: list[Progress | Preview | Done] = []
        for event in job.events(**options):
            found.append(event)
            if isinstance(event, Progress) and event.iteration == stop_after:
                job.stop()
        *others, done = found
        assert isinstance(done, Done)
        assert not any(isinstance(event, Done) for event in others)
        progress = [event for event in others if isinstance(event, Progress)]
        return Run(progress, [event for event in others if isinstance(event, Preview)], done)

    return run
