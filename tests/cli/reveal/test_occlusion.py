"""`impasto reveal occlusion`: a map of where a channel's activation falls."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from impasto.image import read_image

Run = Callable[..., Any]
QUICK = ("reveal", "occlusion", "photo.png", "--weights", "tiny", "--size", "36", "-o", "out.png")


def test_figure_and_numbers(run: Run, folder: Path) -> None:
    ran = run(*QUICK, "--layer", "relu3_1", "--json")
    assert ran.code == 0, ran.err
    *steps, done = ran.events
    numbers = done["numbers"]
    assert numbers["layer"] == "relu3_1"
    assert (numbers["square"], numbers["stride"]) == (3, 1)  # an eighth of 30, and half of that
    fall = np.array(numbers["fall"])
    assert fall.shape == (len(numbers["rows"]), len(numbers["columns"])) == (28, 34)
    assert np.ptp(fall) > 0
    assert fall.max() <= numbers["activation"]
    assert steps[-1]["step"] == steps[-1]["steps"] == fall.size
    picture = read_image("out.png")
    assert list(picture.size) == done["size"]
    assert picture.size[1] > 2 * 36
    assert picture.size[0] > 30 + 60


def test_says_what_it_wrote_and_is_repeatable(run: Run, folder: Path) -> None:
    flags = ("--layer", "relu2_1", "--square", "9", "--stride", "9")
    ran = run(*QUICK, *flags)
    assert ran.code == 0
    assert ran.out == ""
    assert ran.err.startswith("impasto: wrote out.png (")
    first = Path("out.png").read_bytes()
    run(*QUICK, *flags, "--batch", "1")
    assert Path("out.png").read_bytes() == first


def test_channel_and_measure_are_heeded(run: Run) -> None:
    flags = ("--layer", "relu2_1", "--square", "10", "--stride", "10", "--json")
    whole = run(*QUICK, *flags, "--channel", "3").events[-1]["numbers"]
    peak = run(*QUICK, *flags, "--channel", "3", "--measure", "peak").events[-1]["numbers"]
    assert whole["channel"] == peak["channel"] == 3
    assert whole["unit"] is None
    assert len(peak["unit"]) == 2
    assert 0 < peak["activation"] < whole["activation"]


def test_the_map_is_light_where_the_fall_is(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    import impasto.image

    def overlay(pixels: Any, values: Any) -> Any:
        seen["values"] = values
        return pixels

    monkeypatch.setattr(impasto.image, "overlay", overlay)
    ran = run(*QUICK, "--layer", "relu3_1", "--square", "6", "--stride", "3", "--json")
    numbers = ran.events[-1]["numbers"]
    fall = np.array(numbers["fall"])
    row, column = np.unravel_index(fall.argmax(), fall.shape)
    values = seen["values"]
    assert values.min() == 0
    assert values.max() == pytest.approx(1, abs=0.1)
    assert values[numbers["rows"][row] + 2, numbers["columns"][column] + 2] > 0.8
    row, column = np.unravel_index(fall.argmin(), fall.shape)
    assert values[numbers["rows"][row] + 2, numbers["columns"][column] + 2] < 0.2
