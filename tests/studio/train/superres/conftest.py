"""What these tests share: a super-resolution training that is over in a blink."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.image import write_image
from impasto.studio.train.superres import SuperConfig, SuperJob

TINY: dict[str, Any] = {
    "factor": 2,
    "channels": 4,
    "blocks": 1,
    "size": 32,
    "batch": 2,
    "iterations": 12,
    "learning_rate": 3e-3,
    "weights": "tiny",
    "device": "cpu",
    "precision": "fp32",
    "workers": 0,
    "held_out": 2,
    "sheet_every": 0,
}


@pytest.fixture
def make_super(photos: Path) -> Callable[..., SuperJob]:
    """A job over the photos: `make_super(seed=3, loss={"feature": 1})`."""

    def make(**options: Any) -> SuperJob:
        data = options.pop("data", photos)
        return SuperJob(data, SuperConfig(**{**TINY, **options}))

    return make


@pytest.fixture
def edges(tmp_path: Path) -> Path:
    """A folder of eight pictures of rectangles: edges that bicubic blurs, and that can be learned."""
    folder = tmp_path / "edges"
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(8):
        pixels = np.zeros((64, 64, 3), np.float32)
        for _ in range(30):
            top, left = random.integers(0, 56, 2)
            height, width = random.integers(6, 24, 2)
            pixels[top : top + height, left : left + width] = random.random(3)
        write_image(folder / f"{index}.png", pixels)
    return folder
