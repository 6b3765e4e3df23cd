"""What `impasto.upscale` gives: levels, floats, PIL images, and files with a record."""

import json
from pathlib import Path

import numpy as np
import pytest

from impasto.errors import ConfigError
from impasto.image import Upscaled, read_image, read_record, resize_levels

LEVELS = np.random.default_rng(0).integers(0, 256, (8, 12, 3), dtype=np.uint8)


def test_it_gives_levels_floats_and_pil_images() -> None:
    made = Upscaled(levels=LEVELS, record={"factor": 4}, seconds=0.5)
    assert made.size == (8, 12)
    assert made.pixels.dtype == np.float32
    assert np.array_equal(made.pixels * 255, LEVELS)
    assert np.array_equal(np.asarray(made.to_pil()), LEVELS)
    clear = Upscaled(levels=LEVELS, alpha=LEVELS[..., 0], record={}, seconds=0.5)
    assert clear.to_pil().mode == "RGBA"


def test_it_is_saved_with_its_record(tmp_path: Path) -> None:
    made = Upscaled(levels=LEVELS, alpha=LEVELS[..., 0], record={"factor": 4}, seconds=0.5)
    made.save(tmp_path / "a.png")
    text = read_record(tmp_path / "a.png")
    assert text is not None
    assert json.loads(text) == {"factor": 4}
    read = read_image(tmp_path / "a.png")
    assert np.array_equal(np.rint(read.pixels * 255), LEVELS)
    assert read.alpha is not None
    with pytest.raises(ConfigError, match="bit depth 16 is more than an upscaled picture has"):
        made.save(tmp_path / "b.png", bit_depth=16)


def test_levels_are_resized_bicubically() -> None:
    flat = np.full((5, 7), 200, np.uint8)
    assert np.array_equal(resize_levels(flat, (20, 28)), np.full((20, 28), 200, np.uint8))
    with pytest.raises(ConfigError, match="size 0 x 3"):
        resize_levels(flat, (0, 3))
