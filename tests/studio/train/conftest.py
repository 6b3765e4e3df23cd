"""What the training tests share: small photos, a painting, and a recipe that is over in a blink."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from impasto.image import write_image
from impasto.studio.networks import NetworkConfig
from impasto.studio.train import TrainConfig, TrainJob, TrainRecipe
from impasto.studio.train.events import HeldOut, RolledBack, Trained, TrainProgress

Pixels = NDArray[np.float32]


def picture(height: int, width: int, seed: int) -> Pixels:
    """Smooth with some grain, (H, W, 3), different for each seed."""
    generator = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 9.0
    waves = [np.sin((k + 1) * rows + seed) + np.cos((3 - k) * columns - seed) for k in range(3)]
    grain = generator.normal(0, 0.05, (height, width, 3))
    return np.clip(0.5 + 0.2 * np.stack(waves, axis=-1) + grain, 0, 1).astype(np.float32)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with nine photos, two of them in a folder of their own."""
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    for index in range(9):
        name = f"more/{index}.jpg" if index > 6 else f"{index}.jpg"
        write_image(folder / name, picture(40 + index, 52 - index, index))
    return folder


@pytest.fixture
def painting() -> Pixels:
    """48 x 56."""
    return picture(48, 56, 99)


@pytest.fixture
def small() -> TrainRecipe:
    """Twelve steps of two photos, from 16 to 32 pixels, on the tiny encoder and a tiny network."""
    return TrainRecipe(
        name="small",
        source="these tests",
        network=NetworkConfig(name="compact", channels=4, blocks=1),
        weights="tiny",
        calibrate=True,
        content_layers={"relu2_2": 1.0},
        content_weight=1.0,
        style_form="positions",
        style_layers={"relu1_1": 0.5, "relu3_1": 0.5},
        style_weight=2.0,
        tv_weight=0.01,
        growth=((0.5, 0.5),),
        size=32,
        batch=2,
        iterations=12,
        schedule="one-cycle",
        learning_rate=3e-3,
    )


@pytest.fixture
def make(photos: Path, painting: Pixels, small: TrainRecipe) -> Callable[..., TrainJob]:
    """A job over the photos: `make(seed=3, recipe={"batch": 1}, network=..., data=...)`."""

    def make(**options: Any) -> TrainJob:
        recipe = replace(small, **options.pop("recipe", {}))
        data = options.pop("data", photos)
        network = options.pop("network", None)
        quiet = {"device": "cpu", "precision": "fp32", "workers": 0, "held_out": 2, "sheet_every": 0}
        config = TrainConfig(**{**quiet, **options})
        return TrainJob(painting, data, config, recipe=recipe, network=network)

    return make


@dataclass
class Run:
    """The events of a job that has ended, sorted."""

    progress: list[TrainProgress]
    sheets: list[HeldOut]
    rolled_back: list[RolledBack]
    ended: Trained
    job: TrainJob

    @property
    def weights(self) -> dict[str, torch.Tensor]:
        """What it made."""
        return {name: value.clone() for name, value in self.job.network.state_dict().items()}


@pytest.fixture
def run() -> Callable[..., Run]:
    """`run(job, stop_after=None, **options of events)`: its events to the end."""

    def run(job: TrainJob, *, stop_after: int | None = None, **options: Any) -> Run:
        found: list[Any] = []
        for event in job.events(**options):
            found.append(event)
            if isinstance(event, TrainProgress) and event.iteration == stop_after:
                job.stop()
        *others, ended = found
        assert isinstance(ended, Trained)

        def of(kind: type) -> list[Any]:
            return [event for event in others if isinstance(event, kind)]

        return Run(of(TrainProgress), of(HeldOut), of(RolledBack), ended, job)

    return run


@pytest.fixture(autouse=True)
def own_random_state() -> Iterator[None]:
    """Leave torch's generator as it was: a resumed training sets it."""
    with torch.random.fork_rng(devices=[]):
        yield
